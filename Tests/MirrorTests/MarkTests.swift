import Mirror
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("A server's mark", .timeLimit(.minutes(15)), .servers(.redis, .simulated), .namingServer)
struct MarkProcessTests {
  let bench: Bench

  init() async throws {
    let bench = try Bench()
    self.bench = bench
    try bench.redis.run("SET", "other", "text", "EX", "1000")
    try bench.redis.run("HSET", "hash", "f", "v")
    // A server that has just started counts as saved a moment ago.
    #expect(try await eventually { try bench.mirror.mark() != nil })
  }

  @Test("stays while keys are read only")
  func stays() throws {
    let before = try bench.mirror.mark()
    for command in [["GET", "other"], ["TTL", "other"], ["HGETALL", "hash"], ["SCAN", "0"], ["GET", "none"]] {
      _ = try bench.redis.run(RedisCommand(command.map { Array($0.utf8) }))
    }
    #expect(try bench.mirror.inspect(nil, head: nil).complete)
    #expect(try bench.mirror.mark() == before)
  }

  @Test(
    "is another one after each way of changing a key",
    arguments: [
      "SET other text EX 1000", "SET other next KEEPTTL", "SETRANGE other 1 i", "APPEND other x", "EXPIRE other 999",
      "PERSIST other", "DEL other", "RENAME other that", "COPY other that", "HSET hash f w", "FLUSHDB", "FLUSHALL",
      "EVAL return(redis.call('SET','other','x')) 0",
    ])
  func changes(command: String) throws { try expectChange(by: command) }

  @Test(
    "is another one after a change that involves another database or server", .tags(.onlyRealServers),
    arguments: ["SWAPDB 0 1", "MOVE other 1", "RESTORE new 0 \u{0}"])
  func elsewhere(command: String) throws { try expectChange(by: command) }

  private func expectChange(by command: String) throws {
    let before = try bench.mirror.mark()
    var words = command.split(separator: " ").map { Array($0.utf8) }
    if words[0] == Array("RESTORE".utf8) {
      words[3] = try #require(try bench.redis.run("DUMP", "other").bytes)
    }
    _ = try bench.redis.run(RedisCommand(words))
    #expect(try bench.mirror.mark() != before)
  }

  @Test("is another one after a key has expired, and after a restart")
  func expiry() async throws {
    try bench.redis.run("SET", "short", "x", "PX", "1")
    let before = try bench.mirror.mark()
    #expect(
      try await eventually {
        bench.server.expireDue()
        return try bench.mirror.mark() != before
      })
    let expired = try bench.mirror.mark()
    let mirror = try bench.restart()
    #expect(try await eventually { try mirror.mark() != nil })
    #expect(try mirror.mark() != expired)
  }

  @Test("is followed over a sign of life")
  func heartbeat() throws {
    let before = try #require(try bench.mirror.mark())
    let marks = try #require(try bench.mirror.markedHeartbeat(replica: "r", fields: [("at", "1")]))
    #expect(marks.before == before)
    #expect(marks.after != before)
    #expect(try bench.mirror.mark() == marks.after)
    #expect((1...300).contains(try bench.ttl("replica:r")))
  }
}
