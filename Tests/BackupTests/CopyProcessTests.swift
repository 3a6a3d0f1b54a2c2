import Backup
import History
import Mirror
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Backups as keys in a Redis")
struct CopyProcessTests {
  let bench: Workbench
  let redis: RedisServer
  let target: CopyTarget

  init() throws {
    bench = try Workbench()
    redis = try RedisServer()
    target = CopyTarget(bench.subject, try redis.connect())
  }

  private func keys() throws -> [String] { (try redis.run("KEYS", "*").array ?? []).compactMap(\.text).sorted() }

  @Test("every document and every version stands there, without a TTL; plain clients can read them")
  func stands() throws {
    try bench.fill()
    let made = try target.create(bench.job())
    #expect(made.place == "membank-backup:{demo}:20261118T110640Z:")
    #expect(try target.list() == [made])
    for (name, bytes) in try bench.files() {
      let stored = try #require(try redis.run("GET", "\(made.place)doc:\(name)").bytes)
      #expect(StoredForm.decode(stored) == bytes, "\(name)")
      #expect(String(validating: stored, as: UTF8.self) != nil, "\(name) is no text")
    }
    for key in try keys() { #expect(try redis.run("TTL", key).integer == -1, "\(key)") }
    #expect(try keys().allSatisfy { $0.hasPrefix(made.place) })
    let head = try #require(try redis.run("HGETALL", "\(made.place)head").fields)
    #expect(head[Array("commit".utf8)] == bench.head.map { Array($0.description.utf8) })
    let packs = try #require(try redis.run("HGET", "\(made.place)head", "packs").text).split(separator: " ")
    #expect(try packs.allSatisfy { try redis.run("EXISTS", "\(made.place)pack:\($0)").integer == 1 })
  }

  @Test("verify restores and compares; load brings every commit back")
  func verify() throws {
    try bench.fill(versions: 40)
    let made = try target.create(bench.job())
    let report = try target.verify(made, bench.drill)
    #expect(report.restored == .init(head: try #require(bench.head), commits: 41, files: 7, comparesWithHistory: true))
    let other = try History.create(at: bench.place("other.git"))
    try target.load(made, into: other, BackupWatch())
    let head = try #require(bench.head)
    #expect(try other.isComplete(head, trusting: []))
    #expect(
      try other.walk(from: [head], excluding: [], limit: nil)
        == bench.history.walk(from: [head], excluding: [], limit: nil))
  }

  @Test(
    "a flipped bit in a document, a pack or the manifest is found",
    arguments: ["doc:notes/log.md", "pack:", "manifest"])
  func flippedBit(_ what: String) throws {
    try bench.fill()
    let made = try target.create(bench.job())
    let key = try #require(try keys().first { $0.hasPrefix(made.place + what) })
    var bytes = try #require(try redis.run("GET", key).bytes)
    bytes[bytes.count / 2] ^= 1
    try redis.connect().run(RedisCommand("SET", key, bytes: [bytes]))
    let found = try #require(try target.list().first)
    let error = #expect(throws: BackupError.self) { try target.verify(found, bench.drill) }
    #expect(error?.kind == .damaged, "\(error.map { "\($0)" } ?? "")")
    #expect(error?.description.contains(made.place) == true)
  }

