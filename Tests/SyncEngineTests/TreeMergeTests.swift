import History
import Support
import SyncEngine
import Testing

/// A tree as a table writes it: path to content.
typealias TreeLiteral = [String: String]

/// One case of a merge: what the base was, what each side made of it, what must come out.
struct MergeCase: Sendable, CustomTestStringConvertible {
  let name: String
  let base: TreeLiteral
  let one: TreeLiteral
  let other: TreeLiteral
  let merged: TreeLiteral
  var testDescription: String { name }
}

private func entry(_ content: String) -> TreeEntry {
  TreeEntry(blob: ObjectID.blob(of: Array(content.utf8)), executable: false)
}

private func path(_ text: String) throws -> BankPath { try BankPath(text) }

private func side(_ base: TreeLiteral, _ tree: TreeLiteral, seconds: Int64) throws -> MergeSide {
  var deltas: [TreeDelta] = []
  for name in Set(base.keys).union(tree.keys).sorted() where base[name] != tree[name] {
    deltas.append(TreeDelta(path: try path(name), old: base[name].map(entry), new: tree[name].map(entry)))
  }
  return MergeSide(deltas: deltas.sorted { $0.path < $1.path }, seconds: seconds)
}

private func merged(_ merge: MergeCase, swapped: Bool) throws -> [BankPath: TreeEntry] {
  var base: [BankPath: TreeEntry] = [:]
  for (name, content) in merge.base { base[try path(name)] = entry(content) }
  let (one, other) = (try side(merge.base, merge.one, seconds: 10), try side(merge.base, merge.other, seconds: 20))
  let result = try TreeMerge.merge(base: base, swapped ? other : one, swapped ? one : other) {
    (_, _, _, _) throws(HistoryError) -> ContentMergeResult in .conflict
  }
  for (path, change) in result.changes { base[path] = change }
  return base
}

/// The copy's name for a content.
private func copy(_ stem: String, _ content: String, _ suffix: String = ".md") -> String {
  "\(stem).conflict-\(ObjectID.blob(of: Array(content.utf8)).short(8))\(suffix)"
}

/// The copy's name where the usual one is taken.
private func longCopy(_ stem: String, _ content: String, _ suffix: String = ".md") -> String {
  "\(stem).conflict-\(ObjectID.blob(of: Array(content.utf8)).short(12))\(suffix)"
}

private let mergeCases: [MergeCase] = [
  MergeCase(name: "nothing", base: ["a.md": "1"], one: ["a.md": "1"], other: ["a.md": "1"], merged: ["a.md": "1"]),
  MergeCase(name: "one edits", base: ["a.md": "1"], one: ["a.md": "2"], other: ["a.md": "1"], merged: ["a.md": "2"]),
  MergeCase(
    name: "both edit alike", base: ["a.md": "1"], one: ["a.md": "2"], other: ["a.md": "2"], merged: ["a.md": "2"]),
  MergeCase(
    name: "each adds", base: [:], one: ["a.md": "1"], other: ["b.md": "2"], merged: ["a.md": "1", "b.md": "2"]),
  MergeCase(name: "both delete", base: ["a.md": "1"], one: [:], other: [:], merged: [:]),
  MergeCase(name: "one deletes", base: ["a.md": "1"], one: [:], other: ["a.md": "1"], merged: [:]),
  MergeCase(name: "edit beats delete", base: ["a.md": "1"], one: ["a.md": "2"], other: [:], merged: ["a.md": "2"]),
  MergeCase(
    name: "both edit: the later keeps the place", base: ["a.md": "1"], one: ["a.md": "2"], other: ["a.md": "3"],
    merged: ["a.md": "3", copy("a", "2"): "2"]),
  MergeCase(
    name: "both create: the later keeps the place", base: [:], one: ["d/a.md": "2"], other: ["d/a.md": "3"],
    merged: ["d/a.md": "3", copy("d/a", "2"): "2"]),
  MergeCase(
    name: "a file in the way of a directory is the copy", base: [:], one: ["notes": "x"], other: ["notes/a.md": "y"],
    merged: ["notes/a.md": "y", copy("notes", "x", ""): "x"]),
  MergeCase(
    name: "a directory has the copy's name: the copy gets a longer one",
    base: ["a.md": "1", "\(copy("a", "2"))/x": "x"],
    one: ["a.md": "2", "\(copy("a", "2"))/x": "x"], other: ["a.md": "3", "\(copy("a", "2"))/x": "x"],
    merged: ["a.md": "3", "\(copy("a", "2"))/x": "x", longCopy("a", "2"): "2"]),
  MergeCase(
    name: "a side makes a directory of the copy's name", base: ["a.md": "1"],
    one: ["a.md": "2", "\(copy("a", "2"))/x": "x"], other: ["a.md": "3"],
    merged: ["a.md": "3", "\(copy("a", "2"))/x": "x", longCopy("a", "2"): "2"]),
  // In the order of paths `c.a` comes before its copy: what the side has there is not known yet when the copy is made.
  MergeCase(
    name: "a side makes a file of the copy's name", base: ["c.a": "1"], one: ["c.a": "2", copy("c", "2", ".a"): "x"],
    other: ["c.a": "3"], merged: ["c.a": "3", copy("c", "2", ".a"): "x", longCopy("c", "2", ".a"): "2"]),
  MergeCase(
    name: "an edited file and a directory that takes its name", base: ["n": "1"], one: ["n": "2"],
    other: ["n/a.md": "y"], merged: ["n/a.md": "y", copy("n", "2", ""): "2"]),
  MergeCase(
    name: "a copy of a copy is named after the original",
    base: ["a.conflict-12345678.md": "1"], one: ["a.conflict-12345678.md": "2"],
    other: ["a.conflict-12345678.md": "3"], merged: ["a.conflict-12345678.md": "3", copy("a", "2"): "2"]),
]

