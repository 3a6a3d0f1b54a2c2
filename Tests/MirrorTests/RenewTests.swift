import Mirror
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("TTLs", .timeLimit(.minutes(15)), .servers(.redis, .rest, .simulated), .namingServer)
struct RenewProcessTests {
  @Test("are renewed below their threshold, and given to whatever has none")
  func renewed() throws {
    let bench = try Bench()
    var publication = Bench.publication(1, on: 0, try ["a.md", "b.md", "c.md"].map { try Bench.update($0, "one") })
    publication.cacheIndex = [1]
    _ = try bench.mirror.publish(publication, uploading: [Bench.pack(1)])
    try bench.mirror.upload([Bench.pack(2)])
    func set(_ key: String, _ seconds: Int) throws { try bench.redis.run("EXPIRE", "membank:{b}:\(key)", "\(seconds)") }
    try set("doc:a.md", 40_000)
    try set("doc:b.md", 80_000)
    try bench.redis.run("SET", bench.document("c.md"), "foreign")
    try set("head", 1000)
    try set("pack:\(Bench.pack(1).id)", 1000)
    try set("pack:\(Bench.pack(2).id)", 50)
    try bench.redis.run("SET", bench.document("stray.md"), "x", "EX", "30")
    try bench.redis.run("SET", bench.document("bad\u{1}name"), "x")
    try bench.redis.run("SADD", "membank:{b}:task:7", "x")
    try bench.redis.run("HSET", "membank:{b}:replica:other", "f", "v")
    try bench.redis.run("EXPIRE", "membank:{b}:replica:other", "20")
    try bench.redis.run("SET", "membank:{b}:snap:a.md:17", "x", "EX", "60")
    try bench.redis.run("SET", "membank:{bb}:doc:other-bank", "x")
    let before = try bench.contents()

    let report = try bench.mirror.renew(force: false)
    #expect(report.renewed == 3)
    #expect(report.adopted == [#"membank:{b}:doc:bad\x01name"#, "membank:{b}:doc:c.md", "membank:{b}:task:7"])
    #expect(try bench.contents() == before)
    #expect(try bench.immortal() == ["membank:{bb}:doc:other-bank"])
    #expect(try bench.mirror.keysWithoutTTL() == [])
    for (key, range) in [
      ("doc:a.md", 86_390...86_400), ("doc:b.md", 79_990...80_000), ("doc:c.md", 86_390...86_400),
      ("head", 2_591_990...2_592_000), ("pack:\(Bench.pack(1).id)", 2_591_990...2_592_000),
      // What is not ours to keep alive goes its way.
      ("pack:\(Bench.pack(2).id)", 40...50), ("doc:stray.md", 20...30), ("replica:other", 10...20),
      ("snap:a.md:17", 50...60), ("task:7", 86_390...86_400),
    ] as [(String, ClosedRange<Int64>)] {
      #expect(range.contains(try bench.ttl(key)), "\(key)")
    }
    let due = try #require(report.dueInSeconds)
    #expect((1...1800).contains(due))
    #expect(try bench.mirror.renew(force: false).renewed == 0)
    #expect(try bench.mirror.renew(force: true).renewed == 8)
    #expect(try bench.ttl("doc:b.md") > 86_000)
  }

