import History
import Support
import TestSupport
import Testing

@Suite("Trees, as git sees them")
struct TreesProcessTests {
  let fixture: Fixture
  init() throws { fixture = try Fixture() }

  /// What git's own index makes of a set of files.
  private func oracle(_ files: [BankPath: TreeEntry]) throws -> ObjectID? {
    let lines = files.map { "\($0.value.executable ? "100755" : "100644") \($0.value.blob)\t\($0.key)\0" }.joined()
    let environment = ["GIT_INDEX_FILE=\(fixture.root.path)/index"]
    try fixture.git("read-tree", "--empty", environment: environment)
    try fixture.git("update-index", "-z", "--index-info", input: Array(lines.utf8), environment: environment)
    return ObjectID(hex: try fixture.git("write-tree", environment: environment).lines[0])
  }

  @Test("are the ones git would write, through any run of changes", arguments: 1...4)
  func random(seed: Int) throws {
    var random = Seeded(UInt64(seed))
    let history = fixture.history
    let blobs = try (0..<6).map { try history.writeBlob([UInt8($0)]) }
    // Names that sort differently as files and as directories, and swap roles all the time.
    let names = ["a", "a-b", "a.b", "a0", "ab", "b", "\u{e9}"]
    func path() throws -> BankPath {
      let depth = Int.random(in: 1...3, using: &random)
      return try BankPath((0..<depth).map { _ in names.randomElement(using: &random) ?? "a" }.joined(separator: "/"))
    }
    var files: [BankPath: TreeEntry] = [:]
    var tree = try history.writeTree(from: nil, changes: [])
    for _ in 0..<25 {
      var changes: [(path: BankPath, entry: TreeEntry?)] = []
      var set: Set<BankPath> = []
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let path = try path()
        let entry = TreeEntry(
          blob: blobs.randomElement(using: &random) ?? blobs[0], executable: Bool.random(using: &random))
        if Bool.random(using: &random) {
          guard !set.contains(where: { $0.isInside(path) || path.isInside($0) }) else { continue }
          set.insert(path)
          changes.removeAll { $0.path == path }
          changes.append((path, entry))
        } else if !set.contains(path) {
          changes.append((path, nil))
        }
      }
      for (path, entry) in changes where entry == nil { files[path] = nil }
      for (path, entry) in changes {
        guard let entry else { continue }
        files = files.filter { !$0.key.isInside(path) && !path.isInside($0.key) }
        files[path] = entry
      }
      let next = try history.writeTree(from: tree, changes: changes.shuffled(using: &random))
      #expect(try next == oracle(files))
      #expect(try history.files(inTree: next) == files)
      try expectDiff(tree, next)
      tree = next
    }
  }

  private func expectDiff(_ old: ObjectID, _ new: ObjectID) throws {
    let fields = try fixture.git("diff-tree", "-r", "-z", "--no-renames", old.description, new.description).text
      .split(separator: "\0")
    let theirs = stride(from: 0, to: fields.count - 1, by: 2).map { "\(fields[$0]) \(fields[$0 + 1])" }
    let zero = String(repeating: "0", count: 40)
    func mode(_ entry: TreeEntry?) -> String { entry.map { $0.executable ? "100755" : "100644" } ?? "000000" }
    let ours = try fixture.history.diff(old, new).map { delta in
      let kind = delta.old == nil ? "A" : delta.new == nil ? "D" : "M"
      let ids = "\(delta.old?.blob.description ?? zero) \(delta.new?.blob.description ?? zero)"
      return ":\(mode(delta.old)) \(mode(delta.new)) \(ids) \(kind) \(delta.path)"
    }
    #expect(ours == theirs)
  }

  @Test("refuse a path that is set as a file and as a directory")
  func contradiction() throws {
    let entry = TreeEntry(blob: try fixture.history.writeBlob([]))
    #expect(throws: HistoryError.self) {
      try fixture.history.writeTree(from: nil, changes: [(BankPath("a"), entry), (BankPath("a/b"), entry)])
    }
  }

  @Test("take the last of two changes of one path, and write nothing when nothing changes")
  func twice() throws {
    let (one, two) = try (fixture.history.writeBlob([1]), fixture.history.writeBlob([2]))
    let path = try BankPath("d/a")
    let tree = try fixture.history.writeTree(
      from: nil, changes: [(path, TreeEntry(blob: one)), (path, TreeEntry(blob: two))])
    #expect(try fixture.history.entry(path, inTree: tree)?.blob == two)
    #expect(try fixture.history.entry(BankPath("d"), inTree: tree) == nil)
    #expect(try fixture.history.entry(BankPath("d/a/x"), inTree: tree) == nil)
    #expect(try fixture.history.writeTree(from: tree, changes: [(path, TreeEntry(blob: two))]) == tree)
    #expect(try fixture.history.diff(nil, tree).map(\.path) == [path])
    #expect(try fixture.history.diff(tree, tree).isEmpty)
  }
}
