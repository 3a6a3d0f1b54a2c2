import History
import Mirror
import RedisTransport
import Support
import SyncEngine
import TestSupport
import Testing

/// What one side does to its directory.
enum Deed: Sendable {
  case write(String, String)
  case remove(String)
  case move(String, String)

  func perform(on replica: TestReplica) throws {
    switch self {
    case .write(let name, let text): try replica.write(name, text)
    case .remove(let name): try replica.remove(name)
    case .move(let name, let other): try replica.move(name, to: other)
    }
  }
}

/// Both sides start with the same files, each does something, and both must end with the same.
struct Encounter: Sendable, CustomTestStringConvertible {
  let name: String
  var base: [String: String] = ["a.md": "1\n2\n3\n4\n5\n", "b.md": "b\n", "c.md": "c\n"]
  let one: [Deed]
  let other: [Deed]
  let end: [String: String]
  var testDescription: String { name }
}

private func copy(_ stem: String, _ content: String) -> String {
  "\(stem).conflict-\(ObjectID.blob(of: Array(content.utf8)).short(8)).md"
}

let encounters: [Encounter] = [
  Encounter(
    name: "edits of different files", one: [.write("a.md", "A\n")], other: [.write("b.md", "B\n")],
    end: ["a.md": "A\n", "b.md": "B\n", "c.md": "c\n"]),
  Encounter(
    name: "edits of different lines", one: [.write("a.md", "one\n2\n3\n4\n5\n")],
    other: [.write("a.md", "1\n2\n3\n4\nfive\n")],
    end: ["a.md": "one\n2\n3\n4\nfive\n", "b.md": "b\n", "c.md": "c\n"]),
  Encounter(
    name: "edit against delete", one: [.write("a.md", "A\n")], other: [.remove("a.md")],
    end: ["a.md": "A\n", "b.md": "b\n", "c.md": "c\n"]),
  Encounter(
    name: "delete against edit", one: [.remove("a.md")], other: [.write("a.md", "A\n")],
    end: ["a.md": "A\n", "b.md": "b\n", "c.md": "c\n"]),
  Encounter(
    name: "both edit one line, the later commit keeps the place", one: [.write("a.md", "one\n")],
    other: [.write("a.md", "other\n")],
    end: ["a.md": "other\n", copy("a", "one\n"): "one\n", "b.md": "b\n", "c.md": "c\n"]),
  Encounter(
    name: "create on both sides, differing", one: [.write("n.md", "one\n")], other: [.write("n.md", "other\n")],
    end: [
      "a.md": "1\n2\n3\n4\n5\n", "n.md": "other\n", copy("n", "one\n"): "one\n", "b.md": "b\n", "c.md": "c\n",
    ]),
  Encounter(
    name: "create on both sides, alike", one: [.write("n.md", "x\n")], other: [.write("n.md", "x\n")],
    end: ["a.md": "1\n2\n3\n4\n5\n", "n.md": "x\n", "b.md": "b\n", "c.md": "c\n"]),
  Encounter(
    name: "create on both sides, one holds the other", one: [.write("n.md", "x\n")],
    other: [.write("n.md", "x\ny\n")],
    end: ["a.md": "1\n2\n3\n4\n5\n", "n.md": "x\ny\n", "b.md": "b\n", "c.md": "c\n"]),
  Encounter(
    name: "rename against an edit elsewhere", one: [.move("b.md", "d.md")], other: [.write("c.md", "C\n")],
    end: ["a.md": "1\n2\n3\n4\n5\n", "d.md": "b\n", "c.md": "C\n"]),
  Encounter(
    name: "both delete", one: [.remove("b.md")], other: [.remove("b.md")],
    end: ["a.md": "1\n2\n3\n4\n5\n", "c.md": "c\n"]),
]

@Suite("Two replicas and a server", .timeLimit(.minutes(15)), .everyServer, .namingServer)
struct TwoReplicasProcessTests {
  let server: RedisServer
  let one: TestReplica
  let other: TestReplica

  init() throws {
    server = try RedisServer()
    one = try TestReplica("one", servers: [server])
    other = try TestReplica("two", servers: [server], joins: true)
  }

  private func start(_ files: [String: String]) throws {
    for (name, text) in files { try one.write(name, text) }
    try one.pass()
    try other.pass()
    #expect(other.files == files)
    #expect(other.engine.main == one.engine.main)
  }

