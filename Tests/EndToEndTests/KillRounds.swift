import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

/// Two daemons, a Redis and two typists; rounds in which somebody is killed at a random moment, and all is looked at
/// once it has become quiet.
final class KillRounds {
  private let stage: Stage
  private let players: [Player]
  private var dice: Dice
  /// What foreign writers left in each document's key.
  private var foreign: [String: String] = [:]
  private var foreignCount = 0
  /// What was killed, counted by its name.
  private(set) var kills: [String: Int] = [:]

  private struct Player {
    let machine: Machine
    let typist: Typist
  }

  private static let names = [
    "shared.md", "log.md", "sub/plan.md", "sub/deep/tasks.md", "note.md", "progress.md", "sub/moved-1.md",
  ]

  init(_ stage: Stage, seed: UInt64) async throws {
    self.stage = stage
    dice = Dice(seed: seed)
    let (one, two) = try await stage.pair()
    players = [one, two].map { Player(machine: $0, typist: Typist($0)) }
  }

  /// One round.
  func play() async throws {
    for player in players {
      if dice.roll(3) == 0 { try await arm(player.machine) } else { try await start(player.machine) }
    }
    let steps = 20 + dice.roll(60)
    let moment = dice.roll(steps)
    for step in 0..<steps {
      if step == moment { try kill() }
      try await act()
    }
    // Who was just started again is at its most interesting step.
    if dice.roll(4) == 0 {
      for player in players where player.machine.isDown { try await start(player.machine, waits: false) }
      for _ in 0..<dice.roll(20) { try await act() }
      try kill()
    }
    for player in players { try player.typist.finish() }
    try await expectQuiet()
  }

  private func act() async throws {
    switch dice.roll(40) {
    case 0...27: try dice.pick(players).typist.step(&dice, Self.names)
    case 28...31: setForeign()
    case 32: mischief()
    default: try await Task.sleep(for: .microseconds(500 + dice.roll(12_000)))
    }
  }

  // MARK: - What goes wrong

  private func start(_ machine: Machine, waits: Bool = true) async throws {
    guard machine.isDown else { return }
    try await expectKilled(machine)
    try await machine.start(waits: waits)
  }

  /// Stops a daemon in order, and starts one that will die at some step that no timing would hit.
  private func arm(_ machine: Machine) async throws {
    if let daemon = machine.running, !daemon.hasEnded {
      daemon.signal(SIGTERM)
      let end = try await daemon.end(within: 30)
      // It may have been on its way to a step of its own.
      #expect(end.status == 0 || end.status == 128 + SIGKILL, "\(end.text)")
    }
    let point = dice.pick(Failpoint.allCases)
    machine.environment["MEMBANK_FAIL_AT"] = "\(point.rawValue):\(1 + dice.roll(4))"
    try await machine.start(waits: true)
    machine.environment["MEMBANK_FAIL_AT"] = nil
  }

  private func restart(_ machine: Machine) async throws {
    try await expectKilled(machine)
    try await machine.start(waits: true)
  }

  /// A daemon that is down was killed, by us or at its failpoint; any other end is its own fault.
  private func expectKilled(_ machine: Machine) async throws {
    guard let daemon = machine.running else { return }
    let end = try await daemon.end()
    #expect(end.status == 128 + SIGKILL, "a daemon ended by itself: \(end.text)")
    if let last = end.complaint.split(separator: "\n").last, last.hasPrefix("at ") {
      kills["daemon at a named step", default: 0] += 1
    }
  }

  private func kill() throws {
    switch dice.roll(10) {
    case 0...3: kill(0)
    case 4...7: kill(1)
    case 8:
      kill(0)
      kill(1)
    default:
      kills["redis-server", default: 0] += 1
      stage.redis?.stop()
    }
  }

  private func kill(_ index: Int) {
    let machine = players[index].machine
    guard !machine.isDown else { return }
    kills["daemon", default: 0] += 1
    machine.running?.signal(SIGKILL)
  }

