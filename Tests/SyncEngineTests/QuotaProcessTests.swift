import Mirror
import RedisTransport
import Support
import TestSupport
import Testing

@testable import SyncEngine

/// What a bank costs at a remote that bills each command, by the meter of the stand-in.
@Suite("A remote that bills each command", .timeLimit(.minutes(15)))
struct QuotaProcessTests {
  private let standIn: UpstashStandIn
  private let redis: RedisConnection

  init() throws {
    let server = try RedisServer()
    redis = try RedisConnection(server.address)
    standIn = try UpstashStandIn(server)
  }

  /// A replica whose bank is mirrored.
  private func replica(documents: Int, quota: QuotaSettings = QuotaSettings()) throws -> TestReplica {
    let replica = try TestReplica(standIns: [standIn], quota: quota)
    for number in 0..<documents { try replica.write("note-\(number).md", "# Note \(number)\n") }
    try replica.pass()
    return replica
  }

  private func hours(_ number: Int64, after replica: TestReplica) -> Int64 {
    replica.clock.monotonicNanoseconds + number * 3_600_000_000_000
  }

  private func spent(_ replica: TestReplica) -> Int64 { replica.engine.quotaReport(0)?.spent ?? -1 }

  @Test("costs an idle bank of 50 documents less than a fifth of a free plan in a month")
  func idleMonth() throws {
    let replica = try replica(documents: 50)
    #expect(spent(replica) == (try standIn.billed()))
    // From the first moment of a month on.
    replica.clock.advance(seconds: 1_751_328_000 - replica.clock.wallMilliseconds / 1000)
    #expect(replica.engine.quotaReport(0)?.month == "2025-07" && spent(replica) == 0)
    try standIn.resetMeter()
    var calls: [String: Int] = [:]
    try replica.live(until: hours(30 * 24, after: replica)) { call in
      calls[String("\(call)".prefix { $0.isLetter }), default: 0] += 1
    }
    let (billed, counted) = (try standIn.billed(), spent(replica))
    #expect(billed < 100_000 && billed > 10_000, "\(billed): \(calls)")
    #expect(abs(counted - billed) * 50 <= billed, "counted \(counted), billed \(billed)")
    // It did look, renew, and give signs of life meanwhile.
    #expect(calls["look"] ?? 0 > 6000 && calls["renew"] ?? 0 > 60 && calls["heartbeat"] ?? 0 > 1600, "\(calls)")
    #expect(replica.engine.isInSync(0))
    #expect(replica.engine.quotaReport(0).map { $0.projected < 100_000 && $0.stretch == 1 } == true)
  }