  @Test("are spread by chance, and none is renewed too late")
  func jitter() throws {
    let bench = try Bench()
    let updates = try (0..<1200).map { try Bench.update("d\($0).md", "x") }
    _ = try bench.mirror.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)])
    for number in 0..<1200 { try bench.redis.run("EXPIRE", bench.document("d\(number).md"), "60000") }
    let first = try bench.mirror.renew(force: false)
    #expect((200...1000).contains(first.renewed))
    for number in 0..<1200 { try bench.redis.run("EXPIRE", bench.document("d\(number).md"), "51800") }
    #expect(try bench.mirror.renew(force: false).renewed == 1200)
  }

  /// Names keys the other way round.
  private final class ReversingClient: RedisClient {
    private let inner: any RedisClient

    init(_ inner: any RedisClient) { self.inner = inner }

    var address: String { inner.address }

    func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
      let replies = try inner.run(commands)
      return zip(commands, replies).map { command, reply in
        guard command.name == "SCAN", let page = reply.array, let names = page.last?.array else { return reply }
        return .array([page[0], .array(names.reversed())])
      }
    }

    func close() { inner.close() }
  }

  @Test("are drawn the same by the same numbers, however the server orders its keys")
  func drawnInOrder() throws {
    let bench = try Bench()
    let updates = try (0..<300).map { try Bench.update("d\($0).md", "x") }
    _ = try bench.mirror.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)])
    let renewed = try [bench.client as any RedisClient, ReversingClient(bench.client)].map { client in
      for number in 0..<300 { try bench.redis.run("EXPIRE", bench.document("d\(number).md"), "60000") }
      let mirror = Mirror(
        client: client, keys: bench.keys, ttl: TTLPolicy(), limits: MirrorLimits(), random: FixedRandom())
      _ = try mirror.renew(force: false)
      return try (0..<300).filter { try bench.ttl("doc:d\($0).md") > 70_000 }
    }
    #expect((50..<250).contains(renewed[0].count))
    #expect(renewed[0] == renewed[1])
  }

  @Test("follow the table of kinds and classes")
  func table() throws {
    let policy = TTLPolicy(
      classes: ["doc": 500, "task": 77, "huge": .max, "none": 0], kinds: ["task": "task", "index": "doc"])
    #expect(policy.document == 500 && policy.index == 500 && policy.head == 2_592_000)
    #expect(policy.seconds(forKind: "task") == 77)
    #expect(policy.seconds(forKind: "whatever") == 500)
    #expect(policy.classes["huge"] == 315_360_000 && policy.classes["none"] == 1)
    let bench = try Bench()
    bench.mirror.ttl = policy
    try bench.seed(("a.md", "one"))
    try bench.redis.run("SET", "membank:{b}:task:1", "x")
    _ = try bench.mirror.renew(force: false)
    #expect((490...500).contains(try bench.ttl("doc:a.md")))
    #expect((490...500).contains(try bench.ttl("index")))
    #expect((70...77).contains(try bench.ttl("task:1")))
  }

  @Test("are found missing by name, whatever the prefix holds")
  func missing() throws {
    let bench = try Bench()
    let keys = try MirrorKeys(prefix: "a*[x]?\\", project: "p")
    let mirror = Mirror(
      client: bench.client, keys: keys, ttl: TTLPolicy(), limits: MirrorLimits(), random: FixedRandom())
    try bench.redis.run("SET", "a*[x]?\\:{p}:x", "1")
    try bench.redis.run("SET", "abc[x]?\\:{p}:x", "1")
    try bench.redis.run("SET", "ax?\\:{p}:x", "1")
    #expect(try mirror.keysWithoutTTL() == ["a*[x]?\\:{p}:x"])
    #expect(try mirror.renew(force: false).adopted == ["a*[x]?\\:{p}:x"])
  }
}

@Suite("Presence", .timeLimit(.minutes(15)), .servers(.redis, .rest, .simulated), .namingServer)
struct PresenceProcessTests {
  @Test("is a hash that ends by itself")
  func heartbeat() throws {
    let bench = try Bench()
    try bench.redis.run("SET", "membank:{b}:replica:r1", "in the way")
    try bench.mirror.heartbeat(replica: "r1", fields: [("host", "h"), ("old", "x")])
    try bench.mirror.heartbeat(replica: "r1", fields: [("host", "h"), ("commit", "c")])
    try bench.mirror.heartbeat(replica: "r2", fields: [])
    let replicas = try bench.mirror.replicas()
    #expect(replicas.map(\.id) == ["r1", "r2"])
    #expect(replicas.first?.fields == ["host": "h", "commit": "c"])
    #expect((290...300).contains(try bench.ttl("replica:r1")))
    #expect(try bench.immortal() == [])
  }