@Suite("Merging trees")
struct TreeMergeTests {
  @Test("gives what the table says, whichever side is called which", arguments: mergeCases)
  func table(merge: MergeCase) throws {
    var expected: [BankPath: TreeEntry] = [:]
    for (name, content) in merge.merged { expected[try path(name)] = entry(content) }
    #expect(try merged(merge, swapped: false) == expected)
    #expect(try merged(merge, swapped: true) == expected)
  }

  @Test("of commits of one time gives what the versions say, whichever side is called which")
  func tie() throws {
    let base = [try path("a.md"): entry("1")]
    let sides = try ["2", "3"].map { try side(["a.md": "1"], ["a.md": $0], seconds: 10) }
    let results = try [(0, 1), (1, 0)].map { one, other in
      try TreeMerge.merge(base: base, sides[one], sides[other]) {
        (_, _, _, _) throws(HistoryError) -> ContentMergeResult in .conflict
      }.changes
    }
    #expect(results[0] == results[1])
    #expect(results[0].count == 2)
  }

  @Test("keeps at most ten copies of a path in the tree")
  func cap() throws {
    var tree: TreeLiteral = ["a.md": "base"]
    for number in 0..<10 { tree[copy("a", "old \(number)")] = "old \(number)" }
    var one = tree
    one["a.md"] = "one"
    var other = tree
    other["a.md"] = "other"
    let result = try merged(MergeCase(name: "", base: tree, one: one, other: other, merged: [:]), swapped: false)
    #expect(result.count == 11)
  }

  @Test("takes more digits of the blob when the name is taken by other content")
  func takenName() throws {
    let name = copy("a", "2")
    let tree: TreeLiteral = ["a.md": "1", name: "something else"]
    var one = tree
    one["a.md"] = "2"
    var other = tree
    other["a.md"] = "3"
    let result = try merged(MergeCase(name: "", base: tree, one: one, other: other, merged: [:]), swapped: false)
    let longer = try path("a.conflict-\(ObjectID.blob(of: Array("2".utf8)).short(12)).md")
    #expect(result[longer] == entry("2"))
    #expect(result[try path(name)] == entry("something else"))
  }
}

@Suite("Names of conflict copies")
struct ConflictNameTests {
  private static let blob = ObjectID.blob(of: [])

  @Test(
    "are the stem, the blob and the extension",
    arguments: [
      ("a.md", "a.conflict-e69de29b.md"), ("d/a.b.md", "d/a.b.conflict-e69de29b.md"),
      ("README", "README.conflict-e69de29b"), (".hidden", ".hidden.conflict-e69de29b"),
      ("a.conflict-00000000.md", "a.conflict-e69de29b.md"), ("a.conflict-md", "a.conflict-e69de29b.conflict-md"),
      ("a.conflict-00000000.conflict-md", "a.conflict-e69de29b.conflict-md"),
    ])
  func names(original: String, copy: String) throws {
    #expect(ConflictName.copy(of: try BankPath(original), blob: Self.blob)?.description == copy)
  }

  @Test(
    "are told from other names",
    arguments: [
      ("a.conflict-e69de29b.md", "a.md" as String?), ("d/a.conflict-e69de29b", "d/a"), ("a.conflict-xyz.md", nil),
      ("a.conflict-12.md", nil), ("a.md", nil), ("a.conflict-e69de29b.conflict-md", "a.conflict-md"),
      ("a.conflict-md", nil), ("conflict-e69de29b.md", nil),
    ])
  func originals(copy: String, original: String?) throws {
    #expect(ConflictName.original(of: try BankPath(copy))?.description == original)
  }

  @Test("are cut to what a file name may be, between two characters")
  func length() throws {
    let long = String(repeating: "é", count: 126) + ".md"
    let copy = try #require(ConflictName.copy(of: try BankPath(long), blob: Self.blob))
    #expect(copy.bytes.count <= 255)
    #expect(copy.description.hasSuffix("é.conflict-e69de29b.md"))
  }
}
