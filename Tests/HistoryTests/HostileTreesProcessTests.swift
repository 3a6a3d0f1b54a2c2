import Support
import Testing

@testable import History

@Suite("Hostile trees")
struct HostileTreesProcessTests {
  let fixture: Fixture
  init() throws { fixture = try Fixture() }

  /// A tree of any entries in any order, made with git's plumbing and none of its checks.
  private func tree(_ entries: [(mode: String, name: [UInt8], id: ObjectID)]) throws -> ObjectID {
    var bytes: [UInt8] = []
    for (mode, name, id) in entries { bytes += Array("\(mode) ".utf8) + name + [0] + id.bytes }
    let line = try fixture.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", input: bytes).lines[0]
    return try #require(ObjectID(hex: line))
  }

  @Test(
    "have their bad entries skipped and named",
    arguments: [
      ("100644", "..", "has a component '.' or '..'"), ("40000", "..", "has a component '.' or '..'"),
      ("100644", ".git", "uses the reserved name '.git'"), ("40000", ".GIT", "uses the reserved name '.GIT'"),
      ("100644", ".membank", "uses the reserved name '.membank'"), ("120000", "link", "is a symbolic link"),
      ("160000", "module", "is a submodule"), ("100644", "x/../../y", "has a slash in its name"),
      ("100644", "/etc/passwd", "has a slash in its name"), ("100644", "a\nb", "has a control character"),
      ("010644", "fifo", "has the mode 10644"),
    ])
  func entries(mode: String, name: String, reason: String) throws {
    let blob = try fixture.history.writeBlob([1])
    let inner = try tree([("100644", Array("f".utf8), blob)])
    let id = mode == "40000" ? inner : blob
    let hostile = try tree([("100644", Array("A.md".utf8), blob), (mode, Array(name.utf8), id)])
    let outer = try tree([("40000", Array("dir".utf8), hostile), ("100644", Array("ok.md".utf8), blob)])
    let history = fixture.history
    #expect(try history.files(inTree: outer).keys.map(\.description).sorted() == ["dir/A.md", "ok.md"])
    #expect(try history.diff(nil, outer).map(\.path.description) == ["dir/A.md", "ok.md"])
    let found = try history.hostileEntries(in: outer)
    #expect(found.map(\.reason) == [reason])
    #expect(found.first?.name.hasPrefix("dir/") == true)
    #expect(found.first?.name.contains("\n") == false)
    // What is built on it carries the entry along, and a file can take its place.
    let path = try BankPath("new.md")
    let next = try history.writeTree(from: outer, changes: [(path, TreeEntry(blob: blob))])
    #expect(try history.hostileEntries(in: next).count == 1)
    #expect(try history.files(inTree: next).count == 3)
  }

  @Test("with names that are not UTF-8 are escaped where they are shown")
  func bytes() throws {
    let blob = try fixture.history.writeBlob([1])
    let hostile = try tree([("100644", [0x61, 0xff, 0x1b], blob)])
    let found = try fixture.history.hostileEntries(in: hostile)
    #expect(found.map(\.name) == ["a\\xff\\x1b"])
    #expect(try fixture.history.files(inTree: hostile).isEmpty)
  }

  @Test("that are out of order, or have a name twice, are read like sound ones")
  func disorder() throws {
    let (one, two) = try (fixture.history.writeBlob([1]), fixture.history.writeBlob([2]))
    let inner = try tree([("100644", Array("f".utf8), one)])
    let hostile = try tree([
      ("100644", Array("b".utf8), one), ("40000", Array("a".utf8), inner), ("100644", Array("a".utf8), one),
      ("100644", Array("b".utf8), two),
    ])
    let history = fixture.history
    #expect(
      try history.files(inTree: hostile) == [BankPath("a"): TreeEntry(blob: one), BankPath("b"): TreeEntry(blob: one)])
    #expect(
      try history.hostileEntries(in: hostile).map(\.reason)
        == Array(repeating: "has the name of another entry", count: 2))
    #expect(try history.entry(BankPath("b"), inTree: hostile)?.blob == one)
    let sound = try history.writeTree(from: hostile, changes: [(BankPath("c"), TreeEntry(blob: two))])
    try history.forceRef(
      "refs/heads/main",
      to: history.writeCommit(
        tree: sound, parents: [], author: Fixture.person(1), committer: Fixture.person(1), message: "x"))
    #expect(try !fixture.git.complaints().contains(sound.description))
  }

  @Test("that stand for billions of files are refused, not unfolded")
  func bomb() throws {
    let blob = try fixture.history.writeBlob([1])
    var id = try tree((0..<10).map { ("100644", Array("f\($0)".utf8), blob) })
    for _ in 0..<9 { id = try tree((0..<10).map { ("40000", Array("d\($0)".utf8), id) }) }
    fixture.history.entryLimit = 10_000
    #expect(throws: HistoryError.self) { try fixture.history.files(inTree: id) }
    #expect(throws: HistoryError.self) { try fixture.history.hostileEntries(in: id) }
    let commit = try fixture.history.writeCommit(
      tree: id, parents: [], author: Fixture.person(1), committer: Fixture.person(1), message: "bomb")
    // Each object once: small enough.
    #expect(try fixture.history.isComplete(commit, trusting: []))
    #expect(try fixture.history.packs(from: commit, excluding: [], limit: 1 << 20).count == 1)
  }

  @Test(
    "that are no trees at all are damage", arguments: ["", "100644", "100644 a", "100644 a\0123", "x y\0", "100644 \0"])
  func malformed(text: String) throws {
    guard !text.isEmpty else { return }
    let line = try fixture.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", input: Array(text.utf8))
      .lines[0]
    let id = try #require(ObjectID(hex: line))
    do {
      _ = try fixture.history.files(inTree: id)
      Issue.record("read nonsense")
    } catch { #expect(error.kind == .damaged) }
  }
}