  @Test(
    "bills a save no more than it must",
    arguments: [
      (["note-1.md": "changed\n"], 12), (["new.md": "new\n"], 12), (["note-1.md": "1\n", "note-2.md": "2\n"], 16),
      (["note-1.md": "1\n", "a.md": "a\n", "b.md": "b\n"], 20),
      (Dictionary(uniqueKeysWithValues: (0..<40).map { ("note-\($0).md", "changed \($0)\n") }), 12 + 39 * 4),
    ] as [([String: String], Int64)])
  func saves(files: [String: String], most: Int64) throws {
    let replica = try replica(documents: 50)
    // So that the server knows the script, as it does but for the very first time.
    try replica.write("note-0.md", "first\n")
    try replica.pass()
    for (name, text) in files { try replica.write(name, text) }
    try replica.engine.captureEverything()
    try standIn.resetMeter()
    var published = 0
    try replica.live(until: replica.clock.monotonicNanoseconds + 1) { call in
      if case .publish = call { published += 1 } else { Issue.record("\(call)") }
    }
    #expect(published == 1)
    let state = try standIn.control()
    let billed = state["meter"]?["billed"]?.integer ?? .max
    #expect(billed <= most && billed > 4, "\(state["meter"]?.rendered() ?? "")")
    for (name, text) in files { #expect(try redis.text("membank:{test}:doc:\(name)") == text) }
    try redis.expectEveryKeyHasTTL()
  }

  @Test("is looked at often after something happened, ever more rarely when nothing does")
  func pace() throws {
    let replica = try replica(documents: 3)
    var looks: [Int64] = []
    let start = replica.clock.monotonicNanoseconds
    try replica.live(until: hours(3, after: replica)) { call in
      switch call {
      case .look, .inspect: looks.append((replica.clock.monotonicNanoseconds - start) / 1_000_000_000)
      default: break
      }
    }
    let gaps = zip(looks, looks.dropFirst()).map { $1 - $0 }
    #expect(looks.first.map { $0 <= 19 } == true)
    // The rare look at all names comes in between, and counts as one.
    let quiet = gaps.suffix(10)
    #expect(gaps.prefix(2).allSatisfy { $0 <= 75 } && quiet.allSatisfy { $0 <= 376 }, "\(gaps)")
    #expect(quiet.reduce(0, +) > 2000, "\(gaps)")
    // With jitter: no two gaps are alike for long.
    #expect(Set(quiet).count > 5)
    // A foreign write is found by the next look, and makes looks frequent again.
    _ = try redis.run("SET", "membank:{test}:doc:note-1.md", "foreign\n", "EX", "9999")
    looks = []
    try replica.live(until: hours(1, after: replica)) { call in
      if case .look = call { looks.append(replica.clock.monotonicNanoseconds / 1_000_000_000) }
    }
    #expect(try replica.text("note-1.md") == "foreign\n")
    #expect(zip(looks, looks.dropFirst()).map { $1 - $0 }.prefix(3).contains { $0 <= 19 })
  }

  @Test("brings back what was lost, and takes in what nobody expected")
  func losses() throws {
    let replica = try replica(documents: 3)
    try replica.live(until: hours(2, after: replica))
    _ = try redis.run("DEL", "membank:{test}:doc:note-2.md")
    try replica.live(until: hours(1, after: replica))
    #expect(try redis.text("membank:{test}:doc:note-2.md") == "# Note 2\n")
    // A new name is found by the rare look at all names, as is the loss of the index.
    _ = try redis.run("SET", "membank:{test}:doc:new.md", "new\n", "EX", "9999")
    _ = try redis.run("DEL", "membank:{test}:index")
    try replica.live(until: hours(2, after: replica))
    #expect(try replica.text("new.md") == "new\n")
    #expect(try redis.run("HLEN", "membank:{test}:index").integer == 4)
    _ = try redis.run("FLUSHALL")
    try replica.live(until: hours(1, after: replica))
    #expect(try redis.text("membank:{test}:doc:new.md") == "new\n" && replica.engine.isInSync(0))
    try redis.expectEveryKeyHasTTL()
  }

  @Test("keeps every TTL from running out, whatever its class")
  func lifetimes() throws {
    let replica = try replica(documents: 3)
    // When each key's TTL was last written, in seconds of the clock.
    var renewed: [String: Int64] = [:]
    var longest: [String: Int64] = [:]
    func now() -> Int64 { replica.clock.monotonicNanoseconds / 1_000_000_000 }
    let kinds = ["doc:note-1.md", "head", "index", "changes", "cache:memory-bank:index", "replica:one"]
    for kind in kinds { renewed[kind] = now() }
    for _ in 0..<(24 * 3) {
      // The server's own clock stands still: what it shortens is what the daemon has written.
      for kind in kinds { _ = try redis.run("EXPIRE", "membank:{test}:\(kind)", "1000000000") }
      try replica.live(until: hours(1, after: replica))
      for kind in kinds {
        if try redis.run("TTL", "membank:{test}:\(kind)").integer ?? 0 < 900_000_000 { renewed[kind] = now() }
        longest[kind] = max(longest[kind] ?? 0, now() - (renewed[kind] ?? 0))
      }
    }
    #expect(longest["doc:note-1.md"] ?? .max <= 43_200 && longest["head"] ?? .max <= 43_200, "\(longest)")
    #expect(longest["cache:memory-bank:index"] ?? .max <= 3600 && longest["replica:one"] ?? .max <= 3600, "\(longest)")
  }

  @Test("is asked ever more rarely as the budget goes, and versions are made all the same")
  func exhausted() throws {
    let replica = try replica(documents: 3, quota: QuotaSettings(budget: 2000))
    replica.engine.noteSpending(0, 1900)
    try replica.live(until: hours(1, after: replica))
    try standIn.resetMeter()
    try replica.write("note-1.md", "one\n")
    try replica.engine.captureEverything()
    try replica.live(until: hours(1, after: replica))
    #expect(try redis.text("membank:{test}:doc:note-1.md") == "one\n")
    let hour = try standIn.billed()
    // Saves that follow at once wait for each other, and go out together.
    for number in 0..<10 {
      try replica.write("note-2.md", "\(number)\n")
      try replica.engine.captureEverything()
      try replica.live(until: replica.clock.monotonicNanoseconds + 10_000_000_000)
    }
    #expect(try replica.text("note-2.md") == "9\n" && replica.log.count >= 11)
    #expect(try redis.text("membank:{test}:doc:note-2.md") != "9\n")
    try replica.live(until: hours(1, after: replica))
    #expect(try redis.text("membank:{test}:doc:note-2.md") == "9\n")
    #expect(hour < 60, "\(hour)")
    #expect(replica.engine.quotaReport(0).map { $0.stretch > 10 } == true)
    // Somebody who waits for it gets it at once.
    try replica.write("note-0.md", "now\n")
    try replica.engine.captureEverything()
    replica.engine.hurry()
    try replica.live(until: replica.clock.monotonicNanoseconds + 1)
    #expect(try redis.text("membank:{test}:doc:note-0.md") == "now\n")
  }

  @Test("is not renewed again by a run that follows soon, nor asked for a mark that it hasn't")
  func restarts() throws {
    let replica = try replica(documents: 50)
    var calls: [String] = []
    replica.intercept = { call in
      calls.append(String("\(call)".prefix { $0.isLetter }))
      return nil
    }
    replica.clock.advance(seconds: 60)
    replica.memories = [replica.engine.memory(of: 0)]
    try replica.pass()
    #expect(Set(calls).isDisjoint(with: ["renew", "mark", "publish", "project"]), "\(calls)")
    replica.clock.advance(seconds: 12 * 3600)
    try replica.pass()
    #expect(calls.contains("renew"), "\(calls)")
  }
}
