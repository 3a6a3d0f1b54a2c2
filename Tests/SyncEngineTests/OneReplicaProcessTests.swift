import Mirror
import RedisTransport
import Support
import SyncEngine
import TestSupport
import Testing

@Suite("One replica and a server", .timeLimit(.minutes(15)), .everyServer, .namingServer)
struct OneReplicaProcessTests {
  let server: RedisServer
  let redis: RedisConnection
  let replica: TestReplica

  init() throws {
    server = try RedisServer()
    redis = try RedisConnection(server.address)
    replica = try TestReplica(servers: [server])
  }

  @Test("publishes what is there: documents, index, head, packs, changes, each with a TTL")
  func firstPublish() throws {
    try replica.write("brief.md", "# Brief\n")
    try replica.write("notes/one.md", "one\n")
    try replica.pass()
    #expect(try redis.text("membank:{test}:doc:brief.md") == "# Brief\n")
    #expect(try redis.text("membank:{test}:doc:notes/one.md") == "one\n")
    #expect(try redis.run("HLEN", "membank:{test}:index") == .integer(2))
    #expect(replica.engine.sessions[0].headCommit == replica.engine.main)
    #expect(replica.engine.isInSync(0))
    #expect(try redis.run("XLEN", "membank:{test}:changes") == .integer(2))
    try redis.expectEveryKeyHasTTL()
  }

  @Test("does nothing when nothing changed")
  func noOp() throws {
    try replica.write("brief.md", "# Brief\n")
    try replica.pass()
    let (main, counts) = (replica.engine.main, replica.engine.counts)
    try replica.pass()
    #expect(replica.engine.main == main)
    #expect(replica.engine.counts.committed == counts.committed)
    #expect(replica.engine.counts.published == counts.published)
  }

  @Test("follows edits, deletions and renames")
  func follows() throws {
    for number in 1...8 { try replica.write("f\(number).md", "text \(number)\n") }
    try replica.pass()
    try replica.write("f1.md", "text 1\nmore\n")
    try replica.pass()
    #expect(try redis.text("membank:{test}:doc:f1.md") == "text 1\nmore\n")
    try replica.remove("f2.md")
    try replica.pass()
    #expect(try redis.text("membank:{test}:doc:f2.md") == nil)
    #expect(try redis.run("HEXISTS", "membank:{test}:index", "f2.md") == .integer(0))
    try replica.move("f3.md", to: "g3.md")
    try replica.pass()
    #expect(try redis.text("membank:{test}:doc:g3.md") == "text 3\n")
    #expect(try redis.text("membank:{test}:doc:f3.md") == nil)
    #expect(try replica.log == ["Rename f3.md to g3.md", "Delete f2.md", "Update f1.md (+1)", "Add 8"])
    try redis.expectEveryKeyHasTTL()
  }

  @Test("makes a version of a foreign SET, with and without a TTL", arguments: [[], ["EX", "100"]])
  func foreignSet(options: [String]) throws {
    try replica.write("a.md", "one\n")
    try replica.pass()
    _ = try redis.run(words: ["SET", "membank:{test}:doc:a.md", "two\n"] + options)
    try replica.pass()
    #expect(replica.read("a.md") == "two\n")
    #expect(try replica.log == ["Write a.md in Redis", "Add a.md (+1)"])
    #expect(replica.engine.isInSync(0))
    try redis.expectEveryKeyHasTTL()
  }

  @Test("makes a version of a foreign SET of a document that the bank never had")
  func foreignCreate() throws {
    try replica.write("a.md", "one\n")
    try replica.pass()
    _ = try redis.run("SET", "membank:{test}:doc:new/b.md", "two\n")
    try replica.pass()
    #expect(replica.read("new/b.md") == "two\n")
    #expect(try redis.run("HEXISTS", "membank:{test}:index", "new/b.md") == .integer(1))
    try redis.expectEveryKeyHasTTL()
  }

  @Test("merges a foreign SET with an edit of the file")
  func foreignAgainstEdit() throws {
    try replica.write("a.md", "1\n2\n3\n4\n5\n6\n7\n")
    try replica.pass()
    try replica.write("a.md", "one\n2\n3\n4\n5\n6\n7\n")
    _ = try redis.run("SET", "membank:{test}:doc:a.md", "1\n2\n3\n4\n5\n6\nseven\n")
    try replica.pass()
    #expect(replica.read("a.md") == "one\n2\n3\n4\n5\n6\nseven\n")
    #expect(try redis.text("membank:{test}:doc:a.md") == "one\n2\n3\n4\n5\n6\nseven\n")
  }

