import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

/// `make crash ROUNDS=N` sets how many; without it as many as fit into some seconds.
@Suite("Killed at random moments", .serialized)
struct KillRoundsProcessTests {
  /// After so many rounds on one bank the next one begins.
  private static let roundsPerBank = 20

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  @Test("daemons and Redis under load: nothing settled is lost, and both replicas end alike")
  func rounds() async throws {
    let wanted = Self.number("MEMBANK_CRASH_ROUNDS")
    let seed = UInt64(Self.number("MEMBANK_CRASH_SEED") ?? Int(getpid()))
    var start = ContinuousClock.now
    var (played, kills) = (0, [String: Int]())
    func goesOn() -> Bool { wanted.map { played < $0 } ?? (played == 0 || ContinuousClock.now < start + .seconds(8)) }
    var options = RedisServer.Options()
    options.notifications = "KA"
    options.appendOnly = true
    while goesOn() {
      try await play(.server(options)) { stage in
        // Other tests may have had their turns before.
        if played == 0 { start = ContinuousClock.now }
        let rounds = try await KillRounds(stage, seed: seed &+ UInt64(played))
        for _ in 0..<Self.roundsPerBank where goesOn() {
          try await rounds.play()
          played += 1
        }
        kills.merge(rounds.kills) { $0 + $1 }
      }
      let seconds = (ContinuousClock.now - start).components.seconds
      let counts = kills.sorted { $0.key < $1.key }.map { "\($0.value) kills of a \($0.key)" }.joined(separator: ", ")
      print("\(played) rounds in \(seconds) s, seed \(seed): \(counts)")
    }
    #expect(played > 0)
  }
}
