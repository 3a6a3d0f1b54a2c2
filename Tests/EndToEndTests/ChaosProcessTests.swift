import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Everything at once")
struct ChaosProcessTests {
  /// A machine whose daemon comes and goes.
  private final class Player {
    let machine: Machine
    var daemon: Program?
    /// What stood in a file when a flush came back: from then on it must be in the history.
    var settled: Set<String> = []

    init(_ machine: Machine) { self.machine = machine }

    func flush() async throws {
      guard daemon?.hasEnded == false else { return }
      // What has no name of its own yet is membank's, and may be half of a text.
      let standing = Set(machine.files.filter { !$0.key.contains(".mb-tmp-") }.values)
      let outcome = try await machine.membank("flush", "--timeout", "5")
      // 3: Redis is away, but the versions are made.
      let isCaptured = !outcome.complaint.contains("not all that was written")
      if [0, 1, 3].contains(outcome.status), isCaptured { settled.formUnion(standing) }
    }
  }

  @Test(
    "edits on both sides, foreign values, killed daemons, a Redis that comes and goes: nothing settled is lost, all converge",
    arguments: [11, 23, 39, 42, 54, 77, 91, 92, 1234, 98765] as [UInt64])
  func chaos(_ seed: UInt64) async throws {
    var options = RedisServer.Options()
    options.notifications = "KA"
    options.appendOnly = true
    try await play(.server(options)) { stage in
      var dice = Dice(seed: seed)
      let (one, two) = try await stage.pair()
      let players = [Player(one), Player(two)]
      for player in players { player.daemon = try await player.machine.daemon() }
      for step in 1...60 {
        let player = players[dice.roll(2)]
        let name = ["shared.md", "log.md", "sub/plan.md", "sub/deep/tasks.md", "note.md"][dice.roll(5)]
        switch dice.roll(12) {
        case 0...3: try player.machine.write(name, "# \(name)\n\nstep \(step) of seed \(seed)\n")
        case 4, 5:
          let old = player.machine.read(name) ?? ""
          try player.machine.write(name, old + "- appended in step \(step)\n")
        case 6: try? player.machine.remove(name)
        case 7: _ = try? stage.redis?.run("SET", stage.key("doc:\(name)"), "foreign, step \(step)\n", "EX", "600")
        case 8: try await player.flush()
        case 9:
          player.daemon?.signal([SIGKILL, SIGTERM][dice.roll(2)])
          _ = try await player.daemon?.end()
          player.daemon = nil
        case 10: if player.daemon == nil { player.daemon = try await player.machine.daemon() }
        default: if stage.redis?.pid ?? -1 > 0 { stage.redis?.stop() } else { try stage.redis?.start() }
        }
      }
      if stage.redis?.pid ?? -1 < 0 { try stage.redis?.start() }
      for player in players {
        player.daemon?.signal(SIGTERM)
        _ = try await player.daemon?.end()
      }
      // Deletions of both sides may have added up to what needs a word.
      for machine in [one, two, one, two, one, two] {
        let outcome = try await machine.membank("sync", "--once", "--json")
        #expect([0, 1, 4].contains(outcome.status), "\(outcome.text)")
        for halt in try outcome.json["halts"]?.elements ?? [] {
          _ = try await machine.membank("approve", halt["plan"]?.text ?? "")
        }
      }
      #expect(one.files == two.files)
      #expect(try await one.head == two.head)
      for (name, text) in one.files { #expect(try stage.document(name) == text, "\(name)") }
      let objects = try await one.git("rev-list", "--objects", "main").output
      for text in players[0].settled.union(players[1].settled) {
        #expect(objects.contains(ObjectID.blob(of: Array(text.utf8)).description), "lost: \(text)")
      }
    }
  }
}
