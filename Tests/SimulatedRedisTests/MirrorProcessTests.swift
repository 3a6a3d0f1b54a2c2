import Mirror
import RedisTransport
import SimulatedRedis
import Support
import TestSupport
import Testing

@Suite("The mirror's scripts", .timeLimit(.minutes(15)))
struct MirrorProcessTests {
  /// A clock for what the mirror writes down; the servers have their own.
  private final class StillClock: Clock {
    let wallMilliseconds: Int64 = 1_700_000_000_000
    let monotonicNanoseconds: Int64 = 0
  }

  private static func mirror(_ client: any RedisClient, seed: Int) throws -> Mirror {
    let limits = MirrorLimits(documentBytes: 100, uploadBytes: 20, chunkDocuments: 2)
    return Mirror(
      client: client, keys: try MirrorKeys(prefix: "membank", project: "b"), ttl: TTLPolicy(), limits: limits,
      random: SeededRandom(UInt64(seed)), clock: StillClock())
  }

  /// What a step returned or threw.
  private static func outcome(_ step: (Mirror) throws -> String, _ mirror: Mirror) -> String {
    do {
      return try step(mirror)
    } catch let error as MirrorError {
      return "\(error.kind) \(error.operation) \(error.operand) \(error.redis?.message ?? "")"
    } catch {
      return "\(error)"
    }
  }

  @Test("do the same on the simulated server as on redis-server", arguments: seeds(usually: 12))
  func scripts(seed: Int) throws {
    let pair = try ServerPair()
    let real = try Self.mirror(pair.real, seed: seed)
    let model = try Self.mirror(SimulatedRedisClient(pair.model, address: pair.real.address), seed: seed)
    let steps = MirrorSteps(random: SeededRandom(UInt64(seed)), keys: real.keys)
    for number in 0..<150 {
      var name: String
      switch try steps.next() {
      case .mirror(let operation, let step):
        name = operation
        #expect(Self.outcome(step, real) == Self.outcome(step, model), "step \(number): \(name)")
      case .stranger(let command):
        name = shown(command)
        let replies = (try pair.real.run([command])[0], pair.model.execute(command))
        #expect(
          agree(comparable(replies.0, of: command), comparable(replies.1, of: command), of: command),
          "step \(number): \(name)")
      case .time(let milliseconds):
        name = "\(milliseconds) ms later"
        try pair.advance(milliseconds: milliseconds)
      }
      try #require(try pair.differences() == [], "after step \(number): \(name)")
    }
  }
}
