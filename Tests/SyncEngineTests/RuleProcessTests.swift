import Bank
import History
import Mirror
import RedisTransport
import Support
import SyncEngine
import TestSupport
import Testing

@Suite("Rules of the protocol", .timeLimit(.minutes(15)), .everyServer, .namingServer)
struct RuleProcessTests {
  let server: RedisServer
  let redis: RedisConnection
  let one: TestReplica

  init() throws {
    server = try RedisServer()
    redis = try RedisConnection(server.address)
    one = try TestReplica("one", servers: [server])
  }

  private func document(_ name: String) -> String { "membank:{test}:doc:\(name)" }

  /// Another replica that has what the server has.
  private func joined() throws -> TestReplica {
    let other = try TestReplica("two", servers: [server], joins: true)
    try other.pass()
    return other
  }

  @Test("a foreign value that comes in the very moment of a publication is not overwritten")
  func foreignDuringPublication() throws {
    try one.write("a.md", "1\n2\n3\n4\n5\n")
    try one.pass()
    try one.write("a.md", "one\n2\n3\n4\n5\n")
    var isDone = false
    defer { one.intercept = nil }
    one.intercept = { call in
      guard case .publish = call, !isDone else { return nil }
      isDone = true
      _ = try? self.redis.run("SET", self.document("a.md"), "1\n2\n3\n4\nfive\n")
      return nil
    }
    try one.pass()
    #expect(isDone)
    #expect(one.read("a.md") == "one\n2\n3\n4\nfive\n")
    #expect(try redis.text(document("a.md")) == "one\n2\n3\n4\nfive\n")
    #expect(try one.log.contains("Write a.md in Redis"))
  }

  @Test("a foreign value without an index entry has no base: nothing of the bank's version is taken for deleted")
  func foreignWithoutEntry() throws {
    try one.write("a.md", "mine\n")
    try one.pass()
    _ = try redis.run("HDEL", "membank:{test}:index", "a.md")
    _ = try redis.run("SET", document("a.md"), "theirs\n")
    try one.pass()
    #expect(Set(one.files.values) == ["mine\n", "theirs\n"])
    #expect(one.engine.conflicts.count == 1)
  }

  @Test("an old version of a document without an index entry is a projection left behind, not an edit")
  func staleProjection() throws {
    try one.write("a.md", "old\n")
    try one.pass()
    try one.write("a.md", "new\n")
    try one.pass()
    _ = try redis.run("HDEL", "membank:{test}:index", "a.md")
    _ = try redis.run("SET", document("a.md"), "old\n")
    try one.pass()
    #expect(one.files == ["a.md": "new\n"])
    #expect(try redis.text(document("a.md")) == "new\n")
    #expect(try one.log == ["Update a.md (+1 −1)", "Add a.md (+1)"])
  }