  @Test("keeps both versions when a foreign SET and an edit change one line")
  func foreignConflict() throws {
    try replica.write("a.md", "1\n")
    try replica.pass()
    // The later commit keeps the place; a foreign value's time is that of the version that it replaced.
    replica.clock.advance(seconds: 5)
    try replica.write("a.md", "mine\n")
    _ = try redis.run("SET", "membank:{test}:doc:a.md", "theirs\n")
    try replica.pass()
    let copy = "a.conflict-\(ObjectID.blob(of: Array("theirs\n".utf8)).short(8)).md"
    #expect(replica.files == ["a.md": "mine\n", copy: "theirs\n"])
    #expect(replica.engine.conflicts.count == 1)
    try redis.expectEveryKeyHasTTL()
  }

  /// What a server may lose, and what an edit meanwhile must still come to.
  @Test(
    "puts back what the server lost, edits included",
    arguments: [
      ["DEL", "membank:{test}:doc:a.md"], ["DEL", "membank:{test}:index"], ["DEL", "membank:{test}:head"],
      ["DEL", "membank:{test}:changes"], ["FLUSHALL"], ["HDEL", "membank:{test}:index", "a.md"],
    ], [false, true])
  func losses(command: [String], edits: Bool) throws {
    try replica.write("a.md", "one\n")
    try replica.write("b.md", "two\n")
    try replica.pass()
    _ = try redis.run(words: command)
    if edits { try replica.write("b.md", "two, edited\n") }
    try replica.pass()
    let b = edits ? "two, edited\n" : "two\n"
    #expect(replica.files == ["a.md": "one\n", "b.md": b])
    #expect(try redis.text("membank:{test}:doc:a.md") == "one\n")
    #expect(try redis.text("membank:{test}:doc:b.md") == b)
    #expect(try redis.run("HLEN", "membank:{test}:index") == .integer(2))
    #expect(replica.engine.isInSync(0))
    try redis.expectEveryKeyHasTTL()
  }

  @Test("brings back packs that the server lost")
  func lostPacks() throws {
    try replica.write("a.md", "one\n")
    try replica.pass()
    try replica.write("a.md", "two\n")
    try replica.pass()
    for key in try redis.keys("membank:{test}:pack:*") { _ = try redis.run("DEL", key) }
    try replica.write("a.md", "three\n")
    try replica.pass()
    #expect(replica.engine.isInSync(0))
    let other = try TestReplica("two", servers: [server], joins: true)
    try other.pass()
    #expect(other.files == ["a.md": "three\n"])
  }

  @Test("never takes a document's absence for a deletion, whoever deleted it")
  func absence() throws {
    try replica.write("a.md", "one\n")
    try replica.pass()
    _ = try redis.run("DEL", "membank:{test}:doc:a.md")
    _ = try redis.run("HDEL", "membank:{test}:index", "a.md")
    try replica.pass()
    #expect(replica.read("a.md") == "one\n")
  }

  @Test("goes on versioning while the server is away, and catches up")
  func away() throws {
    try replica.write("a.md", "one\n")
    try replica.pass()
    server.stop()
    try replica.write("a.md", "two\n")
    try replica.pass()
    #expect(try replica.log.first == "Update a.md (+1 −1)")
    #expect(!replica.engine.isInSync(0))
    try server.start()
    try replica.pass()
    #expect(replica.engine.isInSync(0))
    #expect(try RedisConnection(server.address).text("membank:{test}:doc:a.md") == "two\n")
  }

  @Test("keeps a large document out of its key, but replicates it")
  func large() throws {
    let text = String(repeating: "0123456789abcde\n", count: (1 << 20) / 16 + 1)
    try replica.write("big.md", text)
    try replica.write("a.md", "one\n")
    try replica.pass()
    #expect(try redis.text("membank:{test}:doc:big.md") == nil)
    #expect(try redis.run("HEXISTS", "membank:{test}:index", "big.md") == .integer(1))
    let other = try TestReplica("two", servers: [server], joins: true)
    try other.pass()
    #expect(other.read("big.md") == text)
    #expect(other.engine.isInSync(0))
  }
}
