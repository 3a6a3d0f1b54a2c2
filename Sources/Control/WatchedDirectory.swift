import Bank
import Support
import SyncEngine

/// The watcher of a bank's directory, and of the one that takes its place.
final class WatchedDirectory: DirectoryWatch {
  private let replica: Replica
  private let poller: Poller
  private var watcher: Watcher

  /// Watches the directory from here on.
  init(_ replica: Replica, _ poller: Poller) throws {
    self.replica = replica
    self.poller = poller
    watcher = try Watcher(root: replica.directory, rules: replica.engine.bank.rules)
    if descriptor >= 0 { try poller.add(descriptor) }
  }

  /// Readable when something was seen.
  var descriptor: Int32 { watcher.descriptor }

  var needsPolling: Bool { if case .events = watcher.mode { false } else { true } }

  func drain() -> WatchReport { watcher.drain() }

  func rewatch() { watcher.rewatch() }

  /// Watches by the rules that hold now.
  func updateRules() { watcher.updateRules(replica.engine.bank.rules) }

  func reopen() throws {
    try replica.reopenRoot()
    let fresh = try Watcher(root: replica.directory, rules: replica.engine.bank.rules)
    poller.remove(watcher.descriptor)
    watcher.close()
    watcher = fresh
    try poller.add(watcher.descriptor)
  }
}
