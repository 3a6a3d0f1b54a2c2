import Bank
import Support

/// The smallest engine: it takes in what the settler gives it, by a clock that the test moves.
final class Follower {
  private let test: TestBank
  private let bank: Bank
  private let watcher: Watcher
  private var settler = Settler()
  private(set) var now: Int64 = 0
  /// The version of each document that was taken last.
  private(set) var taken: [BankPath: String] = [:]
  /// What was taken, batch by batch: `A`, `M` or `D` and the name, with the new text after an `=`.
  private(set) var history: [[String]] = []

  init(_ test: TestBank) throws {
    self.test = test
    watcher = try Watcher(root: test.root, rules: IgnoreRules(patterns: []))
    bank = try test.bank()
    for path in bank.scan().files.keys { taken[path] = test.text(path.description) ?? "" }
  }

  /// Takes in what is settled now, then lets some time go by, stopping wherever something settles.
  func pass(_ milliseconds: Int64) {
    let end = now + milliseconds * 1_000_000
    pump()
    while let deadline = settler.nextDeadline, deadline <= end {
      now = max(now, deadline)
      pump()
    }
    now = end
  }

  private func pump() {
    let isTracked = { [self] in taken[$0] != nil }
    let report = watcher.drain()
    for hint in report.hints { settler.note(hint, at: now, isTracked: isTracked) }
    bank.expandDirectories(of: &settler, at: now, known: Set(taken.keys))
    let due = settler.due(at: now) { path in bank.observe(path) { taken[$0] == "" } }
    take(due)
  }

  /// What a barrier does: nothing waits any longer.
  func flush() {
    for hint in watcher.drain().hints { settler.note(hint, at: now) { [self] in taken[$0] != nil } }
    bank.expandDirectories(of: &settler, at: now, known: Set(taken.keys))
    take(settler.takeAll())
  }

  private func take(_ paths: [BankPath]) {
    let scan = bank.look(at: paths)
    var batch: [String] = []
    for path in paths where !scan.isUnknown(path) {
      if scan.files[path] != nil, let (bytes, _) = try? bank.read(path, limit: 1 << 20) {
        let text = String(decoding: bytes, as: UTF8.self)
        if taken[path] != text { batch.append("\(taken[path] == nil ? "A" : "M") \(path)=\(text)") }
        taken[path] = text
      } else if taken.removeValue(forKey: path) != nil {
        batch.append("D \(path)")
      }
    }
    if !batch.isEmpty { history.append(batch) }
  }
}
