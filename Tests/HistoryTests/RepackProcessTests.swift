import Glibc
import History
import Support
import Testing

@Suite("Repacking")
struct RepackProcessTests {
  let fixture: Fixture
  init() throws { fixture = try Fixture() }

  private var packs: [String] { names(in: fixture.path + "/objects/pack").filter { $0.hasSuffix(".pack") } }

  @Test("makes one pack of everything, and git sees the same objects", arguments: [true, false])
  func objects(everything: Bool) throws {
    let history = fixture.history
    let commits = try fixture.line(50)
    try history.forceRef("refs/heads/main", to: commits[49])
    try history.forceRef("refs/rescue/x", to: fixture.commit(["r.md": "rescued"], on: [commits[3]]))
    try fixture.git("tag", "-a", "-m", "t", "v1", commits[2].description)
    let before = try fixture.git("cat-file", "--batch-all-objects", "--batch-check").output
    try history.repack(everything: everything)
    #expect(try history.looseObjectCount == 0)
    #expect(packs.count == 1)
    #expect(try fixture.git("cat-file", "--batch-all-objects", "--batch-check").output == before)
    #expect(try fixture.git.complaints() == "")
    #expect(try history.commit(commits[7]).message == "Step 7")
    try history.repack(everything: everything)
    #expect(packs.count == 1)
    #expect(try fixture.git("verify-pack", "objects/pack/\(packs[0])").status == 0)
  }

  @Test("folds small packs into the next, and leaves large ones")
  func geometric() throws {
    let history = fixture.history
    var tip = try fixture.line(100)[99]
    try history.repack()
    let large = packs
    for round in 0..<6 {
      tip = try fixture.line(5, on: tip)[4]
      try history.forceRef("refs/heads/main", to: tip)
      try history.repack()
      #expect(packs.count <= 4, "round \(round)")
      #expect(packs.contains(large[0]))
    }
    #expect(try history.looseObjectCount == 0)
    #expect(try history.isComplete(tip, trusting: []))
    #expect(try fixture.git.complaints() == "")
  }

  @Test("joins packs when there are many")
  func many() throws {
    var tip = try fixture.line(1)[0]
    try fixture.history.bulk { tip = try fixture.line(120, on: tip)[119] }
    for _ in 0..<12 { try fixture.history.bulk { tip = try fixture.line(2, on: tip)[1] } }
    try fixture.history.forceRef("refs/heads/main", to: tip)
    #expect(try fixture.history.packCount == 13)
    for _ in 0..<2 {
      try fixture.history.repack()
      #expect(try fixture.history.packCount <= 8)
    }
    #expect(try fixture.git.complaints() == "")
  }

  @Test("keeps what no ref reaches for two weeks, wherever it stands, and not longer")
  func garbage() throws {
    let history = fixture.history
    try history.forceRef("refs/heads/main", to: fixture.line(5)[4])
    let packed = try history.writeBlob(Array("packed".utf8))
    try history.repack()
    let loose = try history.writeBlob(Array("loose".utf8))
    let old = try history.writeBlob(Array("old".utf8))
    age(loosePath(old))
    try history.repack(everything: true)
    #expect(try history.looseObjectCount == 0)
    #expect(history.contains(packed))
    #expect(history.contains(loose))
    #expect(!history.contains(old))
    // Packing again doesn't make it young.
    try history.repack(everything: true)
    for name in packs { age("\(fixture.path)/objects/pack/\(name)") }
    try history.repack(everything: true)
    #expect(!history.contains(packed))
    #expect(!history.contains(loose))
    #expect(packs.count == 1)
    #expect(try fixture.git("rev-list", "--count", "main").lines == ["5"])
    #expect(try fixture.git.complaints() == "")
  }

  private func loosePath(_ id: ObjectID) -> String {
    "\(fixture.path)/objects/\(id.description.prefix(2))/\(id.description.dropFirst(2))"
  }

  /// Sets a file's time back by three weeks.
  private func age(_ path: String) {
    let then = timespec(tv_sec: time(nil) - 21 * 86_400, tv_nsec: 0)
    utimensat(AT_FDCWD, path, [then, then], 0)
  }

  @Test("doesn't disturb git reading at the same time")
  func concurrent() throws {
    let history = fixture.history
    var tip = try fixture.line(60)[59]
    try history.forceRef("refs/heads/main", to: tip)
    let script = "for i in 1 2 3 4 5 6 7 8; do git -C \(fixture.path) log -p --format=%H main || exit 1; done"
    let reader = try fixture.git.start(["sh", "-c", script])
    for round in 0..<6 {
      tip = try fixture.line(10, on: tip)[9]
      try history.forceRef("refs/heads/main", to: tip)
      try history.repack(everything: round % 2 == 0)
    }
    let result = try Git.wait(reader)
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(try fixture.git.complaints() == "")
  }

  @Test("leaves a torn object where it is, and everything when a pack can't be read")
  func damage() throws {
    let history = fixture.history
    let commits = try fixture.line(4)
    try history.forceRef("refs/heads/main", to: commits[3])
    let torn = try history.writeBlob(Array("torn".utf8))
    overwrite(loosePath(torn), with: [1])
    try history.repack()
    #expect(try history.looseObjectCount == 1)
    overwrite("\(fixture.path)/objects/pack/\(packs[0])", with: [1])
    let fresh = try history.writeBlob(Array("fresh".utf8))
    #expect(throws: HistoryError.self) { try history.repack() }
    #expect(history.contains(fresh))
  }
}
