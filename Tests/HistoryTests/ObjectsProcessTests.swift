import Glibc
import History
import Support
import TestSupport
import Testing

@Suite("Objects, as git sees them")
struct ObjectsProcessTests {
  let fixture: Fixture
  init() throws { fixture = try Fixture() }

  @Test("are those that git would make")
  func blobs() throws {
    let bytes = Array("hello\n".utf8) + [0, 255, 10]
    let id = try fixture.history.writeBlob(bytes)
    #expect(id == ObjectID.blob(of: bytes))
    #expect(try fixture.git("cat-file", "blob", id.description).output == bytes)
    #expect(try fixture.history.blob(id) == bytes)
    #expect(try fixture.history.blobSize(id) == Int64(bytes.count))
    #expect(try fixture.history.blob(fixture.history.writeBlob([])) == [])
  }

  @Test("of commits read back as they were written")
  func commits() throws {
    let tip = try fixture.line(3)[2]
    let commit = try fixture.history.commit(tip)
    #expect(commit.message == "Step 2")
    #expect(commit.author == Fixture.person(1_700_007_200))
    #expect(commit.parents.count == 1)
    #expect(
      try fixture.git("log", "-1", "--format=%s|%an|%ae|%ad|%T", "--date=raw", tip.description).lines
        == ["Step 2|Ada|ada@example.org|1700007200 +0100|\(commit.tree)"])
    try fixture.history.forceRef("refs/heads/main", to: tip)
    #expect(try fixture.git.complaints() == "")
  }

  @Test(
    "of commits pass the strict check whatever the names",
    arguments: [
      ("", ""), ("<", ">"), ("a\nb", "c\u{0}d"), (" . ", "x y"), ("Zoë <z>", "z@é"), ("\u{1b}[31m", ",;"),
      ("\"q\"", "'"),
    ])
  func names(name: String, email: String) throws {
    let tree = try fixture.history.writeTree(from: nil, changes: [])
    let person = Signature(name: name, email: email, seconds: -5, offsetMinutes: -30_000)
    let tip = try fixture.history.writeCommit(
      tree: tree, parents: [], author: person, committer: person, message: "a\u{0}b\n\nc")
    try fixture.history.forceRef("refs/heads/main", to: tip)
    #expect(try fixture.git.complaints() == "")
    #expect(try fixture.history.commit(tip).message == "ab\n\nc")
  }

  @Test("of the kind, or not at all, are told apart from those that are damaged")
  func errors() throws {
    let blob = try fixture.history.writeBlob([1])
    let absent = ObjectID.blob(of: [9, 9])
    #expect(!fixture.history.contains(absent))
    #expect(throws: HistoryError.self) { try fixture.history.commit(blob) }
    do {
      _ = try fixture.history.blob(absent)
      Issue.record("read what is absent")
    } catch { #expect(error.kind == .missing) }
  }

  @Test("written in bulk are one pack, readable at once, and the same to git")
  func bulk() throws {
    let history = fixture.history
    var tip: ObjectID?
    try history.bulk {
      let commits = try fixture.line(40)
      tip = commits.last
      #expect(try history.commit(commits[20]).message == "Step 20")
      #expect(try history.files(inTree: history.commit(commits[39]).tree).count == 6)
      let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) }
      let id = try history.writeBlob(large)
      #expect(try history.blob(id) == large)
      #expect(try history.blob(history.writeBlob([1])) == [1])
    }
    let loose = try history.looseObjectCount
    #expect(loose == 0)
    try history.forceRef("refs/heads/main", to: try #require(tip))
    #expect(try fixture.git.complaints() == "")
    #expect(try fixture.git("rev-list", "--count", "main").lines == ["40"])
    #expect(try fixture.git("count-objects", "-v").lines.contains("packs: 1"))
    #expect(try fixture.git("count-objects", "-v").lines.contains("garbage: 0"))
  }

  @Test("written in a bulk that fails are gone, but not those that a ref was moved to")
  func failedBulk() throws {
    struct Stop: Error {}
    let history = fixture.history
    var lost: ObjectID?
    #expect(throws: Stop.self) {
      try history.bulk {
        try history.forceRef("refs/heads/main", to: fixture.line(2)[1])
        lost = try history.writeBlob([7, 7, 7])
        throw Stop()
      }
    }
    #expect(try !history.contains(#require(lost)))
    #expect(try fixture.git("rev-list", "--count", "main").lines == ["2"])
    #expect(try fixture.git.complaints() == "")
    #expect(try fixture.git("count-objects", "-v").lines.contains("garbage: 0"))
  }

  @Test("are found by a value that was opened before another one packed them")
  func twoValues() throws {
    let other = try History(opening: fixture.path)
    let commits = try fixture.line(5)
    try fixture.history.forceRef("refs/heads/main", to: commits[4])
    #expect(try other.commit(commits[2]).message == "Step 2")
    try fixture.history.repack(everything: true)
    #expect(try other.commit(commits[1]).message == "Step 1")
    #expect(other.contains(commits[0]))
    let more = try fixture.line(3, on: commits[4])
    try fixture.history.forceRef("refs/heads/main", to: more[2])
    try fixture.history.repack(everything: true)
    #expect(try other.isComplete(more[2], trusting: []))
  }

  @Test("stand in a repository whose making may be interrupted anywhere")
  func creation() throws {
    #expect(throws: HistoryError.self) { try History(opening: fixture.root.path) }
    let path = fixture.place("again")
    for step in ["objects", "refs", "config", "HEAD"] {
      mkdir(path, 0o700)
      if step == "objects" { mkdir(path + "/objects", 0o700) }
      let history = try History.create(at: path)
      #expect(try history.ref("refs/heads/main") == nil)
      unlink(path + "/" + step)
    }
    _ = try History.create(at: path)
    #expect(try Git(directory: path)("rev-parse", "--is-bare-repository").lines == ["true"])
    #expect(try Git(directory: path).complaints() == "")
  }
}
