import Mirror
import RedisTransport
import Support
import SyncEngine
import TestSupport
import Testing

/// A story of two replicas and a stranger, told twice over the same kind of server.
private struct Story {
  let server: RedisServer
  let standIn: UpstashStandIn?
  let one: TestReplica
  let other: TestReplica

  init() throws {
    server = try RedisServer()
    if ServerKind.current != .rest {
      standIn = nil
      one = try TestReplica("one", servers: [server])
      other = try TestReplica("two", servers: [server], joins: true)
    } else {
      let standIn = try UpstashStandIn(server)
      self.standIn = standIn
      one = try TestReplica("one", standIns: [standIn])
      other = try TestReplica("two", standIns: [standIn], joins: true)
    }
  }

  func start(_ files: [String: String]) throws {
    for (name, text) in files { try one.write(name, text) }
    try settle(1)
    #expect(other.files == files)
    one.clock.advance(seconds: 10)
    other.clock.advance(seconds: 20)
  }

  func settle(_ rounds: Int = 4) throws {
    for _ in 0..<rounds {
      for replica in [one, other] { try replica.pass() }
    }
  }

  /// Foreign writes, expiry, losses, edits of both sides.
  func tell() throws {
    try start(["a.md": "1\n2\n3\n4\n5\n", "b.md": "b\n", "c.md": "c\n"])
    let redis = try RedisConnection(server.address)
    _ = try redis.run("SET", "membank:{test}:doc:a.md", "1\n2\n3\n4\nfive\n")
    try one.write("a.md", "one\n2\n3\n4\n5\n")
    try other.write("new.md", "new\n")
    try settle()
    _ = try redis.run("PEXPIRE", "membank:{test}:doc:b.md", "0")
    _ = try redis.run("DEL", "membank:{test}:index")
    try other.remove("c.md")
    one.clock.advance(seconds: 10)
    other.clock.advance(seconds: 10)
    try settle()
    _ = try redis.run("SET", "membank:{test}:doc:foreign/d.md", "d\n", "EX", "100")
    try one.write("b.md", "b\nmore\n")
    try settle()
    _ = try redis.run("DEL", "membank:{test}:head")
    try settle()
    #expect(one.engine.main == other.engine.main)
    #expect(one.files == other.files)
    #expect(
      one.files == [
        "a.md": "one\n2\n3\n4\nfive\n", "b.md": "b\nmore\n", "new.md": "new\n", "foreign/d.md": "d\n",
      ])
    for (name, text) in one.files { #expect(try redis.text("membank:{test}:doc:\(name)") == text) }
    try redis.expectEveryKeyHasTTL()
  }
}

@Suite("Replicas over REST", .timeLimit(.minutes(15)))
struct RestReplicaProcessTests {
  /// The head that a story ends with over each kind of server.
  private func heads(_ tell: (Story) throws -> Void) throws -> [ObjectID?] {
    try ServerKind.allCases.map { kind in
      try ServerKind.$current.withValue(kind) {
        let story = try Story()
        try tell(story)
        #expect(story.one.engine.main != nil)
        #expect(story.one.engine.main == story.other.engine.main)
        return story.one.engine.main
      }
    }
  }

  @Test("end with the same head as over Redis' own protocol", arguments: encounters)
  func sameHead(encounter: Encounter) throws {
    let heads = try heads { story in
      try story.start(encounter.base)
      for deed in encounter.one { try deed.perform(on: story.one) }
      for deed in encounter.other { try deed.perform(on: story.other) }
      try story.settle()
      #expect(story.one.files == encounter.end && story.other.files == encounter.end)
    }
    #expect(Set(heads).count == 1)
  }