  private func setForeign() {
    foreignCount += 1
    let name = dice.pick(Self.names)
    let text = "# \(name)\n\nforeign value \(foreignCount)\n"
    // Without an answer nobody knows whether it was written.
    guard (try? stage.redis?.run("SET", stage.key("doc:\(name)"), text, "EX", "600")) != nil else {
      foreign[name] = nil
      return
    }
    foreign[name] = text
  }

  /// Keys that expire or are lost.
  private func mischief() {
    switch dice.roll(8) {
    case 0:
      // What a foreign writer left goes with it.
      foreign.removeAll()
      _ = try? stage.redis?.run("FLUSHALL")
    case 1: _ = try? stage.redis?.run("DEL", stage.key("head"))
    case 2: _ = try? stage.redis?.run("DEL", stage.key("index"))
    default:
      let name = dice.pick(Self.names)
      foreign[name] = nil
      _ = try? stage.redis?.run("DEL", stage.key("doc:\(name)"))
    }
  }

  // MARK: - What must hold

  private func expectQuiet() async throws {
    if stage.redis?.pid ?? -1 < 0 { try stage.redis?.start() }
    for player in players {
      // A failpoint may end it while it is waited for.
      while player.machine.isDown { try await restart(player.machine) }
    }
    let required = Set(players.flatMap { $0.typist.left.values }).union(foreign.values)
    guard try await converges() else {
      Issue.record("the replicas don't become equal: \(try await story())")
      throw Stuck()
    }
    var known: Set<String> = []
    for player in players {
      for line in try await player.machine.git("rev-list", "--objects", "--all").output.split(separator: "\n") {
        known.insert(String(line.prefix(40)))
      }
    }
    for text in required where !text.isEmpty {
      let isKept = known.contains(ObjectID.blob(of: Array(text.utf8)).description)
      #expect(isKept, "lost: \(text)")
    }
    for (name, text) in players[0].machine.files {
      #expect(try stage.document(name) == text, "\(name)")
      #expect(!name.contains(".mb-tmp-"), "\(name) was left behind")
      #expect(!text.contains("<<<<<<<"), "\(name) has a conflict marker")
    }
    try stage.expectEveryKeyExpires()
    for player in players { player.typist.forget() }
    foreign.removeAll()
    try tidy()
  }

  private struct Stuck: Error {}

  /// Brings the daemons to rest; whether they then have the same.
  private func converges() async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    var (one, two) = (players[0].machine, players[1].machine)
    while ContinuousClock.now < deadline {
      for machine in [one, two] {
        if machine.isDown { try await restart(machine) }
        let outcome = try await machine.membank("flush", "--json", "--timeout", "5")
        for halt in (try? outcome.json["halts"]?.elements) ?? [] {
          _ = try await machine.membank("approve", halt["plan"]?.text ?? "")
        }
      }
      if one.files == two.files, try await one.head == two.head, !one.holdsTemporaries, !two.holdsTemporaries,
        try documentsAgree(one.files)
      {
        return true
      }
      swap(&one, &two)
    }
    return false
  }

  private func documentsAgree(_ files: [String: String]) throws -> Bool {
    try files.allSatisfy { try stage.document($0.key) == $0.value }
  }

  private func story() async throws -> String {
    var lines: [String] = []
    for player in players {
      let machine = player.machine
      lines.append(
        "\(machine.bank): \(try await machine.head), \(machine.files.keys.sorted()), "
          + "\((try await machine.membank("status")).text)\n\(machine.running?.complaint ?? "")")
    }
    return lines.joined(separator: "\n")
  }

  /// Copies of conflicts would pile up.
  private func tidy() throws {
    let machine = dice.pick(players).machine
    for name in machine.files.keys where name.contains(".conflict-") { try? machine.remove(name) }
  }
}

extension Machine {
  /// Whether no daemon runs.
  var isDown: Bool { running?.hasEnded ?? true }

  /// Whether a temporary file of a guarded write stands in the bank: one that somebody wrote to late waits there.
  var holdsTemporaries: Bool { contents(of: bank).keys.contains { $0.contains(".mb-tmp-") } }
}
