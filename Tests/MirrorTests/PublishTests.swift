import Mirror
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Publishing", .timeLimit(.minutes(15)), .servers(.redis, .rest, .simulated), .namingServer)
struct PublishProcessTests {
  @Test("gives any client the text, and the rest of the contract, all with TTLs")
  func contract() throws {
    let bench = try Bench()
    var publication = Bench.publication(
      1, on: 0, [try Bench.update("a.md", "alpha\n"), try Bench.update("notes/ü b.md", "beta\n")])
    publication.cacheIndex = Array(#"{"files":[]}"#.utf8)
    let head = try #require(try bench.mirror.publish(publication, uploading: [Bench.pack(1)]).head)
    #expect(head.seq == 1)
    #expect(try bench.text("a.md") == "alpha\n")
    #expect(try bench.text("notes/ü b.md") == "beta\n")
    #expect(try bench.mirror.readHead() == .present(head))
    let fields = try #require(try bench.redis.run("HGETALL", "membank:{b}:head").fields)
    let names = Set(fields.keys.map { String(decoding: $0, as: UTF8.self) })
    #expect(names == ["commit", "seq", "bank", "epoch", "schema", "packs", "by", "at", "projected"])
    let blob = ObjectID.blob(of: Array("alpha\n".utf8))
    #expect(
      try bench.redis.run("HGET", "membank:{b}:index", "a.md").text
        == #"{"blob":"\#(blob)","size":6,"commit":"\#(Bench.commit(1))","at":1700000000000}"#)
    let change = try bench.redis.run("XRANGE", "membank:{b}:changes", "-", "+").array?.first?.array?[1].fields
    #expect(change?[Array("path".utf8)] == Array("a.md".utf8))
    #expect(change?[Array("op".utf8)] == Array("update".utf8))
    #expect(change?[Array("blob".utf8)] == Array(blob.description.utf8))
    #expect(try bench.immortal() == [])
    let month: Int64 = 2_592_000
    for (key, seconds) in [
      ("doc:a.md", 86400), ("head", month), ("index", month), ("changes", month), ("pack:\(Bench.pack(1).id)", month),
      ("cache:memory-bank:index", 3600),
    ] {
      #expect((seconds - 5...seconds).contains(try bench.ttl(key)), "\(key)")
    }
  }

  @Test("takes one round trip for a small change, packs included, and announces it")
  func oneRoundTrip() throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"))
    let receive = try bench.server.listen(channels: [bench.keys.events])
    let before = bench.client.trips
    let outcome = try bench.mirror.publish(
      Bench.publication(2, on: 1, packs: [1, 2], [try Bench.update("a.md", "two", commit: 2)]),
      uploading: [Bench.pack(2)])
    #expect(outcome.head?.seq == 2)
    #expect(bench.client.trips == before + 1)
    let message = try #require(try receive().first)
    #expect(bench.keys.event(message) == .published(Bench.commit(2)))
    #expect(try bench.immortal() == [])
  }

  static let leases: [(String, @Sendable (inout Publication) -> Void)] = [
    ("another commit", { $0.expected = Bench.commit(7) }), ("no head at all", { $0.expected = nil }),
    ("another bank", { $0.bank = "11111111-1111-4111-8111-111111111111" }), ("a higher epoch", { $0.epoch = 1 }),
    ("a lower epoch", { $0.expectedEpoch = -1 }),
  ]

  @Test("is refused without a trace when the head is not the one expected", arguments: leases.indices)
  func leaseLost(index: Int) throws {
    let bench = try Bench()
    let head = try bench.seed(("a.md", "one"))
    var publication = Bench.publication(2, on: 1, [try Bench.update("a.md", "two", commit: 2)])
    Self.leases[index].1(&publication)
    let before = try bench.contents()
    #expect(try bench.mirror.publish(publication) == .leaseLost(.present(head)), "\(Self.leases[index].0)")
    #expect(try bench.contents() == before)
  }

