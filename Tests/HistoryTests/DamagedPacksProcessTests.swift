import History
import Support
import Testing

@Suite("Damaged packs")
struct DamagedPacksProcessTests {
  let fixture: Fixture
  init() throws { fixture = try Fixture() }

  private func expectRefused(_ bytes: [UInt8], _ target: History, _ what: String) throws {
    do {
      try target.addPack(bytes)
      Issue.record("took a pack with \(what)")
    } catch { #expect(error.kind == .damaged, "\(what): \(error)") }
    #expect(try target.looseObjectCount == 0)
    #expect(names(in: target.directory + "/objects/pack").isEmpty)
    #expect(names(in: target.directory + "/objects") == ["info", "pack"])
  }

  @Test("are refused whole, wherever the damage is", arguments: [4, 150])
  func damage(count: Int) throws {
    let commits = try fixture.line(count)
    let good = try fixture.history.packs(from: commits[count - 1], excluding: [], limit: 8 << 20)[0].bytes
    let target = try History.create(at: fixture.place("target"))
    for length in [0, 1, 11, 12, 31, 32, good.count / 2, good.count - 21, good.count - 1] {
      try expectRefused(Array(good[..<length]), target, "\(length) bytes")
    }
    try expectRefused(good + [0], target, "a byte too many")
    try expectRefused([UInt8](repeating: 0, count: 5000), target, "zeros")
    var random = Seeded(3)
    for _ in 0..<60 {
      var bad = good
      bad[Int.random(in: 0..<bad.count, using: &random)] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
      try expectRefused(bad, target, "a flipped bit")
    }
    // With the checksum made right again: what is inside is checked too.
    for _ in 0..<150 {
      var bad = Array(good.dropLast(20))
      bad[Int.random(in: 4..<bad.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      if bad == good.dropLast(20) { continue }
      bad += try checksum(bad)
      // A change inside a blob's stream may give another sound blob: zlib's own checksum makes that unlikely.
      try expectRefused(bad, target, "a changed byte")
    }
  }

  private func checksum(_ bytes: [UInt8]) throws -> [UInt8] {
    let result = try Git.wait(fixture.git.start(["sha1sum"], input: bytes))
    return try #require(ObjectID(hex: String(result.text.prefix(40)))).bytes
  }

  @Test("whose trees and commits are nonsense are refused")
  func nonsense() throws {
    let source = try fixture.emptyRepository()
    for (kind, text) in [("tree", "not a tree"), ("commit", "not a commit"), ("commit", "tree 123\n\nx"), ("tag", "x")]
    {
      let id = try source("hash-object", "-t", kind, "-w", "--literally", "--stdin", input: Array(text.utf8)).lines[0]
      let pack = try source("pack-objects", "--stdout", input: Array("\(id)\n".utf8)).output
      let target = try History.create(at: fixture.place("target"))
      try expectRefused(pack, target, text)
    }
  }

  @Test("that claim to be gigabytes are refused before they are that")
  func bomb() throws {
    // A delta that would make half a gigabyte of a few bytes.
    let base: [UInt8] = [UInt8](repeating: 65, count: 100)
    var delta: [UInt8] = [100, 0x80, 0x80, 0x80, 0x80, 0x02]
    for _ in 0..<1000 { delta += [0x90, 100] }
    let target = try History.create(at: fixture.place("target"))
    let whole = try stored(base)
    let second = try stored(delta)
    var pack: [UInt8] = Array("PACK".utf8) + [0, 0, 0, 2, 0, 0, 0, 2]
    pack += [0xb4, 0x06] + whole
    let distance = whole.count + 2
    pack += [0xe0 | UInt8(delta.count & 15), UInt8(delta.count >> 4 & 0x7f) | 0x80, UInt8(delta.count >> 11)]
    if distance < 128 {
      pack += [UInt8(distance)]
    } else {
      pack += [UInt8((distance >> 7) - 1) | 0x80, UInt8(distance & 0x7f)]
    }
    pack += second
    try expectRefused(pack + checksum(pack), target, "a bomb")
  }

  /// The bytes as zlib stores them.
  private func stored(_ bytes: [UInt8]) throws -> [UInt8] {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    let count = UInt16(bytes.count)
    let head: [UInt8] = [
      0x78, 0x01, 1, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8),
    ]
    let check = b << 16 | a
    return head + bytes + (0..<4).map { UInt8(truncatingIfNeeded: check >> (24 - 8 * UInt32($0))) }
  }
}
