import Mirror
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Packs", .timeLimit(.minutes(15)), .servers(.redis, .rest, .simulated), .namingServer)
struct PackProcessTests {
  @Test("live an hour until they are listed, then as long as the head")
  func lifetimes() throws {
    let bench = try Bench()
    try bench.mirror.upload([1, 2].map(Bench.pack))
    for number in [1, 2] { #expect((3590...3600).contains(try bench.ttl("pack:\(Bench.pack(number).id)"))) }
    #expect(try bench.mirror.publish(Bench.publication(1, on: 0, packs: [1])).head != nil)
    #expect(try bench.ttl("pack:\(Bench.pack(1).id)") > 2_591_000)
    #expect((3590...3600).contains(try bench.ttl("pack:\(Bench.pack(2).id)")))

    // Uploading again shortens no listed one, neither alone nor with a publication.
    try bench.mirror.upload([1, 2].map(Bench.pack))
    #expect(try bench.ttl("pack:\(Bench.pack(1).id)") > 2_591_000)
    #expect((3590...3600).contains(try bench.ttl("pack:\(Bench.pack(2).id)")))
    let again = try bench.mirror.publish(
      Bench.publication(2, on: 1, packs: [1, 2]), uploading: [1, 2].map(Bench.pack))
    #expect(again.head != nil)
    for number in [1, 2] { #expect(try bench.ttl("pack:\(Bench.pack(number).id)") > 2_591_000) }
  }

  @Test("are fetched whole or not at all")
  func fetched() throws {
    let bench = try Bench()
    let binary = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let ids = [packID(binary)] + [1, 2, 3].map { Bench.pack($0).id }
    try bench.mirror.upload([(ids[0], binary), Bench.pack(1), Bench.pack(2)])
    try bench.redis.run("SET", "membank:{b}:pack:\(ids[1])", "damaged", "EX", "100")
    try bench.redis.run("DEL", "membank:{b}:pack:\(ids[2])")
    try bench.redis.run("HSET", "membank:{b}:pack:\(ids[2])", "f", "v")
    #expect(try bench.mirror.packs(ids) == [ids[0]: binary])
    #expect(try bench.mirror.packs(["../../x"]) == [:])
    #expect(try bench.mirror.missingPacks(ids) == [ids[2], ids[3]])
    // Whoever has the objects puts them back over what stands there.
    try bench.mirror.upload([Bench.pack(1), Bench.pack(2)])
    #expect(try bench.mirror.packs(Array(ids.prefix(3))).count == 3)
  }

  @Test("go up in parts when they are many or large, and still before the head that lists them")
  func parts() throws {
    let bench = try Bench(limits: MirrorLimits(uploadBytes: 50))
    let packs = (1...20).map(Bench.pack)
    let outcome = try bench.mirror.publish(Bench.publication(1, on: 0, packs: Array(1...20)), uploading: packs)
    #expect(outcome.head?.packs.count == 20)
    for pack in packs { #expect(try bench.ttl("pack:\(pack.id)") > 2_591_000) }
    #expect(bench.client.trips > 3)
  }

  @Test("are exchanged under the lease; old ones stay ten minutes, unlisted ones are not touched")
  func swap() throws {
    let bench = try Bench()
    let packs = (1...6).map(Bench.pack)
    _ = try bench.mirror.publish(Bench.publication(1, on: 0, packs: [1, 2, 3, 4]), uploading: Array(packs[..<4]))
    try bench.mirror.upload([packs[4], packs[5]])
    let ids = packs.map(\.id)
    let outcome = try bench.mirror.swapPacks(expected: Bench.commit(1), from: [ids[1], ids[2]], to: [ids[4]])
    guard case .swapped(let head) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(head.packs == [ids[0], ids[4], ids[3]])
    #expect(head.seq == 1)
    #expect(try bench.mirror.readHead() == .present(head))
    for id in [ids[0], ids[3], ids[4]] { #expect(try bench.ttl("pack:\(id)") > 2_591_000) }
    for id in [ids[1], ids[2]] { #expect((590...600).contains(try bench.ttl("pack:\(id)"))) }
    #expect((3590...3600).contains(try bench.ttl("pack:\(ids[5])")))
    #expect(Set(try bench.mirror.packs(ids).keys) == Set(ids))

    // The same exchange again, on another head, or with a pack that nobody uploaded.
    let before = try bench.contents()
    #expect(
      try bench.mirror.swapPacks(expected: Bench.commit(1), from: [ids[1]], to: [ids[5]]) == .headMoved(.present(head)))
    #expect(
      try bench.mirror.swapPacks(expected: Bench.commit(2), from: [ids[0]], to: [ids[5]]) == .headMoved(.present(head)))
    let absent = Bench.pack(9).id
    #expect(
      try bench.mirror.swapPacks(expected: Bench.commit(1), from: [ids[0]], to: [absent]) == .missingPacks([absent]))
    #expect(try bench.contents() == before)
  }

  @Test("of a list that a publication replaces are let go after ten minutes")
  func replaced() throws {
    let bench = try Bench()
    _ = try bench.mirror.publish(Bench.publication(1, on: 0, packs: [1, 2]), uploading: [1, 2].map(Bench.pack))
    try bench.mirror.upload([Bench.pack(5)])
    #expect(
      try bench.mirror.publish(Bench.publication(2, on: 1, packs: [2, 3]), uploading: [Bench.pack(3)]).head != nil)
    #expect((590...600).contains(try bench.ttl("pack:\(Bench.pack(1).id)")))
    #expect((3590...3600).contains(try bench.ttl("pack:\(Bench.pack(5).id)")))
    for number in [2, 3] { #expect(try bench.ttl("pack:\(Bench.pack(number).id)") > 2_591_000) }
    // A publisher that still had the old list brings the pack back for good.
    #expect(try bench.mirror.publish(Bench.publication(3, on: 2, packs: [1, 2, 3])).head != nil)
    #expect(try bench.ttl("pack:\(Bench.pack(1).id)") > 2_591_000)
  }
}

extension PackProcessTests {
  @Test("that are listed again before they were let go stay")
  func listedAgain() throws {
    let bench = try Bench()
    _ = try bench.mirror.publish(Bench.publication(1, on: 0, packs: [1, 2]), uploading: [1, 2].map(Bench.pack))
    let before = bench.client.trips
    bench.client.before = { (number: Int) throws -> Void in
      // After the publication, before what it let go of: another publisher lists the old pack again.
      guard number == before + 2 else { return }
      bench.client.before = nil
      #expect(try bench.mirror.publish(Bench.publication(3, on: 2, packs: [1, 2])).head != nil)
    }
    #expect(try bench.mirror.publish(Bench.publication(2, on: 1, packs: [2])).head != nil)
    #expect(bench.client.before == nil)
    #expect(try bench.ttl("pack:\(Bench.pack(1).id)") > 2_591_000)
  }
}

@Suite("A lost head", .timeLimit(.minutes(15)), .servers(.redis, .rest, .simulated), .namingServer)
struct LostHeadProcessTests {
  @Test("is replaced only while it is exactly the one seen")
  func replaced() throws {
    let bench = try Bench()
    let seen = try bench.seed(("a.md", "one"))
    try bench.redis.run("DEL", "membank:{b}:pack:\(Bench.pack(1).id)")
    let ours = Bench.publication(2, on: 9, packs: [2], [try Bench.update("a.md", "two", commit: 2)])
    var other = seen
    other.seq += 1
    #expect(try bench.mirror.replaceLostHead(seen: other, with: ours) == .leaseLost(.present(seen)))
    other = seen
    other.packs = [Bench.pack(3).id]
    #expect(try bench.mirror.replaceLostHead(seen: other, with: ours) == .leaseLost(.present(seen)))
    other = seen
    other.commit = Bench.commit(3)
    #expect(try bench.mirror.replaceLostHead(seen: other, with: ours) == .leaseLost(.present(seen)))
    #expect(try bench.mirror.replaceLostHead(seen: seen, with: ours) == .missingPacks([Bench.pack(2).id]))
    let outcome = try bench.mirror.replaceLostHead(seen: seen, with: ours, uploading: [Bench.pack(2)])
    #expect(outcome.head?.seq == 2)
    #expect(try bench.text("a.md") == "two")
    #expect(try bench.immortal() == [])
    // The second of two that noticed it comes too late.
    #expect(try bench.mirror.replaceLostHead(seen: seen, with: ours).head == nil)
  }

  @Test(
    "may be damaged instead",
    arguments: ["SET", "HSET x y", "HSET commit x", "HDEL packs", "HSET packs zz", "HDEL seq"])
  func damaged(step: String) throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"))
    let key = "membank:{b}:head"
    let words = step.split(separator: " ").map(String.init)
    if step == "SET" || step == "HSET x y" { try bench.redis.run("DEL", key) }
    try bench.redis.run(
      RedisCommand(([words[0], key] + (step == "SET" ? ["x"] : words.dropFirst())).map { Array($0.utf8) }))
    guard case .damaged = try bench.mirror.readHead() else {
      Issue.record("\(try bench.mirror.readHead())")
      return
    }
    let ours = Bench.publication(2, on: 1, [try Bench.update("a.md", "two", commit: 2)])
    #expect(try bench.mirror.publish(ours).head == nil)
    #expect(try bench.mirror.replaceDamagedHead(with: ours).head != nil)
    #expect(try bench.mirror.readHead().head?.commit == Bench.commit(2))
    #expect(try bench.immortal() == [])
    // A sound one is not replaced that way, nor an absent one, nor a newer one.
    #expect(try bench.mirror.replaceDamagedHead(with: ours).head == nil)
    try bench.redis.run("HSET", key, "schema", "2")
    try bench.redis.run("HDEL", key, "packs")
    #expect(try bench.mirror.replaceDamagedHead(with: ours) == .leaseLost(.newerSchema(2)))
    try bench.redis.run("DEL", key)
    #expect(try bench.mirror.replaceDamagedHead(with: ours) == .leaseLost(.absent))
  }
}
