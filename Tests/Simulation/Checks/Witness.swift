import Bank
import Support
import SyncEngine

/// Watches one machine's disk from outside, and knows what its replica owes.
final class Witness {
  /// So long a file must have stood, seen by a program that nothing hindered, to count as settled: the longest wait of
  /// the settler, and what a busy program adds.
  static let patience: Int64 = 9 * World.second

  private struct Standing {
    let blob: ObjectID
    let size: Int
    var since: Int64
    var isOwed = false
  }

  private unowned let machine: Machine
  private let ledger: Ledger
  private let world: World
  private var standing: [[UInt8]: Standing] = [:]
  /// Paths that the replica took a file away from in this turn.
  private var cleared: [[UInt8]] = []

  init(_ machine: Machine, _ ledger: Ledger) {
    self.machine = machine
    self.ledger = ledger
    world = machine.world
    machine.disk.onChange = { [unowned self] in change($0, $1, $2) }
    machine.disk.onRemove = { [unowned self] in remove($0) }
    machine.onHindrance = { [unowned self] in review() }
    machine.afterTurn = { [unowned self] in checkCleared() }
    machine.onEnd = { [unowned self] in cleared = [] }
  }

  private func change(_ path: [UInt8], _ file: DiskNode?, _ before: DiskNode?) {
    let actor = machine.disk.actor
    if let known = standing[path] { evaluate(path, known) }
    guard !IgnoreRules.isSilent(path.split(separator: UInt8(ascii: "/")).last ?? []) else { return }
    guard let file else {
      standing[path] = nil
      switch actor {
      case .replica: cleared.append(path)
      case .person, .powerCut: ledger.allowDeletion(path)
      case .mover: break
      }
      return
    }
    if actor == .person {
      ledger.note(file.blob)
      ledger.touch(path)
      for end in path.indices where path[end] == UInt8(ascii: "/") { ledger.allowDeletion(Array(path[..<end])) }
    }
    if actor == .replica { checkWritten(path, file) }
    if standing[path]?.blob == file.blob, actor != .person { return }
    standing[path] = Standing(blob: file.blob, size: file.bytes.count, since: world.now)
  }

  /// What a replica puts in place is a version, whole, and nothing else.
  private func checkWritten(_ path: [UInt8], _ file: DiskNode) {
    guard let program = machine.program, let document = try? BankPath(path) else { return }
    if ledger.isDictated { ledger.noteDictated(file.blob) }
    if !ledger.written.contains(file.blob), !machine.storage.has(file.blob) {
      ledger.violate("half of a write", "\(machine.name) put something into \(document) that is no version")
    }
    if program.engine.bank.rules.ignores(document, isDirectory: false) {
      ledger.violate("out of view", "\(machine.name) wrote \(document), which is ignored there")
    }
    let text = String(decoding: file.bytes, as: UTF8.self)
    if text.contains("<<<<<<<") || text.contains(">>>>>>>") {
      ledger.violate("conflict marker", "\(machine.name) put one into \(document)")
    }
  }

  /// A file is unlinked for good.
  private func remove(_ file: DiskNode) {
    guard machine.disk.actor == .replica, ledger.written.contains(file.blob), !ledger.dictated.contains(file.blob)
    else { return }
    // What was being written when it failed.
    if file.name.starts(with: "\(PathProblem.temporaryPrefix)new-".utf8) { return }
    if !machine.storage.has(file.blob) {
      ledger.violate(
        "thrown away", "\(machine.name) unlinked \(DiskNode.text(file.name)), whose content is nowhere in its history")
    } else if file.writers > 0 {
      ledger.violate(
        "thrown away", "\(machine.name) unlinked \(DiskNode.text(file.name)) while somebody had it open for writing")
    }
  }

  private func checkCleared() {
    let paths = cleared
    cleared = []
    // Killed in between, it may have left a document under another name; the next one puts it back.
    if machine.program?.gate.isDead ?? true { return }
    for path in paths where standing[path] == nil && !ledger.mayVanish(path) {
      ledger.violate("deleted by nobody", "\(machine.name) removed \(DiskNode.text(path)), which nobody deleted")
    }
  }

  /// What stood long enough by now is owed.
  func review() {
    for (path, known) in standing.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) { evaluate(path, known) }
  }

  /// What stands is looked at with other eyes from now on.
  func beginAnew() {
    review()
    for path in standing.keys { standing[path]?.since = world.now }
  }

  private func evaluate(_ path: [UInt8], _ known: Standing) {
    guard !known.isOwed, ledger.written.contains(known.blob), let able = machine.ableSince,
      world.now - max(known.since, able) >= Self.patience, known.size <= machine.setting.holdLimit,
      let document = try? BankPath(path),
      !IgnoreRules(patterns: machine.ignore).ignores(document, isDirectory: false)
    else { return }
    standing[path]?.isOwed = true
    ledger.owe(known.blob, path, machine.name)
    if !machine.storage.has(known.blob) {
      ledger.violate(
        "not captured",
        "\(document) stood on \(machine.name) for \(Int((world.now - known.since) / World.second)) s, "
          + "and its history has no such version")
    }
  }
}
