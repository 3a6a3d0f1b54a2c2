import Mirror
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("A glance", .timeLimit(.minutes(15)), .servers(.redis, .rest, .simulated), .namingServer)
struct GlanceProcessTests {
  static let steps: [(String, @Sendable (Bench) throws -> Void)] = [
    ("a foreign write of the same length", { try $0.redis.run("SET", $0.document("a.md"), "two") }),
    // Not quite the usual TTL: written in the same millisecond as ours, it would end in the same one.
    ("one with a TTL", { try $0.redis.run("SET", $0.document("a.md"), "two", "EX", "86000") }),
    ("one that keeps the TTL", { try $0.redis.run("SET", $0.document("a.md"), "three", "KEEPTTL") }),
    ("an append", { try $0.redis.run("APPEND", $0.document("a.md"), "x") }),
    ("a new document", { try $0.redis.run("SET", $0.document("new.md"), "two") }),
    ("a lost document", { try $0.redis.run("DEL", $0.document("a.md")) }),
    ("another type", { _ = try $0.redis.run([["DEL", $0.document("a.md")], ["LPUSH", $0.document("a.md"), "x"]]) }),
    ("a lost entry", { try $0.redis.run("HDEL", "membank:{b}:index", "a.md") }),
    ("a lost head", { try $0.redis.run("DEL", "membank:{b}:head") }),
    ("a publication", { _ = try $0.mirror.publish(Bench.publication(2, on: 1)) }),
    ("a flush", { try $0.redis.run("FLUSHALL") }),
  ]

  @Test("changes when the bank does", arguments: steps.indices)
  func changes(index: Int) throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"), ("b.md", "one"))
    let before = try #require(try bench.mirror.glance())
    #expect(try bench.mirror.glance() == before)
    try Self.steps[index].1(bench)
    #expect(try bench.mirror.glance() != before, "\(Self.steps[index].0)")
  }

  @Test("takes a bank of any size, the empty one too")
  func sizes() throws {
    let bench = try Bench()
    #expect(try bench.mirror.glance() == bench.mirror.glance())
    let updates = try (0..<2500).map { try Bench.update("d\($0).md", "x") }
    _ = try bench.mirror.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)])
    let before = try bench.mirror.glance()
    try bench.redis.run("SET", bench.document("d2499.md"), "y", "EX", "86000")
    #expect(try bench.mirror.glance() != before)
  }
}