  @Test("leaves a head of another schema alone, newer or damaged", arguments: ["2", "x", "0"])
  func schema(text: String) throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"))
    try bench.redis.run("HSET", "membank:{b}:head", "schema", text)
    let before = try bench.contents()
    let outcome = try bench.mirror.publish(Bench.publication(2, on: 1, [try Bench.update("a.md", "two", commit: 2)]))
    switch (text, outcome) {
    case ("2", .leaseLost(.newerSchema(2))), ("x", .leaseLost(.damaged)), ("0", .leaseLost(.present)): break
    default: Issue.record("\(outcome)")
    }
    #expect(try bench.contents() == before)
    #expect(try bench.mirror.publish(Bench.publication(2, on: 0)).head == nil)
  }

  @Test("with no head expects none, and says so when it is gone")
  func headGone() throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"))
    try bench.redis.run("DEL", "membank:{b}:head")
    #expect(try bench.mirror.publish(Bench.publication(2, on: 1)) == .leaseLost(.absent))
    #expect(try bench.mirror.publish(Bench.publication(2, on: 0)).head?.seq == 2)
  }

  @Test("raises the epoch when the one before is the one expected")
  func epoch() throws {
    let bench = try Bench()
    try bench.seed()
    var publication = Bench.publication(2, on: 1)
    publication.epoch = 3
    publication.expectedEpoch = 0
    #expect(try bench.mirror.publish(publication).head?.epoch == 3)
  }

  @Test("names the packs that are missing and changes nothing")
  func missingPacks() throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"))
    let before = try bench.contents()
    let publication = Bench.publication(2, on: 1, packs: [5, 1, 6], [try Bench.update("a.md", "two", commit: 2)])
    #expect(try bench.mirror.publish(publication) == .missingPacks([Bench.pack(5).id, Bench.pack(6).id]))
    #expect(try bench.contents() == before)
    // Listed or not makes no difference: what has expired is missing.
    try bench.redis.run("DEL", "membank:{b}:pack:\(Bench.pack(1).id)")
    #expect(try bench.mirror.publish(Bench.publication(2, on: 1)) == .missingPacks([Bench.pack(1).id]))
    #expect(try bench.mirror.missingPacks([1, 5].map { Bench.pack($0).id }) == [1, 5].map { Bench.pack($0).id })
  }

  @Test("changes nothing at all when any document holds a foreign value", arguments: [0, 1, 499, 500, 1200])
  func foreign(position: Int) throws {
    let bench = try Bench()
    var updates = try (0...1200).map { try Bench.update("d\($0).md", "text \($0)") }
    _ = try bench.mirror.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)])
    try bench.redis.run("SET", bench.document("d\(position).md"), "strange")
    try bench.redis.run("DEL", bench.document("d7.md"))
    updates = try (0...1200).map { try Bench.update("d\($0).md", "new \($0)", commit: 2, allowed: ["base"]) }
    let before = try bench.contents()
    let outcome = try bench.mirror.publish(
      Bench.publication(2, on: 1, packs: [1, 2], updates), uploading: [Bench.pack(2)])
    let found = try #require(outcome.foreign)
    #expect(found.map(\.path) == [updates[position].path])
    #expect(found.first?.bytes == Array("strange".utf8))
    #expect(found.first?.entry?.blob == .blob(of: Array("text \(position)".utf8)))
    #expect(found.first?.entry?.commit == Bench.commit(1))
    var after = try bench.contents()
    after["membank:{b}:pack:\(Bench.pack(2).id)"] = nil
    #expect(after == before)
  }

  @Test("overwrites what the index, the merge base or an absorbed version says, and nothing else")
  func allowed() throws {
    let bench = try Bench()
    try bench.seed(("index.md", "one"), ("base.md", "one"), ("absorbed.md", "one"), ("gone.md", "one"))
    try bench.redis.run("SET", bench.document("base.md"), "base")
    try bench.redis.run("SET", bench.document("absorbed.md"), "foreign")
    try bench.redis.run("SET", bench.document("gone.md"), "edited")
    var updates = try ["index.md", "base.md", "absorbed.md"].map {
      try Bench.update($0, "two", commit: 2, allowed: ["base", "foreign"])
    }
    let refused = try bench.mirror.publish(Bench.publication(2, on: 1, updates + [try Bench.deletion("gone.md")]))
    #expect(refused.foreign?.map(\.path.description) == ["gone.md"])
    updates.append(try Bench.deletion("gone.md", allowed: ["edited"]))
    #expect(try bench.mirror.publish(Bench.publication(2, on: 1, updates)).head != nil)
    #expect(try bench.text("base.md") == "two")
    #expect(try bench.text("absorbed.md") == "two")
    #expect(try bench.text("gone.md") == nil)
    #expect(try bench.redis.run("HEXISTS", "membank:{b}:index", "gone.md") == .integer(0))
    #expect(try bench.immortal() == [])
  }

  @Test("finds no base in a document without an entry")
  func withoutEntry() throws {
    let bench = try Bench()
    try bench.seed()
    try bench.redis.run("SET", bench.document("new.md"), "theirs")
    let ours = Bench.publication(2, on: 1, [try Bench.update("new.md", "ours", commit: 2)])
    let found = try #require(try bench.mirror.publish(ours).foreign?.first)
    #expect(found.bytes == Array("theirs".utf8))
    #expect(found.entry == nil)
  }

  @Test(
    "changes nothing when a key has another type",
    arguments: [
      ["DEL", "SET", "head"], ["DEL", "SET", "index"], ["DEL", "SET", "changes"], ["DEL", "LPUSH", "doc:b.md"],
    ])
  func wrongType(step: [String]) throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"), ("b.md", "one"))
    let key = "membank:{b}:\(step[2])"
    try bench.redis.run(step[0], key)
    try bench.redis.run(step[1], key, "x")
    let before = try bench.contents()
    let updates = try ["a.md", "b.md", "c.md"].map { try Bench.update($0, "two", commit: 2) }
    do {
      let outcome = try bench.mirror.publish(Bench.publication(2, on: 1, updates))
      #expect(outcome == .leaseLost(.damaged("it is not a hash")))
      #expect(step[2] == "head")
    } catch {
      #expect(error.kind == .wrongType)
      #expect(error.operand == key)
    }
    #expect(try bench.contents() == before)

    // Out of the way, not lost, and not for ever.
    #expect(try bench.mirror.displace(key))
    let displaced = try #require(try bench.redis.run("KEYS", "membank:{b}:displaced:*").array?.first?.text)
    #expect(try bench.contents()[displaced] == before[key])
    #expect(try bench.redis.run("TTL", displaced).integer ?? 0 > 0)
    #expect(try bench.mirror.displace(bench.document("a.md")) == false)
    let expected = step[2] == "head" ? 0 : 1
    if step[2] == "index" {
      #expect(try bench.mirror.publish(Bench.publication(2, on: 1, updates)).foreign?.count == 2)
    } else {
      #expect(try bench.mirror.publish(Bench.publication(2, on: expected, updates)).head != nil)
    }
  }

  @Test(
    "numbers above the head, the last change and the caller",
    arguments: [(5, 3, 2, 6), (5, 9, 2, 10), (5, 3, 40, 41), (0, 0, 0, 1), (5, -1, 2, 6)])
  func seq(head: Int, change: Int, minimum: Int, expected: Int64) throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"))
    try bench.redis.run("HSET", "membank:{b}:head", "seq", "\(head)")
    if change >= 0 {
      try bench.redis.run("XADD", "membank:{b}:changes", "*", "seq", "\(change)", "op", "add")
    } else {
      try bench.redis.run("DEL", "membank:{b}:changes")
    }
    var publication = Bench.publication(2, on: 1, [try Bench.update("a.md", "two", commit: 2)])
    publication.minimumSeq = Int64(minimum)
    #expect(try bench.mirror.publish(publication).head?.seq == max(expected, change >= 0 ? expected : Int64(head) + 1))
    let last = try bench.redis.run("XREVRANGE", "membank:{b}:changes", "+", "-", "COUNT", "1").array?.first?.array?[1]
    #expect(last?.fields?[Array("seq".utf8)] == Array("\(expected)".utf8))
    #expect(try bench.immortal() == [])
  }

  @Test("starts the list of changes anew when a stranger used up its ids")
  func exhausted() throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"))
    try bench.redis.run("XADD", "membank:{b}:changes", "18446744073709551615-18446744073709551615", "seq", "x")
    let outcome = try bench.mirror.publish(Bench.publication(2, on: 1, [try Bench.update("a.md", "two", commit: 2)]))
    #expect(outcome.head?.seq == 2)
    #expect(try bench.redis.run("XLEN", "membank:{b}:changes") == .integer(1))
    #expect(try bench.text("a.md") == "two")
    #expect(try bench.immortal() == [])
  }

  @Test("adds to the list of changes whatever ids strangers have used")
  func foreignChanges() throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"))
    try bench.redis.run("XADD", "membank:{b}:changes", "*", "seq", "1", "op", "note")
    #expect(
      try bench.mirror.publish(Bench.publication(2, on: 1, [try Bench.update("a.md", "two", commit: 2)])).head != nil)
    #expect(try bench.redis.run("XLEN", "membank:{b}:changes") == .integer(3))
  }

  @Test("caps the list of changes")
  func cap() throws {
    let bench = try Bench(limits: MirrorLimits(changes: 100))
    let updates = try (0..<1000).map { try Bench.update("d\($0).md", "x") }
    #expect(try bench.mirror.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)]).head != nil)
    #expect(try bench.redis.run("XLEN", "membank:{b}:changes").integer ?? 0 <= 200)
    #expect(try bench.redis.run("HLEN", "membank:{b}:index") == .integer(1000))
  }

  @Test("keeps the TTL of a value that stands there already, unless it is short or missing")
  func keptTTL() throws {
    let bench = try Bench()
    try bench.seed(("long.md", "one"), ("short.md", "one"), ("none.md", "one"))
    try bench.redis.run("SET", bench.document("long.md"), "two", "EX", "999999")
    try bench.redis.run("SET", bench.document("short.md"), "two", "EX", "100")
    try bench.redis.run("SET", bench.document("none.md"), "two")
    let updates = try ["long.md", "short.md", "none.md"].map { try Bench.update($0, "two", commit: 2) }
    #expect(try bench.mirror.publish(Bench.publication(2, on: 1, updates)).head != nil)
    #expect(try bench.ttl("doc:long.md") > 999_000)
    #expect((86390...86400).contains(try bench.ttl("doc:short.md")))
    #expect((86390...86400).contains(try bench.ttl("doc:none.md")))
  }

  @Test("is refused whole by a server that is full or read-only")
  func full() throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"))
    let publication = Bench.publication(2, on: 1, [try Bench.update("a.md", "two", commit: 2)])
    let before = try bench.contents()
    try bench.redis.run("CONFIG", "SET", "maxmemory", "1")
    let full = #expect(throws: MirrorError.self) { try bench.mirror.publish(publication) }
    #expect(full?.redis?.kind == .outOfMemory)
    try bench.redis.run("CONFIG", "SET", "maxmemory", "0")
    try bench.redis.run("REPLICAOF", "127.0.0.1", "1")
    let readOnly = #expect(throws: MirrorError.self) { try bench.mirror.publish(publication) }
    #expect(readOnly?.redis?.kind == .readOnly)
    try bench.redis.run("REPLICAOF", "NO", "ONE")
    #expect(try bench.contents() == before)
    #expect(try bench.mirror.publish(publication).head != nil)
  }

  @Test(
    "is refused whole to a user who may not do all of it", .tags(.onlyRealServers),
    arguments: ["xadd", "hset", "set", "hdel", "expire"])
  func forbidden(command: String) throws {
    var options = RedisServer.Options()
    options.users = [
      "default on nopass ~* &* +@all", "u on >p ~membank:* resetchannels +@all", "w on >p ~membank:* +@all -\(command)",
    ]
    let bench = try Bench(options, user: "u")
    // A user without any channel publishes all the same.
    try bench.seed(("a.md", "one"))
    let other = Mirror(
      client: try bench.server.connect(as: "w"),
      keys: bench.keys, ttl: TTLPolicy(), limits: MirrorLimits(), random: FixedRandom())
    let before = try bench.contents()
    let failure = #expect(throws: MirrorError.self) {
      try other.publish(Bench.publication(2, on: 1, [try Bench.update("a.md", "two", commit: 2)]))
    }
    #expect(failure?.redis?.kind == .permission)
    #expect(try bench.contents() == before)
  }
}
