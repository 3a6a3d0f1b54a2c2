import Mirror
import RedisTransport
import Support
import TestSupport
import Testing

/// A way of changing the mirror, as the engine does it; repeated until an answer comes.
struct Deed: Sendable, CustomTestStringConvertible {
  let name: String
  let perform: @Sendable (Mirror) throws -> Void
  var testDescription: String { name }
}

private let documents: @Sendable () throws -> [DocumentUpdate] = {
  [
    try Bench.update("a.md", "two", commit: 2), try Bench.update("new.md", "new", commit: 2),
    try Bench.deletion("gone.md"),
  ]
}

private let deeds: [Deed] = [
  Deed(name: "publish") { mirror in
    let publication = Bench.publication(2, on: 1, packs: [1, 2], try documents())
    switch try mirror.publish(publication, uploading: [Bench.pack(2)]) {
    case .published: break
    // What an attempt did whose answer was lost: the head is the one that was to be.
    case .leaseLost(.present(let head)) where head.commit == Bench.commit(2): break
    case let other: throw Unexpected(outcome: "\(other)")
    }
  },
  Deed(name: "project") { mirror in
    let projection = Projection(head: Bench.commit(1), documents: try documents(), completes: true)
    guard try mirror.project(projection) == .done else { throw Unexpected(outcome: "not projected") }
  },
  Deed(name: "upload and swap packs") { mirror in
    try mirror.upload([Bench.pack(3)])
    switch try mirror.swapPacks(expected: Bench.commit(1), from: [Bench.pack(1).id], to: [Bench.pack(3).id]) {
    case .swapped: break
    case .headMoved(.present(let head)) where head.packs == [Bench.pack(3).id]: break
    case let other: throw Unexpected(outcome: "\(other)")
    }
  },
  Deed(name: "renew") { _ = try $0.renew(force: true) },
  Deed(name: "heartbeat") { try $0.heartbeat(replica: "r", fields: [("host", "h")]) },
  Deed(name: "displace") { mirror in
    // What was moved aside is out of the way for the second attempt.
    _ = try mirror.displace("membank:{b}:doc:list.md")
  },
  Deed(name: "replace a lost head") { mirror in
    guard case .present(let seen) = try mirror.readHead(), seen.commit == Bench.commit(1) else { return }
    _ = try mirror.replaceLostHead(
      seen: seen, with: Bench.publication(2, on: 1, packs: [2], try documents()), uploading: [Bench.pack(2)])
  },
]

private let faults: [(String, JSONValue)] = [
  ("the answer is lost", ["kind": "drop-after"]), ("the answer is cut off", ["kind": "truncate"]),
  ("the request is lost", ["kind": "drop-before"]),
  ("a gateway answers", ["kind": "status", "status": 502, "body": "<html>Bad Gateway</html>"]),
  ("the server is being upgraded", ["kind": "error", "error": "upgrade"]),
]

@Suite("A lost reply", .timeLimit(.minutes(15)))
struct LostReplyProcessTests {
  @Test("leads to what the reply would have, whichever of the requests it was", arguments: deeds, faults.indices)
  func lost(deed: Deed, fault: Int) throws {
    let wanted = try outcome { try deed.perform($0.mirror) }
    for position in 0..<6 {
      var wasMet = false
      let found = try outcome { bench in
        let (name, fault) = faults[fault]
        let members = [JSONMember("after", .integer(Int64(position)))] + (fault.members ?? [])
        try bench.standIn?.fail(.object(members))
        for attempt in 0..<4 {
          do throws(MirrorError) {
            try attempted(deed, bench)
            if attempt > 0 { wasMet = true }
            return
          } catch {
            #expect(error.redis?.isTransient == true, "\(name): \(error)")
          }
        }
        Issue.record("\(deed.name), \(name) at request \(position): does not get through")
      }
      #expect(found == wanted, "\(faults[fault].0) at request \(position)")
      // There was no such request any more.
      if !wasMet { break }
    }
  }

