import Support
import Testing

@testable import History

@Suite("Objects of a stranger", .timeLimit(.minutes(15)))
struct HostileObjectsTests {
  let fixture: Fixture
  let tree: ObjectID
  init() throws {
    fixture = try Fixture()
    tree = try fixture.history.store.write(.tree, [])
  }

  private func commit(time: String, parents: String = "") throws -> ObjectID {
    let text = "tree \(tree)\n\(parents)author a <a> \(time)\ncommitter a <a> \(time)\n\nx\n"
    return try fixture.history.store.write(.commit, Array(text.utf8))
  }

  @Test(
    "may name any time: it is kept to years that people know",
    arguments: [
      ("9223372036854775807 +0000", 253_402_300_799, 0), ("-9223372036854775808 +0000", 0, 0),
      ("1700000000 +9223372036854775807", 1_700_000_000, 0), ("1700000000 -0130", 1_700_000_000, -90),
      ("99999999999999999999 +0100", 0, 60), ("", 0, 0),
    ])
  func times(text: String, seconds: Int64, minutes: Int) throws {
    let id = try commit(time: text)
    let found = try fixture.history.commit(id).committer
    #expect(found.seconds == seconds)
    #expect(found.offsetMinutes == minutes)
    // What reckons with times on the way goes through.
    let child = try commit(time: text, parents: "parent \(id)\n")
    #expect(try fixture.history.walk(from: [child], excluding: [id], limit: nil) == [child])
  }

  @Test("with a parent that is no id are damaged, not commits without one")
  func parents() throws {
    let id = try commit(time: "1 +0000", parents: "parent \(String(repeating: "x", count: 40))\n")
    #expect(throws: HistoryError.self) { try fixture.history.commit(id) }
    #expect(throws: HistoryError.self) { try fixture.history.walk(from: [id], excluding: [], limit: nil) }
  }

  @Test("that lie in each other tens of thousands deep are followed to the end, and are no files")
  func depth() throws {
    let history = fixture.history
    let blob = try history.writeBlob([1])
    var id = try history.store.write(.tree, Array("100644 f\0".utf8) + blob.bytes)
    try history.bulk { () throws(HistoryError) in
      for _ in 0..<50_000 { id = try history.store.write(.tree, Array("40000 d\0".utf8) + id.bytes) }
    }
    let text = "tree \(id)\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx\n"
    let commit = try history.store.write(.commit, Array(text.utf8))
    #expect(try history.isComplete(commit, trusting: []))
    #expect(try history.files(inTree: id).isEmpty)
    #expect(try history.hostileEntries(in: id).map(\.reason) == [PathProblem.tooDeep.description])
  }

  @Test("as deep as a path may be are read, written and merged into other trees")
  func deepest() throws {
    let path = try BankPath(String(repeating: "d/", count: PathProblem.deepest - 1) + "f")
    let blob = try fixture.history.writeBlob([1])
    let tree = try fixture.history.writeTree(from: nil, changes: [(path, TreeEntry(blob: blob))])
    #expect(try fixture.history.files(inTree: tree) == [path: TreeEntry(blob: blob)])
    #expect(try fixture.history.diff(tree, nil).map(\.path) == [path])
    #expect(try fixture.history.writeTree(from: tree, changes: [(path, nil)]) == self.tree)
  }

  @Test("with a slash at the end of a name are not taken for what has that name without it")
  func slash() throws {
    let blob = try fixture.history.writeBlob([1])
    let inner = try fixture.history.writeTree(from: nil, changes: [(BankPath("f"), TreeEntry(blob: blob))])
    func outer(_ name: String) throws -> ObjectID {
      try fixture.history.store.write(.tree, Array("40000 \(name)\0".utf8) + inner.bytes)
    }
    let (hostile, sound) = try (outer("a/"), outer("a"))
    #expect(try fixture.history.diff(hostile, sound).map(\.path.description) == ["a/f"])
    #expect(try fixture.history.diff(sound, hostile).map(\.path.description) == ["a/f"])
  }

  @Test("in an index whose offsets are longer than any file are not in the pack")
  func offsets() throws {
    let history = fixture.history
    let ids = try history.bulk { () throws(HistoryError) in
      [try history.writeBlob([1, 2, 3]), try history.writeBlob([4, 5, 6])]
    }
    let folder = fixture.path + "/objects/pack"
    let base = try "\(folder)/" + #require(names(in: folder).first { $0.hasSuffix(".idx") }).dropLast(4)
    var index = try #require(bytes(of: base + ".idx"))
    // Two offsets that point to two long ones, of which one is below zero and the other far above.
    let table = 8 + 1024 + 2 * 24
    index.replaceSubrange(table..<(table + 8), with: [0x80, 0, 0, 0, 0x80, 0, 0, 1])
    let long: [UInt8] = [0x80, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
    index.insert(contentsOf: long, at: table + 8)
    index.replaceSubrange((index.count - 20)..., with: ObjectText.sha1(index.dropLast(20)).bytes)
    overwrite(base + ".idx", with: index)
    let pack = try PackIndex(base)
    for id in ids {
      #expect(try pack.wholeEntry(id) == nil)
      // libgit2 would follow the index to where there is no memory.
      let error = #expect(throws: HistoryError.self) { try History(opening: fixture.path).blob(id) }
      #expect(error?.kind == .missing)
    }
    // The pack itself is well, and is indexed anew.
    let repaired = try History(opening: fixture.path)
    #expect(try !repaired.repair(thorough: true).isEmpty)
    #expect(try ids.map { try repaired.blob($0) } == [[1, 2, 3], [4, 5, 6]])
  }
}
