import History
import Support
import Testing

@Suite("Differences as text")
struct PatchProcessTests {
  let fixture: Fixture
  init() throws { fixture = try Fixture() }

  @Test("are patches that git applies")
  func apply() throws {
    let history = fixture.history
    let lines = (0..<50).map { "line \($0)" }
    var changed = lines
    changed[3] = "changed"
    changed.remove(at: 40)
    let one = try fixture.commit([
      "a.md": lines.joined(separator: "\n") + "\n", "gone.md": "bye\n", "no newline.md": "x\ny", "é \"q\".md": "a\n",
      "empty.md": "", "became empty.md": "z\n",
    ])
    let two = try fixture.commit(
      [
        "a.md": changed.joined(separator: "\n") + "\n", "gone.md": nil, "no newline.md": "x\nz", "é \"q\".md": "b\n",
        "new.md": "hello\n", "became empty.md": "", "empty.md": nil, "new empty.md": "",
      ], on: [one])
    let (old, base) = try (history.commit(one).tree, history.commit(two).tree)
    let path = try BankPath("new.md")
    let entry = try #require(try history.entry(path, inTree: base))
    let new = try history.writeTree(from: base, changes: [(path, TreeEntry(blob: entry.blob, executable: true))])
    let environment = ["GIT_INDEX_FILE=\(fixture.path)/index"]
    for (from, to) in [(old, new), (new, old), (base, new)] {
      try fixture.git("read-tree", from.description, environment: environment)
      let patch = try history.patch(from: from, to: to, path: nil)
      try fixture.git("apply", "--cached", "--whitespace=nowarn", input: Array(patch.utf8), environment: environment)
      #expect(try fixture.git("write-tree", environment: environment).lines == [to.description])
    }
    #expect(try history.patch(from: old, to: new, path: path).contains("+hello"))
    #expect(try !history.patch(from: old, to: new, path: path).contains("bye"))
    #expect(try history.patch(from: old, to: old, path: nil) == "")
    #expect(try history.patch(from: nil, to: old, path: nil).contains("new file mode 100644"))
  }

  @Test("say so where a file isn't text")
  func binary() throws {
    let history = fixture.history
    let blob = try history.writeBlob([1, 0, 2])
    let tree = try history.writeTree(from: nil, changes: [(BankPath("b.bin"), TreeEntry(blob: blob))])
    #expect(try history.patch(from: nil, to: tree, path: nil).contains("Binary files /dev/null and b/b.bin differ"))
    #expect(try history.lineCounts(old: nil, new: [1, 0, 10]) == (0, 0))
  }

  @Test(
    "count lines as git does",
    arguments: [
      ("", "a\nb\n"), ("a\nb\n", ""), ("a\nb\nc\n", "a\nx\nc\nd\n"), ("a", "a\n"), ("a\r\nb\r\n", "a\nb\n"),
      ("x\n", "x\n"),
    ])
  func counts(old: String, new: String) throws {
    let one = try fixture.commit(["f.md": old])
    let two = try fixture.commit(["f.md": new], on: [one])
    let theirs = try fixture.git("diff", "--numstat", one.description, two.description).lines.first
    let ours = try fixture.history.lineCounts(old: Array(old.utf8), new: Array(new.utf8))
    #expect("\(ours.added)\t\(ours.removed)\tf.md" == theirs ?? "0\t0\tf.md")
  }
}

@Suite("Merging text by lines")
struct MergeTextTests {
  private func merge(_ base: String, _ one: String, _ other: String) throws -> String? {
    let both = try [(one, other), (other, one)].map {
      try History.mergeText(base: Array(base.utf8), one: Array($0.0.utf8), other: Array($0.1.utf8))
    }
    #expect(both[0] == both[1])
    return both[0].map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("joins what doesn't touch, whichever side comes first")
  func clean() throws {
    #expect(try merge("a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n") == "A\nb\nc\nd\nE\n")
    #expect(try merge("a\n", "a\n", "b\n") == "b\n")
    #expect(try merge("a\n", "b\n", "b\n") == "b\n")
    #expect(try merge("", "", "x\n") == "x\n")
  }

  @Test("gives up where both changed the same, and on what isn't text")
  func conflicts() throws {
    #expect(try merge("a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n") == nil)
    #expect(try merge("", "a\n", "b\n") == nil)
    #expect(try History.mergeText(base: [0], one: [0, 1], other: [0]) == nil)
    #expect(try History.mergeText(base: [65], one: [0xff], other: [65]) == nil)
  }
}
