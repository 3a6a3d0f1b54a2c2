import Bank
import Support
import SyncEngine

/// What must be found again at the end, and what may be missing: kept without asking any replica.
final class Ledger {
  /// Content that must not be lost.
  struct Debt {
    let path: String
    let machine: String
    let time: Int64
  }

  /// What stood somewhere for so long that it counts as settled, by the id of its bytes.
  private(set) var debts: [ObjectID: Debt] = [:]
  /// All that people, or foreign programs, ever wrote.
  private(set) var written: Set<ObjectID> = []
  /// Paths that somebody deleted, renamed, or wanted for a directory: they alone may vanish.
  private(set) var deletable: Set<[UInt8]> = []
  /// Paths that somebody wrote to.
  private var touched: Set<[UInt8]> = []
  /// Whether a person's own words are being put in place by a replica.
  var isDictated = false { didSet { dictated = [] } }
  /// The words that are being put in place just now: taken back at once where the place is no longer free, and said so.
  private(set) var dictated: Set<ObjectID> = []
  private let world: World
  private let trace: Trace
  private(set) var violation: Violation?

  init(_ world: World, _ trace: Trace) {
    self.world = world
    self.trace = trace
  }

  func note(_ written: ObjectID) { self.written.insert(written) }

  func noteDictated(_ words: ObjectID) {
    if !written.contains(words) { dictated.insert(words) }
    note(words)
  }

  func owe(_ blob: ObjectID, _ path: [UInt8], _ machine: String) {
    guard debts[blob] == nil else { return }
    debts[blob] = Debt(path: DiskNode.text(path), machine: machine, time: world.now)
  }

  /// What a machine owed since a moment is no longer asked of anybody.
  func excuse(_ machine: String, since moment: Int64) {
    debts = debts.filter { $0.value.machine != machine || $0.value.time < moment }
  }

  func allowDeletion(_ path: [UInt8]) { deletable.insert(path) }

  func touch(_ path: [UInt8]) { touched.insert(path) }

  /// Whether a path may vanish: somebody deleted it, or it is a conflict copy that nobody but replicas ever wrote.
  ///
  /// Where two replicas settle the same conflict from different versions, the copy of the older one goes when their
  /// merges meet; its text is in the history, and a debt like any other.
  func mayVanish(_ path: [UInt8]) -> Bool {
    if deletable.contains(path) { return true }
    guard !touched.contains(path), let document = try? BankPath(path) else { return false }
    return ConflictName.original(of: document) != nil
  }

  /// Notes the first thing that must not be; the run ends then.
  func violate(_ rule: String, _ story: String) {
    guard violation == nil else { return }
    violation = Violation(rule: rule, story: story, seconds: world.now / World.second)
    trace.tell("!!!", "\(rule): \(story)")
  }
}
