import RedisTransport
import SimulatedRedis
import Support
import Testing

/// A clock that a test sets.
final class SetClock: Clock {
  var wallMilliseconds: Int64 = 1_700_000_000_000
  var monotonicNanoseconds: Int64 { wallMilliseconds * 1_000_000 }
}

@Suite("Faults of a simulated connection")
struct FaultTests {
  private let clock = SetClock()
  private let server: SimulatedRedis

  init() { server = SimulatedRedis(clock: clock, random: SeededRandom(1)) }

  static let losses: [(fault: RedisFault, kind: RedisError.Kind, text: String?)] = [
    (.unreachable, .unreachable, nil), (.lostRequest, .closed, nil), (.cutOff(after: 0), .closed, nil),
    (.cutOff(after: 1), .closed, "a"), (.cutOff(after: 9), .closed, "ab"), (.timeoutAfterApply, .timeout, "ab"),
  ]

  @Test("leave the caller without replies, and some of the commands carried out", arguments: losses.indices)
  func lost(index: Int) {
    let (fault, kind, text) = Self.losses[index]
    let client = SimulatedRedisClient(server, faults: { _ in fault })
    let error = #expect(throws: RedisError.self) {
      try client.run([RedisCommand("APPEND", "k", "a"), RedisCommand("APPEND", "k", "b")])
    }
    #expect(error?.kind == kind)
    #expect(error?.isTransient == true)
    #expect(server.execute(["GET", "k"]).text == text)
  }

  @Test("may double what arrives")
  func duplicated() throws {
    let client = SimulatedRedisClient(server, faults: { _ in .duplicated })
    #expect(try client.run("APPEND", "k", "a") == .integer(2))
    #expect(server.execute(["GET", "k"]).text == "aa")
  }

  @Test("may take time before the commands are read and after")
  func slow() throws {
    let clock = clock
    server.execute(["SET", "k", "x", "PX", "500"])
    let client = SimulatedRedisClient(server, faults: { _ in .slow(before: 400, after: 200) }) { milliseconds in
      clock.wallMilliseconds += milliseconds
    }
    #expect(try client.run("GET", "k").text == "x")
    #expect(server.execute(["GET", "k"]).isNull)
  }

  static let states: [(condition: ServerCondition, kind: RedisError.Kind)] = [
    (.full, .outOfMemory), (.readOnly, .readOnly), (.loading, .loading), (.busy, .unavailable),
    (.unauthenticated, .credentials), (.refusing("ERR max number of clients reached"), .throttled),
  ]

  @Test("may be states of the server, over with the round trip", arguments: states.indices)
  func conditions(index: Int) throws {
    let (condition, kind) = Self.states[index]
    var fault = RedisFault.condition(condition)
    let client = SimulatedRedisClient(server, faults: { _ in fault })
    let error = #expect(throws: RedisError.self) { try client.run("SET", "k", "x") }
    #expect(error?.kind == kind)
    let script = RedisScript(name: "s", source: "return redis.call('SET', KEYS[1], 'x')")
    let inScript = #expect(throws: RedisError.self) {
      try client.evaluate(script, keys: [Array("k".utf8)], arguments: [])
    }
    #expect(inScript?.kind == kind)
    fault = .none
    #expect(try client.run("GET", "k").isNull)
  }

  @Test("are decided with the commands at hand, one by one")
  func decided() throws {
    var asked: [String] = []
    let client = SimulatedRedisClient(server) { commands in
      asked.append(commands.map(\.name).joined(separator: " "))
      return asked.count == 2 ? .unreachable : .none
    }
    _ = try client.run([["PING"], ["DBSIZE"]])
    #expect(throws: RedisError.self) { try client.run("PING") }
    #expect(try client.run("PING") == .status("PONG"))
    #expect(asked == ["PING DBSIZE", "PING", "PING"])
    #expect(client.trips == 3)
  }
}