  /// Passes until neither has anything to do.
  private func settle() throws {
    for _ in 0..<4 {
      try one.pass()
      try other.pass()
    }
  }

  @Test("end with the same files and the same head", arguments: encounters)
  func meet(encounter: Encounter) throws {
    try start(encounter.base)
    one.clock.advance(seconds: 10)
    other.clock.advance(seconds: 20)
    for deed in encounter.one { try deed.perform(on: one) }
    for deed in encounter.other { try deed.perform(on: other) }
    try settle()
    #expect(one.files == encounter.end)
    #expect(other.files == encounter.end)
    #expect(one.engine.main == other.engine.main)
    #expect(one.engine.main != nil)
    #expect(one.engine.target == nil && other.engine.target == nil)
    try RedisConnection(server.address).expectEveryKeyHasTTL()
    for replica in [one, other] {
      let result = try Tool.run("git", ["-C", replica.root.path + "/history.git", "fsck", "--strict", "--full"])
      #expect(result.status == 0, "\(result.output)")
    }
  }

  @Test("make the same commit of a foreign value when both see it first")
  func sameForeignCommit() throws {
    try start(["a.md": "1\n"])
    _ = try RedisConnection(server.address).run("SET", "membank:{test}:doc:a.md", "2\n")
    one.clock.advance(seconds: 10)
    other.clock.advance(seconds: 500)
    let main = try #require(one.engine.main)
    let blob = ObjectID.blob(of: Array("2\n".utf8))
    _ = try one.engine.history.writeBlob(Array("2\n".utf8))
    _ = try other.engine.history.writeBlob(Array("2\n".utf8))
    let path = try BankPath("a.md")
    #expect(
      try one.engine.foreignCommit(parent: main, path: path, blob: blob)
        == other.engine.foreignCommit(parent: main, path: path, blob: blob))
    try settle()
    #expect(one.engine.main == other.engine.main)
    #expect(other.files == ["a.md": "2\n"])
  }

  @Test("the whole history can be rebuilt by git from the packs alone")
  func rebuild() throws {
    try start(["a.md": "1\n", "b.md": "x\n"])
    for number in 2...80 {
      one.clock.advance(seconds: 1)
      try one.write("a.md", "\(number)\n")
      try one.pass()
    }
    let redis = try RedisConnection(server.address)
    // Folded on the way: the list stays short, and the ones that were folded live on for those who still read them.
    guard case .present(let listed) = one.engine.sessions[0].head else {
      Issue.record("no head")
      return
    }
    #expect(listed.packs.count <= 33)
    let directory = try TemporaryDirectory()
    _ = try Tool.run("git", ["init", "-q", "--bare", directory.path])
    for id in listed.packs {
      guard case .bulk(let bytes) = try redis.run("GET", "membank:{test}:pack:\(id)") else { continue }
      let result = try Tool.run("git", ["-C", directory.path, "unpack-objects", "-q"], input: bytes)
      #expect(result.status == 0, "\(result.output)")
    }
    let head = try #require(one.engine.main)
    _ = try Tool.run("git", ["-C", directory.path, "update-ref", "refs/heads/main", "\(head)"])
    let fsck = try Tool.run("git", ["-C", directory.path, "fsck", "--strict", "--full"])
    #expect(fsck.status == 0, "\(fsck.output)")
    let count = try Tool.run("git", ["-C", directory.path, "rev-list", "--count", "main"])
    #expect(count.output.hasPrefix("80"))
  }

  @Test("a directory that joins with old versions of the bank's files takes the new ones")
  func joinsWithOldFiles() throws {
    try one.write("a.md", "old\n")
    try one.write("gone.md", "gone\n")
    try one.write("c.md", "c\n")
    try one.pass()
    try one.write("a.md", "new\n")
    try one.remove("gone.md")
    try one.pass()
    try other.write("a.md", "old\n")
    try other.write("gone.md", "gone\n")
    try other.write("own.md", "mine\n")
    try settle()
    let end = ["a.md": "new\n", "c.md": "c\n", "own.md": "mine\n"]
    #expect(other.files == end)
    #expect(one.files == end)
    #expect(one.engine.main == other.engine.main)
  }
}