  @Test("of versions is kept for the TTL of snapshots")
  func snapshots() throws {
    let bench = try Bench()
    try bench.mirror.snapshot([(try BankPath("a:b.md"), Array("text".utf8), 17)])
    #expect(try bench.redis.run("GET", "membank:{b}:snap:a:b.md:17").text == "text")
    #expect(try bench.immortal() == [])
  }
}

@Suite("A server", .timeLimit(.minutes(15)), .servers(.redis, .simulated), .namingServer)
struct ServerFactsProcessTests {
  @Test("tells about itself and announces foreign writes when asked")
  func notifications() throws {
    var options = RedisServer.Options()
    options.notifications = "El"
    let bench = try Bench(options)
    var facts = try bench.mirror.serverFacts()
    #expect(facts.version?.hasPrefix("7.") == true)
    #expect(facts.evictionPolicy == "noeviction")
    #expect(facts.notifications == "lE")
    #expect(!facts.announcesWrites)
    #expect(try bench.mirror.requestNotifications())
    facts = try bench.mirror.serverFacts()
    #expect(facts.announcesWrites)
    #expect(Set(facts.notifications ?? "").isSuperset(of: "El"))

    let keys = bench.keys
    let receive = try bench.server.listen(channels: [keys.events], patterns: keys.keyspacePatterns(database: 0))
    try bench.seed(("a.md", "one"))
    try bench.redis.run("SET", bench.document("b/ä.md"), "x", "EX", "90")
    try bench.redis.run("SET", bench.document("../up"), "x", "EX", "90")
    try bench.redis.run("DEL", "membank:{b}:head")
    var events: [MirrorEvent] = []
    while events.last != .headGone {
      events += try receive().compactMap { keys.event($0) }
    }
    #expect(
      events == [
        .document(try BankPath("a.md")), .published(Bench.commit(1)), .document(try BankPath("b/ä.md")), .unnamed,
        .headGone,
      ])
  }

  @Test("that may not be asked says nothing", .tags(.onlyRealServers))
  func silent() throws {
    var options = RedisServer.Options()
    options.users = ["default on nopass ~* &* +@all", "u on >p ~* &* +@all -info -config"]
    let bench = try Bench(options, user: "u")
    #expect(try bench.mirror.serverFacts() == ServerFacts())
    #expect(try bench.mirror.requestNotifications() == false)
  }
}

@Suite("A cluster", .timeLimit(.minutes(15)))
struct ClusterMirrorProcessTests {
  @Test("holds a bank like any other server")
  func bank() async throws {
    let cluster = try await RedisCluster()
    for project in ["a", "b", "c", "d"] {
      let router = try RedisRouter(cluster.address(of: 1))
      let keys = try MirrorKeys(prefix: "membank", project: project)
      let mirror = Mirror(
        client: router, keys: keys, ttl: TTLPolicy(), limits: MirrorLimits(), random: FixedRandom())
      let updates = try ["x.md", "y/z.md"].map { try Bench.update($0, "one") }
      let first = try mirror.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)])
      #expect(first.head?.seq == 1)
      let plain = try RedisRouter(cluster.address(of: 2))
      try plain.run("SET", "membank:{\(project)}:doc:new.md", "foreign")
      let other = Mirror(
        client: plain, keys: keys, ttl: TTLPolicy(), limits: MirrorLimits(), random: FixedRandom())
      let found = try other.inspect(nil, head: Bench.commit(1))
      #expect(found.foreign.map(\.path.description) == ["new.md"])
      #expect(found.index?.count == 2)
      #expect(try other.renew(force: false).adopted == ["membank:{\(project)}:doc:new.md"])
      #expect(try mirror.keysWithoutTTL() == [])
      try mirror.heartbeat(replica: "r", fields: [("host", "h")])
      #expect(try other.replicas().map(\.id) == ["r"])
    }
  }
}
