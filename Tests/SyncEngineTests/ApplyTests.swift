import Bank
import FoundationEssentials
import Glibc
import History
import Support
import SyncEngine
import Testing

@Suite("Bringing the directory to a version")
struct ApplyTests {
  let replica: TestReplica

  init() throws {
    replica = try TestReplica()
    for number in 1...9 { try replica.write("\(number).md", "text \(number)\n") }
    try replica.write("a.md", "1\n")
    try replica.pass()
  }

  /// A commit on top of `main` (or on nothing) that somebody else made; nil deletes.
  private func theirs(_ changes: [(String, String?)], isFirst: Bool = false) throws -> ObjectID {
    let history = replica.engine.history
    let main = try #require(replica.engine.main)
    let commit = try history.commit(main)
    let entries: [(path: BankPath, entry: TreeEntry?)] = try changes.map { name, text in
      (
        try BankPath(name),
        try text.map { TreeEntry(blob: try history.writeBlob(Array($0.utf8)), executable: false) }
      )
    }
    return try history.writeCommit(
      tree: history.writeTree(from: isFirst ? nil : commit.tree, changes: entries), parents: isFirst ? [] : [main],
      author: commit.author, committer: commit.author, message: "Theirs\n")
  }

  @Test("puts a file in the place of a directory that others emptied")
  func directoryBecomesFile() throws {
    try replica.write("d/one.md", "one\n")
    try replica.write("d/deep/two.md", "two\n")
    try replica.pass()
    let commit = try theirs([("d/one.md", nil), ("d/deep/two.md", nil), ("d", "a file\n")])
    try replica.engine.integrate(commit)
    #expect(replica.engine.main == commit)
    #expect(replica.engine.problems.isEmpty)
    #expect(replica.read("d") == "a file\n")
  }

  @Test("keeps a change of mode that somebody made to a file that was applied already")
  func modeOfAppliedFile() throws {
    // A directory with foreign content stands where the new file has to go, so that the apply can't end.
    try replica.write("b.md/.git/HEAD", "not ours\n")
    try replica.engine.integrate(theirs([("a.md", "2\n"), ("b.md", "b\n")]))
    #expect(replica.read("a.md") == "2\n" && replica.engine.target != nil)
    #expect(chmod(replica.bankPath + "/a.md", 0o755) == 0)
    try replica.engine.captureEverything()
    try replica.remove("b.md")
    try replica.pass()
    let main = try #require(replica.engine.main)
    let tree = try replica.engine.history.commit(main).tree
    #expect(try replica.engine.history.entry(BankPath("a.md"), inTree: tree)?.executable == true)
    #expect(access(replica.bankPath + "/a.md", X_OK) == 0)
    #expect(try replica.text("a.md") == "2\n")
  }

  @Test("writes nothing into a directory that only stands in the bank's place")
  func elsewhere() throws {
    let notes = NotesInMemory()
    let root = RootGuard(replica.engine, directory: replica.bankPath, notes: notes) { true }
    root.check()
    try move(replica.bankPath, to: replica.bankPath + ".away")
    try FileManager.default.createDirectory(atPath: replica.bankPath, withIntermediateDirectories: true)
    let bank = replica.engine.bank
    replica.engine.bank = try Bank(
      fileSystem: LinuxFileSystem(root: replica.bankPath), rules: bank.rules, random: SystemRandom())
    root.check()
    let before = replica.engine.main
    let commit = try theirs([("new.md", "new\n")])
    try replica.engine.integrate(commit)
    #expect(replica.read("new.md") == nil)
    #expect(replica.engine.main == before && replica.engine.tip == commit)
    // The bank's directory comes back: now the file is written, and was never missing.
    try FileManager.default.removeItem(atPath: replica.bankPath)
    try move(replica.bankPath + ".away", to: replica.bankPath)
    replica.engine.bank = bank
    root.check()
    try replica.pass()
    #expect(replica.engine.main == commit)
    #expect(replica.read("new.md") == "new\n")
  }

  private func move(_ from: String, to path: String) throws {
    try FileManager.default.moveItem(atPath: from, toPath: path)
  }

  @Test("a file that was ignored where others made a directory becomes a conflict copy when it comes to light")
  func revealedInTheWay() throws {
    let old = IgnoreRules(patterns: ["drafts/"])
    replica.engine.bank.rules = old
    try replica.write("drafts/x.md", "mine\n")
    try replica.engine.integrate(theirs([("drafts/x.md/inner.md", "theirs\n")]))
    try replica.pass()
    #expect(replica.read("drafts/x.md") == "mine\n")
    replica.engine.bank.rules = IgnoreRules(patterns: [])
    #expect(try replica.engine.reveal(hiddenBy: old))
    try replica.pass()
    #expect(replica.read("drafts/x.md/inner.md") == "theirs\n")
    let copies = replica.files.filter { $0.key.hasPrefix("drafts/x.conflict-") }
    #expect(Array(copies.values) == ["mine\n"])
    #expect(try replica.names.contains(copies.keys.first ?? ""))
  }

  @Test("takes in what was written late though a kill left its blob without a commit")
  func halfCaptured() throws {
    let editor = try #require(fopen(replica.bankPath + "/a.md", "a"))
    try replica.engine.integrate(theirs([("a.md", "2\n")]))
    fputs("late\n", editor)
    fclose(editor)
    _ = try replica.engine.history.writeBlob(Array("1\nlate\n".utf8))
    let again = try TestReplica(root: replica.root)
    try again.pass()
    #expect(again.engine.bank.displacedCount == 0)
    #expect(again.files.values.contains { $0.contains("late") })
  }

  @Test("a conflict is not resolved where a file of it is ignored: the bank would never know")
  func resolvedWhereIgnored() throws {
    try replica.engine.integrate(theirs([("a.md", "theirs\n")], isFirst: true))
    let conflict = try #require(replica.engine.conflicts.first)
    let files = replica.files
    for hidden in [conflict.path, conflict.copy] {
      replica.engine.bank.rules = IgnoreRules(patterns: [hidden.description])
      #expect(throws: ResolutionError.ignored(hidden)) { try replica.engine.resolve(conflict, .ours) }
    }
    #expect(replica.files == files)
  }
}

/// Notes that end with the test.
final class NotesInMemory: Notes {
  private var notes: [String: String] = [:]
  func read(_ name: String) -> String? { notes[name] }
  func write(_ name: String, _ text: String) throws(SystemError) { notes[name] = text }
  func remove(_ name: String) { notes[name] = nil }
}
