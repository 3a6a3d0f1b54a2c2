import Mirror
import RedisTransport
import Support
import SyncEngine
import TestSupport
import Testing

@Suite("What one pass leaves to the next", .timeLimit(.minutes(15)))
struct MemoryProcessTests {
  let server: RedisServer
  let redis: RedisConnection
  let replica: TestReplica

  init() async throws {
    let server = try RedisServer()
    self.server = server
    redis = try RedisConnection(server.address)
    replica = try TestReplica(servers: [server])
    try replica.write("a.md", "- [ ] a\n")
    try replica.write("b.md", "b\n")
    try replica.pass()
    // A server that has just started counts as saved a moment ago, and has no mark.
    let replica = self.replica
    #expect(
      try await eventually {
        replica.memories = [replica.engine.memory(of: 0)]
        try replica.pass()
        return replica.engine.memory(of: 0)?.mark != nil
      })
    replica.memories = [replica.engine.memory(of: 0)]
  }

  /// The calls of one more pass, by name.
  private func calls() throws -> [String] {
    var calls: [String] = []
    replica.intercept = { call in
      calls.append(String("\(call)".prefix { $0 != "(" }))
      return nil
    }
    try replica.pass()
    return calls
  }

  @Test("spares it the look at a server in which nothing was written")
  func spares() throws {
    #expect(try calls() == ["readHead", "mark"])
    for _ in 0..<3 {
      // Its own sign of life is a write that it knows of.
      replica.clock.advance(seconds: 200)
      #expect(try calls() == ["readHead", "mark", "markedHeartbeat"])
      #expect(replica.engine.isInSync(0))
      replica.memories = [replica.engine.memory(of: 0)]
    }
  }

  @Test(
    "does not hide a foreign write, whatever it leaves as it was",
    arguments: [
      ["SET", "membank:{test}:doc:a.md", "- [x] a\n"], ["SET", "membank:{test}:doc:a.md", "- [x] a\n", "KEEPTTL"],
      ["SET", "membank:{test}:doc:a.md", "- [x] a\n", "EX", "86400"],
      ["SETRANGE", "membank:{test}:doc:a.md", "3", "x"],
    ])
  func foreign(command: [String]) throws {
    _ = try redis.run(RedisCommand(command.map { Array($0.utf8) }))
    try replica.pass()
    #expect(replica.read("a.md") == "- [x] a\n")
    #expect(replica.engine.isInSync(0))
  }

  @Test("does not hide what the server lost", arguments: [["FLUSHALL"], ["DEL", "membank:{test}:doc:a.md"]])
  func lost(command: [String]) throws {
    _ = try redis.run(RedisCommand(command.map { Array($0.utf8) }))
    try replica.pass()
    #expect(try redis.text("membank:{test}:doc:a.md") == "- [ ] a\n")
    try redis.expectEveryKeyHasTTL()
  }

  @Test("lets a local edit through, after which everything is looked at again")
  func edit() throws {
    try replica.write("b.md", "b\nmore\n")
    try replica.pass()
    #expect(try redis.text("membank:{test}:doc:b.md") == "b\nmore\n")
    #expect(replica.engine.memory(of: 0)?.mark == nil)
    replica.memories = [replica.engine.memory(of: 0)]
    #expect(try calls().contains("inspect"))
    #expect(replica.engine.memory(of: 0)?.mark != nil)
  }

  @Test("has TTLs renewed when they are due, also when the clock was set back")
  func renewal() throws {
    replica.clock.advance(seconds: 43_200)
    #expect(try calls().contains("renew"))
    replica.memories = [replica.engine.memory(of: 0)]
    replica.clock.advance(seconds: -200_000)
    #expect(try calls().contains("renew"))
  }

  @Test("may name any time for the next renewal: its file may be damaged", arguments: [Int64.min, .max, -1])
  func damagedTime(time: Int64) throws {
    let memory = try #require(replica.memories[0])
    replica.memories = [RemoteMemory(mark: memory.mark, head: memory.head, renewAt: time)]
    #expect(try calls().contains("renew"))
  }

  @Test("counts for nothing with another head")
  func otherHead() throws {
    let memory = try #require(replica.memories[0])
    replica.memories = [RemoteMemory(mark: memory.mark, head: ObjectID.blob(of: []), renewAt: memory.renewAt)]
    #expect(try calls().contains("inspect"))
  }
}
