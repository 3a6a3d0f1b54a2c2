import RedisTransport
import Support
import Testing

@testable import Mirror

/// A server that answers every command with the next of some replies, and with the last of them ever after.
private final class Parrot: RedisClient {
  let address = "redis://parrot:1"
  private var replies: [RedisValue]
  private(set) var asked = 0

  init(_ replies: RedisValue...) { self.replies = replies }

  func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
    commands.map { _ in
      asked += 1
      return replies.count > 1 ? replies.removeFirst() : replies.first ?? .null
    }
  }

  func close() {}
}

@Suite("A server that means harm", .timeLimit(.minutes(15)))
struct HostileServerTests {
  private let path: BankPath

  init() throws { path = try BankPath("a.md") }

  private func mirror(_ client: Parrot) throws -> Mirror {
    Mirror(
      client: client, keys: try MirrorKeys(prefix: "membank", project: "b"), ttl: TTLPolicy(), limits: MirrorLimits(),
      random: FixedRandom())
  }

  @Test("can't have an inspection ask for the same values for ever")
  func later() throws {
    let answer = RedisValue.array([
      .bulk(Array("here".utf8)), .array([]), .bulk([]), .array([.null]), .array([.null]),
      .array([.bulk(Array("later".utf8))]),
    ])
    let client = Parrot(answer)
    let failure = #expect(throws: MirrorError.self) { try mirror(client).inspect([path], head: nil) }
    #expect(failure?.kind == .unexpectedReply)
    #expect(client.asked == 1)
  }

  @Test("is not believed when it lists keys that were not asked for")
  func strangeKeys() throws {
    let keys = RedisValue.array([.bulk(Array("0".utf8)), .array([.bulk([]), .bulk(Array("x".utf8))])])
    let nothing = RedisValue.array([
      .bulk(Array("here".utf8)), .array([]), .bulk([]), .array([]), .array([]), .array([]),
    ])
    let found = try mirror(Parrot(.array([]), keys, nothing)).inspect(nil, head: nil)
    #expect(found.problems.isEmpty && found.foreign.isEmpty)
    #expect(try mirror(Parrot(.integer(0), keys)).replicas().isEmpty)
    #expect(try mirror(Parrot(.integer(0), keys)).keysWithoutTTL().isEmpty)
  }

  @Test(
    "must name the key that has another type",
    arguments: [
      RedisValue.array([.bulk(Array("wrongtype".utf8))]), .array([.bulk(Array("wrongtype".utf8)), .bulk([])]),
      .array([.bulk(Array("wrongtype".utf8)), .integer(1)]),
    ])
  func unnamed(answer: RedisValue) throws {
    let failure = #expect(throws: MirrorError.self) { try mirror(Parrot(answer)).upload([(id: "x", bytes: [])]) }
    #expect(failure?.kind == .unexpectedReply)
    #expect(failure?.operand == "redis://parrot:1")
  }

  @Test(
    "may say any time of its last save", arguments: [Int64.min, .min + 1, .max, .max - 1, 0],
    [Int64.min, .max, 1_700_000_000_000_000])
  func times(saved: Int64, now: Int64) throws {
    let info = """
      redis_mode:standalone
      role:master
      loading:0
      server_time_usec:\(now)
      rdb_last_save_time:\(saved)
      run_id:a
      master_replid:b
      rdb_changes_since_last_save:1
      expired_keys:2
      evicted_keys:3
      """
    let wasLongAgo = saved < now / 1_000_000 - 2
    #expect((ServerMark(info: info) != nil) == wasLongAgo)
  }
}
