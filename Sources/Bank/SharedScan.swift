import Support
import Synchronization

/// A look at a whole bank that two threads share: one begins it, the other helps when it has the time.
///
/// Half of a pass with nothing to do is this look, and there is another core.
///
/// Sendable because the file system is only listed and asked for stamps, which touches nothing but descriptors and what
/// a mutex guards; the bank itself is used before both threads begin and after both have ended.
public final class SharedScan: @unchecked Sendable {
  private struct Work {
    /// The directories of the root that nobody has taken; nil before the root is listed.
    var open: [BankPath]?
    var sights: [DirectoryWalk.Sight] = []
    var failure: SystemError?
  }

  private let bank: Bank
  private let fileSystem: LinuxFileSystem
  private let rules: IgnoreRules
  private let work = Mutex(Work())

  /// A look at `bank`, whose directory is `fileSystem`; until ``finish()`` nothing else may use the two.
  public init(_ bank: Bank, _ fileSystem: LinuxFileSystem) {
    self.bank = bank
    self.fileSystem = fileSystem
    rules = bank.rules
  }

  /// Lists the root, then looks at what is in it: for the first thread.
  public func begin() {
    var walk = DirectoryWalk(fileSystem, rules)
    do throws(SystemError) {
      let directories = try walk.visit(nil)
      work.withLock { $0.open = directories }
    } catch {
      return work.withLock { $0.failure = error }
    }
    takePart(&walk)
  }

  /// Takes part in what is left to do: for the second thread.
  public func help() {
    guard work.withLock({ $0.open?.isEmpty == false }) else { return }
    var walk = DirectoryWalk(fileSystem, rules)
    takePart(&walk)
  }

  private func takePart(_ walk: inout DirectoryWalk) {
    while let directory = work.withLock({ $0.open?.popLast() }) { walk.enter(directory) }
    let sight = walk.sight
    work.withLock { $0.sights.append(sight) }
  }

  /// What was found, once ``begin()`` and ``help()`` have returned.
  public func finish() -> Scan {
    let done = work.withLock { $0 }
    do throws(SystemError) {
      if let failure = done.failure { throw failure }
      try bank.checkRoot()
    } catch {
      return Bank.unreadable(error, rules)
    }
    return bank.finish(done.sights)
  }
}