  private func attempted(_ deed: Deed, _ bench: Bench) throws(MirrorError) {
    do { try deed.perform(bench.mirror) } catch let error as MirrorError { throw error } catch {
      Issue.record(error)
    }
  }

  /// What stands in the server after something was done to a bank, but for ids and times that are never the same.
  private func outcome(_ act: (Bench) throws -> Void) throws -> [String: String] {
    try ServerKind.$current.withValue(.rest) {
      let bench = try Bench(clock: FixedClock())
      try bench.seed(("a.md", "one"), ("b.md", "one"), ("gone.md", "one"))
      try bench.redis.run("RPUSH", bench.document("list.md"), "x")
      try bench.redis.run("EXPIRE", bench.document("list.md"), "1000")
      try act(bench)
      var contents: [String: String] = [:]
      for (key, digest) in try bench.contents() where key != "membank:{b}:changes" {
        contents[key.replacing(/displaced:\d+:[0-9a-f]+/, with: "displaced")] = digest
      }
      let changes = try bench.redis.run("XRANGE", "membank:{b}:changes", "-", "+").array ?? []
      for (index, entry) in changes.enumerated() { contents["change \(index)"] = "\(entry.array?.last ?? .null)" }
      #expect(try bench.immortal() == [])
      return contents
    }
  }
}

/// A clock that stands.
final class FixedClock: Clock {
  let wallMilliseconds: Int64 = 1_750_000_000_000
  let monotonicNanoseconds: Int64 = 1_000_000_000
}

@Suite("Over REST", .timeLimit(.minutes(15)))
struct RestMirrorProcessTests {
  @Test("packs of any size and bytes go both ways, also where a reply may not hold a whole one")
  func packs() throws {
    try ServerKind.$current.withValue(.rest) {
      let bench = try Bench()
      var bytes = [UInt8](repeating: 0, count: 5_000_000)
      for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 2_654_435_761 >> 7) }
      let pack = (id: packID(bytes), bytes: bytes)
      try bench.mirror.upload([pack, Bench.pack(1)])
      #expect(
        try bench.mirror.packs([pack.id, Bench.pack(1).id]) == [pack.id: bytes, Bench.pack(1).id: Bench.pack(1).bytes])
      try bench.standIn?.control(["limits": ["request_size": 4_500_000]])
      #expect(try bench.mirror.packs([pack.id]) == [pack.id: bytes])
      #expect(try bench.mirror.packSizes([pack.id]) == [pack.id: bytes.count])
    }
  }

  @Test("a stranger's key whose name is no text keeps nothing else from being renewed")
  func binaryKeys() throws {
    try ServerKind.$current.withValue(.rest) {
      let bench = try Bench()
      try bench.seed(("a.md", "one"))
      let name = Array("membank:{b}:doc:".utf8) + [0xff]
      try bench.redis.run(RedisCommand([Array("SET".utf8), name, Array("x".utf8)]))
      try bench.redis.run("EXPIRE", bench.document("a.md"), "50")
      let report = try bench.mirror.renew(force: false)
      #expect(report.adopted == [#"membank:{b}:doc:\xff"#])
      #expect(try bench.ttl("doc:a.md") > 86_000)
      #expect(try bench.mirror.keysWithoutTTL() == [])
      #expect(try bench.mirror.inspect(nil, head: nil).problems.count == 1)
    }
  }

  @Test("the server tells what Upstash tells of itself, and no more")
  func facts() throws {
    try ServerKind.$current.withValue(.rest) {
      let bench = try Bench()
      let facts = try bench.mirror.serverFacts()
      #expect(facts.version == "8.2.0")
      #expect(facts.notifications == "")
      #expect(try bench.mirror.mark() == nil)
      #expect(try bench.mirror.requestNotifications())
      #expect(try bench.mirror.serverFacts().announcesWrites)
    }
  }
}