  @Test("do so with foreign writes, expiry and losses")
  func foreign() throws { #expect(Set(try heads { try $0.tell() }).count == 1) }

  @Test(
    "converge whatever goes wrong, and nothing happens twice",
    arguments: [
      ["kind": "drop-after", "count": 3, "after": 2], ["kind": "drop-after", "count": 4, "writes": true],
      ["kind": "truncate", "count": 3, "after": 1], ["kind": "drop-before", "count": 3],
      ["kind": "status", "status": 502, "body": "<html>Bad Gateway</html>", "count": 4, "after": 1],
      ["kind": "status", "status": 429, "headers": ["Retry-After": "2"], "count": 2, "after": 1],
      ["kind": "error", "error": "requests", "count": 2], ["kind": "error", "error": "daily", "count": 2],
      ["kind": "error", "error": "storage", "count": 2, "writes": true],
      ["kind": "error", "error": "request-size", "count": 2], ["kind": "error", "error": "record-size", "count": 1],
      ["kind": "error", "error": "connections", "count": 2], ["kind": "error", "error": "upgrade", "writes": true],
      ["kind": "error", "error": "stopping", "count": 3], ["kind": "error", "error": "script-timeout", "count": 2],
    ] as [JSONValue])
  func faults(fault: JSONValue) throws {
    try ServerKind.$current.withValue(.rest) {
      let story = try Story()
      try story.start(["a.md": "a\n", "b.md": "b\n"])
      try story.standIn?.fail(fault)
      try story.one.write("a.md", "edited\n")
      try story.other.write("c.md", "c\n")
      try story.settle(8)
      try story.standIn?.heal()
      try story.settle()
      #expect(story.one.files == ["a.md": "edited\n", "b.md": "b\n", "c.md": "c\n"])
      #expect(story.other.files == story.one.files)
      #expect(story.one.engine.main == story.other.engine.main)
      #expect(story.one.engine.isInSync(0) && story.other.engine.isInSync(0))
      #expect(story.one.engine.conflicts.isEmpty)
      let redis = try RedisConnection(story.server.address)
      // Each change of the bank stands once in its list of changes.
      let changes = try redis.run("XRANGE", "membank:{test}:changes", "-", "+").array ?? []
      let told = changes.compactMap { change in
        change.array?.last?.fields.map { fields in
          ["path", "blob", "commit"].map { String(decoding: fields[Array($0.utf8)] ?? [], as: UTF8.self) }
        }
      }
      #expect(told.count == 4 && Set(told).count == 4, "\(told)")
      try redis.expectEveryKeyHasTTL()
    }
  }

  @Test(
    "wait for a person where only one can help, and go on from there",
    arguments: [("token", "token was refused"), ("read-only-token", "standard one"), ("suspended", "raise its budget")])
  func halts(error: String, words: String) throws {
    try ServerKind.$current.withValue(.rest) {
      let story = try Story()
      try story.start(["a.md": "a\n"])
      try story.standIn?.fail(["kind": "error", "error": .string(error), "count": -1])
      try story.one.write("a.md", "edited\n")
      try story.one.pass()
      #expect(story.one.engine.sessions[0].state == .halted)
      #expect(story.one.engine.sessions[0].message?.contains(words) == true)
      #expect(try story.one.text("a.md") == "edited\n")
      try story.standIn?.resetMeter()
      try story.one.pass()
      #expect(try story.standIn?.control()["log"] == [])
      try story.standIn?.heal()
      story.one.engine.resumeRemote(0)
      try story.settle()
      #expect(story.other.files == ["a.md": "edited\n"])
    }
  }

  @Test("read their own writes, however far replicas lag")
  func lag() throws {
    try ServerKind.$current.withValue(.rest) {
      let story = try Story()
      try story.start(["a.md": "a\n"])
      try story.standIn?.control(["lag": true])
      try story.one.write("a.md", "edited\n")
      try story.one.pass()
      try story.one.pass()
      #expect(story.one.engine.isInSync(0))
      // The other one sees what its replica of the database has: nothing new, and nothing is undone by that.
      try story.other.write("b.md", "b\n")
      try story.settle(2)
      try story.standIn?.control(["lag": false])
      try story.settle()
      #expect(story.one.files == ["a.md": "edited\n", "b.md": "b\n"])
      #expect(story.other.files == story.one.files)
      #expect(story.one.engine.main == story.other.engine.main)
    }
  }
}