  @Test("a head that nobody completes is waited for, then replaced by ours merged with what the documents hold")
  func lostHead() throws {
    for name in ["a", "b", "c"] { try one.write("\(name).md", "\(name)\n") }
    try one.pass()
    let other = try joined()
    one.clock.advance(seconds: 5)
    try one.write("a.md", "newest\n")
    try one.write("d.md", "new\n")
    try one.pass()
    // Whoever published that never comes back, and the server loses the packs, a document and its entry.
    for key in try redis.keys("membank:{test}:pack:*") { _ = try redis.run("DEL", key) }
    _ = try redis.run("DEL", document("b.md"))
    _ = try redis.run("HDEL", "membank:{test}:index", "b.md")
    try other.write("c.md", "edited\n")
    let head = one.engine.main
    try other.pass()
    #expect(other.engine.sessions[0].headCommit == head)
    #expect(other.engine.sessions[0].message?.contains("waiting for a replica that has it") == true)
    #expect(other.files == ["a.md": "a\n", "b.md": "b\n", "c.md": "edited\n"])
    other.clock.advance(seconds: 290)
    try other.pass()
    #expect(other.engine.sessions[0].headCommit == head)
    other.clock.advance(seconds: 20)
    try other.pass()
    // What the document holds was written by a commit that nobody has: it stands beside ours, neither is overwritten.
    let copy = "a.conflict-\(ObjectID.blob(of: Array("newest\n".utf8)).short(8)).md"
    var end = ["a.md": "a\n", copy: "newest\n", "b.md": "b\n", "c.md": "edited\n", "d.md": "new\n"]
    #expect(other.files == end)
    #expect(other.engine.isInSync(0))
    for (name, text) in end { #expect(try redis.text(document(name)) == text) }
    // The one that is back after all knows how they belong together.
    for _ in 0..<2 {
      try one.pass()
      try other.pass()
    }
    end["a.md"] = "newest\n"
    #expect(one.files == end && other.files == end)
    #expect(one.engine.main == other.engine.main)
  }

  @Test("two replicas that merge the same commits, each on its own, make the same commit")
  func sameMerge() throws {
    for name in ["a", "b", "c"] { try one.write("\(name).md", "\(name)\n") }
    try one.pass()
    let other = try joined()
    one.clock.advance(seconds: 100)
    other.clock.advance(seconds: 5000)
    let base = try #require(one.engine.main)
    var made: [[ObjectID]] = []
    for (replica, isFirst) in [(one, true), (other, false)] {
      let (a, b) = (try BankPath("a.md"), try BankPath("b.md"))
      var sides: [ObjectID] = []
      for text in ["x\n", "y\n"] {
        let blob = try replica.engine.history.writeBlob(Array(text.utf8))
        sides.append(try replica.engine.foreignCommit(parent: base, path: text == "x\n" ? a : b, blob: blob))
        sides.append(try replica.engine.foreignCommit(parent: base, path: try BankPath("c.md"), blob: blob))
      }
      made.append(
        try [(0, 2), (1, 3)].map { (left, right) in
          isFirst
            ? try replica.engine.mergeCommit(sides[left], sides[right])
            : try replica.engine.mergeCommit(sides[right], sides[left])
        })
    }
    #expect(made[0] == made[1])
  }

  @Test("a head of a higher epoch halts the remote: merging would bring back what was redacted")
  func higherEpoch() throws {
    try one.write("a.md", "1\n")
    try one.pass()
    _ = try redis.run("HSET", "membank:{test}:head", "epoch", "1")
    try one.write("a.md", "2\n")
    try one.pass()
    #expect(one.engine.sessions[0].state == .halted)
    #expect(one.engine.sessions[0].message?.contains("redacted") == true)
    #expect(try redis.text(document("a.md")) == "1\n")
    #expect(try one.log.first == "Update a.md (+1 −1)")
  }

  @Test("an edit between the look at the directory and the write to it is captured and merged")
  func editBetweenCaptureAndApply() throws {
    try one.write("a.md", "1\n2\n3\n4\n5\n")
    try one.write("b.md", "b\n")
    try one.pass()
    let other = try joined()
    try other.write("a.md", "one\n2\n3\n4\n5\n")
    try other.write("b.md", "other\n")
    try other.pass()
    var before: ObjectID?
    defer { one.intercept = nil }
    one.intercept = { call in
      if case .readHead = call, before == nil {
        before = self.one.engine.main
        try? self.one.write("a.md", "1\n2\n3\n4\nfive\n")
      }
      return nil
    }
    try one.pass()
    #expect(one.files == ["a.md": "one\n2\n3\n4\nfive\n", "b.md": "other\n"])
    let history = one.engine.history
    let main = try #require(one.engine.main)
    // The edit's parent is the main of before: main didn't move past the file that was skipped.
    let edit = try history.walk(from: [main], excluding: [], limit: nil).first {
      try history.commit($0).message.hasPrefix("Update a.md (+1 −1)\n\nOrigin: one")
    }
    #expect(try edit.map { try history.commit($0).parents } == [before].compactMap(\.self))
  }

  @Test("an edit in the very moment of a write is found when the write is verified, and merged")
  func editDuringWrite() throws {
    try one.write("a.md", "1\n2\n3\n4\n5\n")
    try one.pass()
    let hooked = try TestReplica("two", addresses: [server.address], joins: true, hooked: true)
    try hooked.pass()
    try one.write("a.md", "one\n2\n3\n4\n5\n")
    try one.pass()
    var isDone = false
    hooked.fileSystem?.before = { [unowned hooked] step in
      guard case .exchange = step, !isDone else { return }
      isDone = true
      try? hooked.write("a.md", "1\n2\n3\n4\nfive\n")
    }
    try hooked.pass()
    #expect(isDone)
    #expect(hooked.files == ["a.md": "one\n2\n3\n4\nfive\n"])
    #expect(hooked.engine.target == nil)
  }
}
