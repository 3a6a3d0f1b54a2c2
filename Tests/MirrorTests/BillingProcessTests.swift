import RedisTransport
import Support
import TestSupport
import Testing

@testable import Mirror

/// What a client counts, against the meter of the stand-in, which reads the server's own statistics.
@Suite("What is billed", .timeLimit(.minutes(15)))
struct BillingProcessTests {
  private let standIn: UpstashStandIn
  private let redis: RedisServer
  private let meter: CommandMeter

  init() throws {
    redis = try RedisServer()
    standIn = try UpstashStandIn(redis)
    meter = CommandMeter()
  }

  private func mirror(_ meter: CommandMeter? = nil) throws -> Mirror {
    Mirror(
      client: MeteredClient(try standIn.client(), meter ?? self.meter),
      keys: try MirrorKeys(prefix: "membank", project: "b"), ttl: TTLPolicy().metered,
      limits: MirrorLimits(billsCommands: true), random: FixedRandom())
  }

  /// Every operation of a mirror, in an order that makes sense; also with what makes them refuse.
  private func work(_ mirror: Mirror, after each: (String) throws -> Void) throws {
    let updates = try (0..<30).map { try Bench.update("d\($0).md", "text \($0)") }
    _ = try mirror.readHead()
    try each("head")
    _ = try mirror.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)])
    try each("first publication")
    _ = try mirror.publish(
      Bench.publication(2, on: 1, packs: [1, 2], [try Bench.update("d1.md", "new", commit: 2, allowed: ["text 1"])]),
      uploading: [Bench.pack(2)])
    try each("publication")
    _ = try mirror.publish(Bench.publication(3, on: 1, packs: [1, 3], updates), uploading: [Bench.pack(3)])
    try each("lost lease")
    _ = try mirror.inspect(nil, head: Bench.commit(2))
    try each("inspection")
    _ = try mirror.look([ExpectedDocument(path: try BankPath("d1.md"), bytes: [1])], head: Bench.commit(2))
    try each("look")
    _ = try mirror.project(Projection(head: Bench.commit(2), documents: updates, completes: true))
    try each("projection")
    _ = try mirror.renew(force: true)
    try each("forced renewal")
    _ = try mirror.renew(force: false)
    try each("renewal")
    try mirror.heartbeat(replica: "r", fields: [("host", "h")])
    try each("heartbeat")
    _ = try mirror.swapPacks(expected: Bench.commit(2), from: [Bench.pack(1).id], to: [Bench.pack(2).id])
    try each("swap")
    _ = try mirror.missingPacks([Bench.pack(1).id, Bench.pack(2).id])
    _ = try mirror.serverFacts()
    _ = try mirror.replicas()
    try each("facts")
    _ = try redis.run("DEL", "membank:{b}:doc:d2.md")
    _ = try redis.run("LPUSH", "membank:{b}:doc:d2.md", "x")
    _ = try mirror.displace("membank:{b}:doc:d2.md")
    try each("displacing")
  }

  @Test("is counted exactly, whatever is done")
  func counts() throws {
    try work(try mirror()) { deed in
      let (counted, billed) = (meter.take(), try standIn.billed())
      #expect(counted == billed, "\(deed): counted \(counted), billed \(billed)")
      try standIn.resetMeter()
    }
    // A server that has forgotten its scripts, and one that never knew them.
    _ = try redis.run("SCRIPT", "FLUSH")
    try mirror().heartbeat(replica: "r", fields: [("host", "h")])
    #expect(meter.take() == (try standIn.billed()))
  }

  @Test("counts writes once for each region")
  func regions() throws {
    let state = try standIn.control()
    _ = try standIn.control(["read_regions": 2])
    let meter = CommandMeter(readRegions: 2)
    try work(try mirror(meter)) { deed in
      let (counted, billed) = (meter.take(), try standIn.billed())
      #expect(counted == billed, "\(deed): counted \(counted), billed \(billed)")
      try standIn.resetMeter()
    }
    #expect(state["meter"]?["billed"] == 0)
  }

  @Test("leaves all as it is without counting")
  func sameResults() throws {
    func result(_ client: any RedisClient) throws -> [String] {
      let mirror = Mirror(
        client: client, keys: try MirrorKeys(prefix: "membank", project: "b"), ttl: TTLPolicy(),
        limits: MirrorLimits(), random: FixedRandom(), clock: StillClock())
      let updates = try (0..<5).map { try Bench.update("d\($0).md", "text \($0)") }
      let outcomes = [
        try mirror.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)]),
        try mirror.publish(Bench.publication(2, on: 1, [try Bench.update("d1.md", "x", commit: 2)])),
        try mirror.publish(Bench.publication(2, on: 1, packs: [7])),
        try mirror.publish(Bench.publication(3, on: 1, [try Bench.update("d2.md", "y", commit: 3)])),
      ]
      return outcomes.map { "\($0)" } + [
        "\(try mirror.look([ExpectedDocument(path: try BankPath("d1.md"), bytes: [1])], head: Bench.commit(2)))",
        "\(try mirror.renew(force: true))",
      ]
    }
    let (one, other) = (try RedisServer(), try RedisServer())
    let plain = try result(try one.connect())
    #expect(try result(MeteredClient(try other.connect(), CommandMeter())) == plain)
    #expect(try result(MeteredClient(try standIn.client(), CommandMeter())) == plain)
    #expect(plain.count == 6 && plain[0].hasPrefix("published") && plain[3].hasPrefix("leaseLost"), "\(plain)")
  }

  @Test("of packs leaves none behind that a lost lease was to list")
  func lostLease() throws {
    let mirror = try mirror()
    _ = try mirror.publish(Bench.publication(1, on: 0), uploading: [Bench.pack(1)])
    _ = try mirror.publish(Bench.publication(3, on: 2, packs: [1, 3]), uploading: [Bench.pack(3)])
    #expect(try redis.run("TTL", "membank:{b}:pack:\(Bench.pack(3).id)").integer ?? .max <= 600)
    #expect(try redis.run("TTL", "membank:{b}:pack:\(Bench.pack(1).id)").integer ?? 0 > 2_000_000)
  }

  private final class StillClock: Clock {
    let wallMilliseconds: Int64 = 1_700_000_000_000
    let monotonicNanoseconds: Int64 = 0
  }

  /// Refuses scripts that would read more than some documents at once, as a server does whose commands are bounded.
  private final class Narrow: RedisClient {
    let inner: any RedisClient
    let most: Int
    init(_ inner: any RedisClient, most: Int) { (self.inner, self.most) = (inner, most) }
    var address: String { inner.address }
    func close() { inner.close() }
    func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
      let replies = try inner.run(commands)
      return zip(commands, replies).map { command, reply in
        guard command.name.hasPrefix("EVAL"), Int(String(decoding: command.arguments[2], as: UTF8.self)) ?? 0 > most + 2
        else { return reply }
        return .error("ERR max request size exceeded. Limit: 10485760 bytes, Actual: 11245919 bytes")
      }
    }
  }

  @Test("and bounded is read in smaller parts", arguments: [1, 3, 16])
  func narrow(most: Int) throws {
    let mirror = Mirror(
      client: Narrow(try redis.connect(), most: most), keys: try MirrorKeys(prefix: "membank", project: "b"),
      ttl: TTLPolicy(), limits: MirrorLimits(), random: FixedRandom())
    let wide = try self.mirror()
    let updates = try (0..<40).map { try Bench.update("d\($0).md", "text \($0)") }
    _ = try wide.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)])
    _ = try redis.run("SET", "membank:{b}:doc:d7.md", "foreign")
    let found = try mirror.inspect(nil, head: Bench.commit(1))
    #expect(found == (try wide.inspect(nil, head: Bench.commit(1))))
    #expect(found.foreign.map(\.path.description) == ["d7.md"] && found.index?.count == 40)
    // What can't be looked at as a whole is inspected.
    let expected = try (0..<40).map {
      ExpectedDocument(path: try BankPath("d\($0).md"), bytes: Array("text \($0)".utf8))
    }
    #expect(try mirror.look(expected, head: Bench.commit(1)) == .here(differing: expected.map(\.path)))
    #expect(try wide.look(expected, head: Bench.commit(1)) == .here(differing: [try BankPath("d7.md")]))
    guard case .moved(.present(let head)) = try wide.look(expected, head: Bench.commit(2)) else {
      Issue.record("not moved")
      return
    }
    #expect(head.commit == Bench.commit(1))
  }
}
