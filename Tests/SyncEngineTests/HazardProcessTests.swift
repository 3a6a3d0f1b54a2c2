import Bank
import CLinux
import Glibc
import History
import Mirror
import RedisTransport
import Support
import SyncEngine
import TestSupport
import Testing

@Suite("What would lose an edit", .timeLimit(.minutes(15)), .everyServer, .namingServer)
struct HazardProcessTests {
  let server: RedisServer
  let redis: RedisConnection
  let one: TestReplica

  init() throws {
    server = try RedisServer()
    redis = try RedisConnection(server.address)
    one = try TestReplica("one", servers: [server])
  }

  @Test("a kill between a commit on main and its merge with an unfinished target")
  func commitWithoutMerge() throws {
    for name in ["a", "b", "c"] { try one.write("\(name).md", "1\n2\n3\n4\n5\n") }
    try one.pass()
    let history = one.engine.history
    let before = try #require(one.engine.main)
    // Theirs changes the first line; the edit, the last one.
    let path = try BankPath("a.md")
    let blob = try history.writeBlob(Array("one\n2\n3\n4\n5\n".utf8))
    let theirs = try one.engine.foreignCommit(parent: before, path: path, blob: blob)
    try one.write("a.md", "1\n2\n3\n4\nfive\n")
    let edit = try #require(try one.engine.captureEverything())
    try history.forceRef(EngineRef.applying, to: theirs)
    let again = try TestReplica("one", root: one.root)
    try again.pass()
    #expect(again.read("a.md") == "one\n2\n3\n4\nfive\n")
    let main = try #require(again.engine.main)
    #expect(try again.engine.history.isAncestor(edit, of: main))
    #expect(try again.engine.history.isAncestor(theirs, of: main))
  }

  @Test("paths that were ignored while others wrote them are written when they come to light, not deleted")
  func reveal() throws {
    try one.write("a.md", "a\n")
    try one.pass()
    let other = try TestReplica("two", servers: [server], joins: true, ignore: ["drafts/"])
    try other.pass()
    try one.write("drafts/new.md", "draft\n")
    try one.write("drafts/both.md", "theirs\n")
    try one.pass()
    try other.write("drafts/both.md", "mine\n")
    try other.pass()
    #expect(other.read("drafts/new.md") == nil)
    #expect(other.engine.main == one.engine.main && other.engine.problems.isEmpty)
    let old = other.engine.bank.rules
    other.engine.bank.rules = IgnoreRules(patterns: [])
    #expect(try other.engine.reveal(hiddenBy: old))
    try other.pass()
    #expect(other.read("drafts/new.md") == "draft\n")
    #expect(try other.names.contains("drafts/new.md"))
    // Neither version of the file that differed is gone.
    let texts = Set(other.files.filter { $0.key.hasPrefix("drafts/both") }.values)
    #expect(texts == ["theirs\n", "mine\n"])
  }

  @Test("a head that is lost while only documents and index hold a version")
  func onlyInDocuments() throws {
    try one.write("a.md", "first\n")
    try one.pass()
    let other = try TestReplica("two", servers: [server], joins: true)
    try other.pass()
    one.clock.advance(seconds: 5)
    try one.write("a.md", "second\n")
    try one.pass()
    // The replica that wrote it never comes back, and the server loses head and packs.
    for key in try redis.keys("membank:{test}:pack:*") + ["membank:{test}:head"] { _ = try redis.run("DEL", key) }
    try other.pass()
    #expect(other.files.values.contains("second\n"))
  }

  @Test("a directory that was captured before it met the bank's history keeps no old versions")
  func lateJoin() throws {
    try one.write("a.md", "old\n")
    try one.write("gone.md", "gone\n")
    try one.write("c.md", "c\n")
    try one.pass()
    try one.write("a.md", "new\n")
    try one.remove("gone.md")
    try one.pass()
    let other = try TestReplica("two", servers: [server])
    try other.write("a.md", "old\n")
    try other.write("gone.md", "gone\n")
    try other.write("own.md", "mine\n")
    try other.engine.captureEverything()
    for _ in 0..<3 {
      try other.pass()
      try one.pass()
    }
    let end = ["a.md": "new\n", "c.md": "c\n", "own.md": "mine\n"]
    #expect(other.files == end)
    #expect(one.files == end)
    #expect(one.engine.main == other.engine.main)
  }

  @Test("a save into a file that was replaced while it was open")
  func lateSave() throws {
    try one.write("a.md", "1\n2\n3\n4\n5\n")
    try one.pass()
    let descriptor = membank_open("\(one.bankPath)/a.md", O_RDWR, 0)
    #expect(descriptor >= 0)
    _ = try redis.run("SET", "membank:{test}:doc:a.md", "one\n2\n3\n4\n5\n")
    try one.pass(keepsOpen: true)
    #expect(one.read("a.md") == "one\n2\n3\n4\n5\n")
    #expect(one.engine.bank.displacedCount == 1)
    let text = Array("1\n2\n3\n4\nfive\n".utf8)
    #expect(pwrite(descriptor, text, text.count, 0) == text.count)
    close(descriptor)
    try one.pass()
    #expect(one.read("a.md") == "one\n2\n3\n4\nfive\n")
    #expect(one.engine.bank.displacedCount == 0)
    #expect(one.files.count == 1)
  }

