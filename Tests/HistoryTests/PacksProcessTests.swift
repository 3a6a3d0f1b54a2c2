import History
import Support
import Testing

@Suite("Packs, as git takes them")
struct PacksProcessTests {
  let fixture: Fixture
  init() throws { fixture = try Fixture() }

  /// Gives packs to git in an empty repository, each on its own, and has it check the whole.
  private func rebuild(_ packs: [Pack], tip: ObjectID, _ name: String = "other.git") throws -> Git {
    let other = try fixture.emptyRepository(name)
    for pack in packs {
      #expect(pack.id == String(sha256(pack.bytes).prefix(40)))
      try other("index-pack", "--stdin", "--strict", input: pack.bytes)
    }
    try other("update-ref", "refs/heads/main", tip.description)
    #expect(try other.complaints() == "")
    return other
  }

  @Test("rebuild a history in an empty repository", arguments: [1, 5, 8, 60])
  func rebuilding(count: Int) throws {
    let commits = try fixture.line(count)
    let tip = commits[count - 1]
    let packs = try fixture.history.packs(from: tip, excluding: [], limit: 8 << 20)
    #expect(packs.count == 1)
    let other = try rebuild(packs, tip: tip)
    try fixture.history.forceRef("refs/heads/main", to: tip)
    #expect(
      try other("rev-list", "--objects", "main").lines.sorted()
        == fixture.git("rev-list", "--objects", "main").lines.sorted())
    #expect(
      try other("cat-file", "--batch-all-objects", "--batch-check").output
        == fixture.git("cat-file", "--batch-all-objects", "--batch-check").output)
    // The objects, unpacked by git one by one, are complete without ours.
    let loose = try fixture.emptyRepository("loose.git")
    try loose("unpack-objects", "--strict", input: packs[0].bytes)
    #expect(try loose("fsck", "--strict", "--full").status == 0)
  }

  @Test("hold what is new, and no more")
  func excluding() throws {
    let commits = try fixture.line(12)
    let packs = try fixture.history.packs(from: commits[11], excluding: [commits[10]], limit: 8 << 20)
    let other = try rebuild(fixture.history.packs(from: commits[10], excluding: [], limit: 8 << 20), tip: commits[10])
    try other("index-pack", "--stdin", "--strict", input: packs[0].bytes)
    try other("update-ref", "refs/heads/main", commits[11].description)
    #expect(try other.complaints() == "")
    // A commit, two trees, a blob.
    #expect(packs.count == 1)
    #expect(packs[0].bytes[8..<12] == [0, 0, 0, 4])
    #expect(try fixture.history.packs(from: commits[3], excluding: [commits[9]], limit: 1000).isEmpty)
  }

  @Test("are split under the limit, each on its own feet", arguments: [(4, 4_000), (40, 3_000), (40, 900)])
  func splitting(count: Int, limit: Int) throws {
    var commits = try fixture.line(count)
    var random = Seeded(7)
    // Bytes that don't compress, some of them too many for one pack.
    var files: [String: String?] = [:]
    for index in 0..<20 {
      let words = (0..<(index == 3 ? 900 : 60)).map { _ in String(random.next(), radix: 36) }
      files["random/\(index).md"] = words.joined(separator: "\n")
    }
    commits.append(try fixture.commit(files, on: [commits[count - 1]], at: 1_800_000_000))
    let tip = commits[count]
    let packs = try fixture.history.packs(from: tip, excluding: [], limit: limit)
    #expect(packs.count > 3)
    for pack in packs {
      let count = pack.bytes[8..<12].reduce(0) { $0 << 8 | Int($1) }
      #expect(pack.bytes.count <= limit || count == 1)
    }
    _ = try rebuild(packs, tip: tip)
    let target = try History.create(at: fixture.place("target"))
    for pack in packs.reversed() { try target.addPack(pack.bytes) }
    #expect(try target.isComplete(tip, trusting: []))
    try target.forceRef("refs/heads/main", to: tip)
    #expect(try Git(directory: target.directory).complaints() == "")
  }

  @Test("made from a pack of ours carry its bytes over, and are the same objects")
  func reuse() throws {
    var tip: ObjectID?
    try fixture.history.bulk {
      var files: [String: String?] = [:]
      for index in 0..<300 { files["d\(index % 7)/f\(index).md"] = "file \(index)\n" }
      tip = try fixture.commit(files)
    }
    let packs = try fixture.history.packs(from: #require(tip), excluding: [], limit: 6_000)
    #expect(packs.count > 2)
    _ = try rebuild(packs, tip: #require(tip))
    try fixture.history.forceRef("refs/heads/main", to: #require(tip))
    // And from a pack with deltas, where few entries stand whole.
    try fixture.git("repack", "-a", "-d", "-f", "-q")
    let reopened = try History(opening: fixture.path)
    _ = try rebuild(reopened.packs(from: #require(tip), excluding: [], limit: 6_000), tip: #require(tip), "third.git")
  }

  @Test("of git's own making are taken", arguments: [3, 200], ["--delta-base-offset", "--no-reuse-delta"])
  func foreign(count: Int, option: String) throws {
    let commits = try fixture.line(count)
    let tip = commits[count - 1]
    try fixture.history.forceRef("refs/heads/main", to: tip)
    let pack = try fixture.git("pack-objects", "--stdout", "--revs", option, input: Array("main\n".utf8)).output
    let target = try History.create(at: fixture.place("target"))
    #expect(try !target.isComplete(tip, trusting: []))
    try target.addPack(pack)
    try target.addPack(pack)
    #expect(try target.isComplete(tip, trusting: []))
    try target.forceRef("refs/heads/main", to: tip)
    let git = Git(directory: target.directory)
    #expect(try git.complaints() == "")
    let packed = try git("count-objects", "-v").lines.contains("packs: 1")
    #expect(packed == (count == 200))
    #expect(names(in: target.directory + "/objects").allSatisfy { !$0.hasPrefix("tmp") })
  }

  @Test("that are thin are refused, since they lean on objects that may not be there")
  func thin() throws {
    let commits = try fixture.line(30)
    try fixture.history.forceRef("refs/heads/main", to: commits[29])
    let pack = try fixture.git(
      "pack-objects", "--stdout", "--revs", "--thin", input: Array("main\n^\(commits[27])\n".utf8)
    ).output
    let target = try History.create(at: fixture.place("target"))
    #expect(throws: HistoryError.self) { try target.addPack(pack) }
    #expect(try target.looseObjectCount == 0)
  }

  @Test("that lack something leave a history incomplete")
  func incomplete() throws {
    let commits = try fixture.line(30)
    let tip = commits[29]
    let packs = try fixture.history.packs(from: tip, excluding: [], limit: 900)
    #expect(packs.count > 2)
    for missing in packs.indices {
      let target = try History.create(at: fixture.place("target\(missing)"))
      for (index, pack) in packs.enumerated() where index != missing { try target.addPack(pack.bytes) }
      #expect(try !target.isComplete(tip, trusting: []))
      try target.addPack(packs[missing].bytes)
      #expect(try target.isComplete(tip, trusting: []))
    }
  }

  @Test("are trusted only as far as one says")
  func trusting() throws {
    let commits = try fixture.line(10)
    let target = try History.create(at: fixture.place("target"))
    for pack in try fixture.history.packs(from: commits[9], excluding: [commits[8]], limit: 8 << 20) {
      try target.addPack(pack.bytes)
    }
    #expect(try !target.isComplete(commits[9], trusting: []))
    for pack in try fixture.history.packs(from: commits[8], excluding: [], limit: 8 << 20) {
      try target.addPack(pack.bytes)
    }
    #expect(try target.isComplete(commits[9], trusting: [commits[8]]))
    #expect(try target.isComplete(commits[9], trusting: []))
  }
}