  @Test("a document or a pack that is gone is found", arguments: ["doc:README.md", "pack:"])
  func gone(_ what: String) throws {
    try bench.fill()
    let made = try target.create(bench.job())
    try redis.run("DEL", try #require(try keys().first { $0.hasPrefix(made.place + what) }))
    let error = #expect(throws: BackupError.self) { try target.verify(made, bench.drill) }
    #expect(error?.kind == .damaged && error?.message.contains("is gone") == true, "\(error.map { "\($0)" } ?? "")")
  }

  @Test("files over the limit have no document, and are in the packs")
  func large() throws {
    try bench.commit(["large.md": [UInt8](repeating: 0x61, count: (1 << 20) + 1), "small.md": Array("s\n".utf8)])
    let made = try target.create(bench.job())
    #expect(try redis.run("EXISTS", "\(made.place)doc:large.md").integer == 0)
    guard case .copy(_, let without) = made.manifest?.content else {
      Issue.record("no copy")
      return
    }
    #expect(without == ["large.md"])
    #expect(try target.verify(made, bench.drill).restored?.files == 2)
  }

  @Test(
    "only whole copies are listed; leftovers of this machine go, others' when they are old; nothing else is touched")
  func leftovers() throws {
    try bench.fill(versions: 1)
    let made = try target.create(bench.job())
    let now: Int64 = 1_795_000_100
    let (old, young) = (BackupStamp.text(now - 90_000), BackupStamp.text(now - 60))
    let root = "membank-backup:{demo}:"
    let strangers = ["membank:{demo}:doc:a.md", "membank-backup:{other}:\(old):doc:a.md", "\(root)note"]
    for key in strangers { try redis.run("SET", key, "x") }
    let ours = "\(Workbench.bank) \(bench.replica) 1234"
    for (stamp, owner) in [(old, "\(Workbench.bank) zzz"), (young, ours)] {
      try redis.run("SET", "\(root)\(stamp):begun", owner)
      try redis.run("SET", "\(root)\(stamp):doc:a.md", "x")
    }
    let theirs = BackupStamp.text(now - 30)
    try redis.run("SET", "\(root)\(theirs):begun", "\(Workbench.bank) zzz")
    #expect(try target.list() == [made])
    try target.clean(now: now)
    let left = try keys().filter { !$0.hasPrefix(made.place) }
    #expect(left == (strangers + ["\(root)\(theirs):begun"]).sorted())
    try target.delete(made)
    #expect(try keys() == left)
  }

  @Test(
    "a copy that is stopped leaves nothing",
    arguments: ["copying documents", "copying versions", "comparing documents"])
  func stopped(at step: String) throws {
    try bench.fill()
    let cancellation = Cancellation()
    let watch = BackupWatch(cancellation: cancellation) { now, _, _ in if now == step { cancellation.ask() } }
    let error = #expect(throws: BackupError.self) { try target.create(bench.job(at: 1_795_000_000, watch)) }
    #expect(error?.kind == .cancelled)
    #expect(try keys() == [])
  }

  @Test("in the same second as another machine")
  func sameSecond() throws {
    try bench.fill(versions: 1)
    let mine = try target.create(bench.job())
    bench.replica = "bbbbbbbb00000000"
    let theirs = try CopyTarget(bench.subject, redis.connect()).create(bench.job())
    #expect(theirs.id == "20261118T110641Z")
    #expect(try target.list() == [mine, theirs])
  }

  @Test("a server without room: said, and nothing is left of it")
  func full() throws {
    var options = RedisServer.Options()
    options.configuration = ["maxmemory 3mb", "maxmemory-policy noeviction"]
    let small = try RedisServer(options)
    var random = Seeded(5)
    try bench.commit(["noise.md": (0..<800_000).map { _ in UInt8.random(in: 0x20..<0x7f, using: &random) }])
    try bench.commit(["more.md": (0..<800_000).map { _ in UInt8.random(in: 0x20..<0x7f, using: &random) }])
    let full = CopyTarget(bench.subject, try small.connect())
    let error = #expect(throws: BackupError.self) { try full.create(bench.job()) }
    #expect(error?.kind == .redis(.outOfMemory), "\(error.map { "\($0)" } ?? "")")
    #expect(try small.run("DBSIZE").integer == 0)
  }

  @Test("over REST, and within few commands")
  func overREST() throws {
    let standIn = try UpstashStandIn(redis)
    let rest = CopyTarget(bench.subject, try standIn.client())
    try bench.fill()
    try standIn.resetMeter()
    let made = try rest.create(bench.job())
    // Claim, documents, packs, head, the look at it all, manifest.
    #expect(try standIn.billed() < 20)
    #expect(try rest.verify(made, bench.drill).restored?.comparesWithHistory == true)
    #expect(try target.list() == [made])
    let other = try History.create(at: bench.place("other.git"))
    try rest.load(made, into: other, BackupWatch())
    try rest.delete(made)
    #expect(try keys() == [])
  }
}