  @Test("packs that the server evicts while nothing changes are brought back")
  func evictedPacks() throws {
    try one.write("a.md", "1\n")
    try one.pass()
    for key in try redis.keys("membank:{test}:pack:*") { _ = try redis.run("DEL", key) }
    try one.pass()
    let other = try TestReplica("two", servers: [server], joins: true)
    try other.pass()
    #expect(other.files == ["a.md": "1\n"])
  }

  @Test("a server that was restored from an old copy gets back what came since, and takes nothing away")
  func rolledBack() throws {
    for name in ["a", "b", "c"] { try one.write("\(name).md", "1\n") }
    try one.pass()
    var copies: [(key: String, value: RedisValue)] = []
    for key in try redis.keys("*") { copies.append((key, try redis.run("DUMP", key))) }
    try one.write("a.md", "2\n")
    try one.write("d.md", "new\n")
    try one.remove("c.md")
    try one.pass()
    _ = try redis.run("FLUSHALL")
    for copy in copies {
      guard case .bulk(let bytes) = copy.value else { continue }
      let restore = ["RESTORE", copy.key, "1000000"].map { Array($0.utf8) } + [bytes]
      #expect(try redis.run(RedisCommand(restore)) == .status("OK"))
    }
    try one.write("b.md", "edited\n")
    try one.pass()
    let end = ["a.md": "2\n", "b.md": "edited\n", "d.md": "new\n"]
    #expect(one.files == end)
    for (name, text) in end { #expect(try redis.text("membank:{test}:doc:\(name)") == text) }
    #expect(try redis.text("membank:{test}:doc:c.md") == nil)
    #expect(one.engine.isInSync(0))
    let other = try TestReplica("two", servers: [server], joins: true)
    try other.pass()
    #expect(other.files == end)
    #expect(other.engine.main == one.engine.main)
  }

  @Test("an answer that is lost, though the server did what was asked, is no reason to do it twice", arguments: 0..<8)
  func answerLost(position: Int) throws {
    let other = try TestReplica("two", servers: [server], joins: true)
    try one.write("a.md", "1\n")
    try one.pass()
    try other.pass()
    // Enough packs for a compaction, so that there is a swap among the calls.
    for number in 0..<34 {
      try one.write("a.md", "\(number)\n")
      if number < 33 { try one.pass() }
    }
    var calls = 0
    defer { one.intercept = nil }
    one.intercept = { call in
      defer { calls += 1 }
      guard calls == position else { return nil }
      _ = self.one.drivers[0].perform(call)
      return .failed(RemoteFailure(remedy: .retry, message: "timed out"))
    }
    try one.pass()
    one.intercept = nil
    for _ in 0..<2 {
      one.clock.advance(seconds: 120)
      try one.pass()
      try other.pass()
    }
    #expect(one.engine.isInSync(0))
    #expect(one.files == ["a.md": "33\n"] && other.files == one.files)
    #expect(one.engine.main == other.engine.main)
    #expect(try one.log.count == 35)
    // Each version is told of once.
    #expect(try redis.run("XLEN", "membank:{test}:changes") == .integer(35))
    try redis.expectEveryKeyHasTTL()
  }

  @Test("a key of another type under one of ours is moved aside", arguments: [true, false])
  func wrongType(isEdited: Bool) throws {
    try one.write("a.md", "1\n")
    try one.pass()
    _ = try redis.run("DEL", "membank:{test}:doc:a.md")
    _ = try redis.run("LPUSH", "membank:{test}:doc:a.md", "x")
    if isEdited { try one.write("a.md", "2\n") }
    try one.pass()
    #expect(try redis.text("membank:{test}:doc:a.md") == (isEdited ? "2\n" : "1\n"))
    #expect(try redis.keys("membank:{test}:displaced:*").count == 1)
    #expect(one.engine.isInSync(0))
    try redis.expectEveryKeyHasTTL()
  }

  @Test("a head of a newer schema halts the remote and is left alone")
  func newerSchema() throws {
    try one.write("a.md", "1\n")
    try one.pass()
    _ = try redis.run("HSET", "membank:{test}:head", "schema", "99")
    try one.write("a.md", "2\n")
    try one.pass()
    #expect(one.engine.sessions[0].state == .halted)
    #expect(one.engine.sessions[0].message?.contains("newer") == true)
    #expect(try redis.text("membank:{test}:doc:a.md") == "1\n")
    #expect(try one.log.first == "Update a.md (+1 −1)")
  }

  @Test("another bank under the same name halts the remote and is left alone")
  func otherBank() throws {
    try one.write("a.md", "1\n")
    try one.pass()
    let stranger = try TestReplica(
      "two", bank: "99999999-2222-4333-8444-555555555555", servers: [server])
    try stranger.write("a.md", "theirs\n")
    try stranger.pass()
    #expect(stranger.engine.sessions[0].state == .halted)
    #expect(stranger.engine.sessions[0].message?.contains("membank join") == true)
    #expect(try redis.text("membank:{test}:doc:a.md") == "1\n")
  }
}
