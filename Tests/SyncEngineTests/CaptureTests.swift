import Bank
import FoundationEssentials
import Glibc
import History
import RedisTransport
import Support
import SyncEngine
import TestSupport
import Testing

@Suite("Capturing a directory")
struct CaptureTests {
  let replica: TestReplica

  init() throws { replica = try TestReplica() }

  @Test("makes one commit of what changed, with words for people and trailers for machines")
  func commits() throws {
    try replica.write("a.md", "one\n")
    try replica.write("d/b.md", "two\n")
    try replica.pass()
    try replica.write("a.md", "one\nmore\n")
    try replica.pass()
    #expect(try replica.log == ["Update a.md (+1)", "Add 2"])
    let main = try #require(replica.engine.main)
    let message = try replica.engine.history.commit(main).message
    #expect(CommitMessage.trailers(named: "Origin", in: message) == ["one"])
    #expect(CommitMessage.trailers(named: "Cause", in: message) == ["edit"])
    #expect(try replica.engine.history.commit(main).author.name == "one")
  }

  @Test("follows a file that becomes a directory, and back")
  func swaps() throws {
    try replica.write("a", "file\n")
    for number in 0..<4 { try replica.write("\(number).md", "x\(number)\n") }
    try replica.pass()
    try replica.remove("a")
    try replica.write("a/b.md", "inside\n")
    try replica.pass()
    #expect(try replica.names.contains("a/b.md"))
    #expect(try !replica.names.contains("a"))
    try replica.remove("a")
    try replica.write("a", "file again\n")
    try replica.pass()
    #expect(try replica.names.contains("a"))
    #expect(try !replica.names.contains("a/b.md"))
  }

  @Test("knows at once what a file in the place of a directory displaces, and lets it wait where that must wait")
  func fileForDirectory() throws {
    for name in ["a/b.md", "1.md", "2.md", "3.md"] { try replica.write(name, "text of \(name)\n") }
    try replica.pass()
    try replica.remove("a")
    try replica.write("a", "a file\n")
    // Only the new file is looked at: the directory's own end is told later.
    try replica.engine.capture([BankPath("a")])
    #expect(try replica.names == ["1.md", "2.md", "3.md", "a"])
    #expect(try replica.engine.knownPaths.map(\.description).sorted() == replica.names)
    for number in 0..<9 { try replica.write("d/\(number).md", "text \(number)\n") }
    try replica.pass()
    try replica.remove("d")
    try replica.write("d", "another\n")
    try replica.engine.capture([BankPath("d")])
    #expect(replica.engine.plans.map(\.files.count) == [9])
    #expect(try replica.names.count == 13)
    // It is saved once more before anybody answers: both versions are kept.
    try replica.write("d", "another, edited\n")
    try replica.engine.capture([BankPath("d")])
    var kept: Set<String> = []
    let history = replica.engine.history
    for (_, id) in try history.refs(under: "refs/rescue") {
      for (_, entry) in try history.files(inTree: history.commit(id).tree) {
        kept.insert(String(decoding: try history.blob(entry.blob), as: UTF8.self))
      }
    }
    #expect(kept == ["another\n", "another, edited\n"])
    #expect(try replica.engine.approve(replica.engine.plans[0].id))
    #expect(try replica.names == ["1.md", "2.md", "3.md", "a", "d"])
  }

  @Test("takes back what a target wrote that another one replaced before it was reached", arguments: [false, true])
  func strayedTarget(isRestarted: Bool) throws {
    for number in 0..<10 { try replica.write("\(number).md", "text \(number)\n") }
    try replica.pass()
    let main = try #require(replica.engine.main)
    let history = replica.engine.history
    let author = Signature(name: "other", email: "other@localhost", seconds: 1_000, offsetMinutes: 0)
    func child(of parent: ObjectID, _ changes: [(path: BankPath, entry: TreeEntry?)]) throws -> ObjectID {
      try history.writeCommit(
        tree: history.writeTree(from: history.commit(parent).tree, changes: changes), parents: [parent], author: author,
        committer: author, message: "Elsewhere")
    }
    // So many deletions wait for a person, and main with them; the rest is written.
    var changes: [(path: BankPath, entry: TreeEntry?)] = try (0..<8).map { (try BankPath("\($0).md"), nil) }
    changes.append((try BankPath("new.md"), TreeEntry(blob: try history.writeBlob(Array("new\n".utf8)))))
    changes.append((try BankPath("9.md"), TreeEntry(blob: try history.writeBlob(Array("changed\n".utf8)))))
    let first = try child(of: main, changes)
    try replica.engine.integrate(first)
    #expect(replica.read("new.md") == "new\n")
    #expect(replica.read("9.md") == "changed\n")
    let before = try history.entry(BankPath("9.md"), inTree: history.commit(main).tree)
    let second = try child(of: first, [(try BankPath("9.md"), before), (try BankPath("new.md"), nil)])
    if isRestarted {
      try history.forceRef(EngineRef.applying, to: second)
      let again = try TestReplica(root: replica.root)
      try again.pass()
      #expect(try again.engine.approve(try #require(again.engine.plans.first).id))
      try again.pass()
      #expect(again.engine.main == second)
    } else {
      try replica.engine.integrate(second)
      #expect(try replica.engine.approve(try #require(replica.engine.plans.first).id))
      try replica.pass()
      #expect(replica.engine.main == second)
    }
    #expect(replica.files == ["8.md": "text 8\n", "9.md": "text 9\n"])
  }

  @Test("takes in what is written late into a file that has become a directory, and keeps the directory")
  func lateWriteUnderDirectory() throws {
    for number in 0..<4 { try replica.write("\(number).md", "text \(number)\n") }
    try replica.write("a.md", "a\n")
    try replica.pass()
    let main = try #require(replica.engine.main)
    let history = replica.engine.history
    func child(_ seconds: Int64, _ changes: [(path: BankPath, entry: TreeEntry?)]) throws -> ObjectID {
      let author = Signature(name: "other", email: "other@localhost", seconds: seconds, offsetMinutes: 0)
      return try history.writeCommit(
        tree: history.writeTree(from: history.commit(main).tree, changes: changes), parents: [main], author: author,
        committer: author, message: "Elsewhere")
    }
    // An edit, and a directory in the file's place: the newest change but one took the file away.
    let time = try history.commit(main).committer.seconds
    let edited = TreeEntry(blob: try history.writeBlob(Array("edited\n".utf8)))
    let inner = TreeEntry(blob: try history.writeBlob(Array("inner\n".utf8)))
    try replica.engine.integrate(child(time + 20, [(BankPath("a.md"), edited)]))
    let editor = open(replica.bankPath + "/a.md", O_WRONLY)
    #expect(editor >= 0)
    try replica.engine.integrate(child(time + 10, [(BankPath("a.md"), nil), (BankPath("a.md/inner.md"), inner)]))
    #expect(write(editor, "late!!\n", 7) == 7)
    #expect(close(editor) == 0)
    try replica.pass()
    #expect(replica.read("a.md/inner.md") == "inner\n")
    #expect(replica.files.values.contains("late!!\n"))
  }

  @Test("keeps what it ignores out, and what is ignored later in")
  func ignores() throws {
    try replica.write("a.md", "one\n")
    try replica.write("b.md", "two\n")
    try replica.write("a.md.tmp.123.abcdef12", "left\n")
    try replica.write(".git/config", "theirs\n")
    try replica.pass()
    #expect(try replica.names == ["a.md", "b.md"])
    replica.engine.bank.rules = .init(patterns: ["b.md"])
    try replica.pass()
    // Changing the rules deletes nothing anywhere.
    #expect(try replica.names == ["a.md", "b.md"])
    #expect(replica.engine.plans.isEmpty)
  }

  @Test("halts a mass deletion: only the deletions wait, and the approval covers only what was shown")
  func massDeletion() throws {
    for number in 0..<20 { try replica.write("\(number).md", "text \(number)\n") }
    try replica.pass()
    for number in 0..<8 { try replica.remove("\(number).md") }
    try replica.write("19.md", "edited\n")
    try replica.pass()
    let plan = try #require(replica.engine.plans.first)
    #expect(plan.files.count == 8)
    #expect(try replica.names.count == 20)
    #expect(try replica.log.first == "Update 19.md (+1 −1)")
    // One more is gone meanwhile: what was shown is not what would be deleted.
    try replica.remove("8.md")
    try replica.pass()
    #expect(try replica.engine.approve(plan.id) == false)
    let newer = try #require(replica.engine.plans.first)
    #expect(newer.id != plan.id)
    #expect(try replica.engine.approve(newer.id))
    #expect(try replica.names.count == 11)
    let main = try #require(replica.engine.main)
    let message = try replica.engine.history.commit(main).message
    #expect(CommitMessage.trailers(named: "Approved-Deletions", in: message) == [newer.id])
  }

  @Test("an approval is for what was shown: where something else is gone by then, nothing is released")
  func approvalOfOthers() throws {
    for number in 0..<20 { try replica.write("\(number).md", "text \(number)\n") }
    try replica.pass()
    for number in 0..<8 { try replica.remove("\(number).md") }
    try replica.pass()
    let plan = try #require(replica.engine.plans.first)
    try replica.write("7.md", "text 7\n")
    #expect(try replica.engine.approve(plan.id) == false)
    #expect(try replica.names.count == 20)
    #expect(replica.engine.plans.first?.files.count == 7)
    // Nor does it hold for later.
    try replica.remove("7.md")
    try replica.pass()
    #expect(try replica.names.count == 20)
  }

  @Test("counts deletions over ten minutes, so that a slow one is no way around the guard")
  func slowDeletion() throws {
    for number in 0..<20 { try replica.write("\(number).md", "text \(number)\n") }
    try replica.pass()
    for number in 0..<4 { try replica.remove("\(number).md") }
    try replica.pass()
    #expect(replica.engine.plans.isEmpty)
    replica.clock.advance(seconds: 60)
    for number in 4..<8 { try replica.remove("\(number).md") }
    try replica.pass()
    #expect(replica.engine.plans.count == 1)
    replica.clock.advance(seconds: 700)
    try replica.pass()
    #expect(replica.engine.plans.isEmpty)
    #expect(try replica.names.count == 12)
  }

  @Test("does not halt when everything moves")
  func moves() throws {
    for number in 0..<20 { try replica.write("\(number).md", "text \(number)\n") }
    try replica.pass()
    for number in 0..<20 {
      try replica.write("new/\(number).md", "text \(number)\n")
      try replica.remove("\(number).md")
    }
    try replica.pass()
    #expect(replica.engine.plans.isEmpty)
    #expect(try replica.log.first == "Rename 20")
  }

  @Test("takes nothing for deleted in a directory that is suspect")
  func suspicion() throws {
    try replica.write("a.md", "one\n")
    try replica.write("b.md", "two\n")
    try replica.write("c.md", "three\n")
    try replica.pass()
    replica.engine.suspicion = "the marker is gone"
    try replica.remove("a.md")
    try replica.write("b.md", "two, edited\n")
    try replica.pass()
    #expect(try replica.names == ["a.md", "b.md", "c.md"])
    #expect(try replica.log.first == "Update b.md (+1 −1)")
    #expect(replica.engine.plans.first?.reason == "the marker is gone")
  }
}

@Suite("Versions that stay on the machine")
struct HeldVersionTests {
  let replica: TestReplica
  private let secret = "aws_access_key_id = AKIA" + "Q3EGRZ7XWKPT4NLD\n"

  init() throws {
    replica = try TestReplica()
    try replica.write("a.md", "clean\n")
    try replica.pass()
  }

  @Test("a secret keeps main at the last clean version, and is named by rule and line")
  func secretIsHeld() throws {
    try replica.write("a.md", "clean\n" + secret)
    try replica.pass()
    #expect(try replica.text("a.md") == "clean\n")
    #expect(replica.engine.problems["a.md"]?.reason.contains("line 2") == true)
    let refs = try replica.engine.history.refs(under: EngineRef.held)
    #expect(refs.count == 1)
    // The text on disk is never rewritten.
    #expect(replica.read("a.md") == "clean\n" + secret)
  }

  @Test("once the secret is out, the file is merged with what came meanwhile")
  func release() throws {
    try replica.write("a.md", "1\n2\n3\n4\n5\n")
    try replica.pass()
    let base = try #require(replica.engine.main)
    try replica.write("a.md", "1\n2\n3\n4\n5\n" + secret)
    try replica.pass()
    // Another replica changes the first line meanwhile.
    let history = replica.engine.history
    let path = try BankPath("a.md")
    let blob = try history.writeBlob(Array("one\n2\n3\n4\n5\n".utf8))
    try replica.engine.integrate(try replica.engine.foreignCommit(parent: base, path: path, blob: blob))
    #expect(try replica.text("a.md") == "one\n2\n3\n4\n5\n")
    try replica.write("a.md", "1\n2\n3\n4\nfive\n")
    try replica.pass()
    #expect(try replica.text("a.md") == "one\n2\n3\n4\nfive\n")
    #expect(replica.read("a.md") == "one\n2\n3\n4\nfive\n")
    #expect(try history.refs(under: EngineRef.held).isEmpty)
  }

  @Test("a fingerprint allows it")
  func allowed() throws {
    let finding = try #require(SecretScanner().findings(in: Array(secret.utf8)).first)
    replica.engine.settings.allowedSecrets = [finding.fingerprint]
    try replica.write("a.md", secret)
    try replica.pass()
    #expect(try replica.text("a.md") == secret)
  }

  @Test("a file over the limit keeps its last version, and comes back when it fits")
  func tooLarge() throws {
    replica.engine.settings.holdLimit = 100
    try replica.write("a.md", String(repeating: "x", count: 101))
    try replica.pass()
    #expect(try replica.text("a.md") == "clean\n")
    #expect(replica.engine.problems["a.md"]?.kind == .tooLarge)
    try replica.write("a.md", "small\n")
    try replica.pass()
    #expect(try replica.text("a.md") == "small\n")
  }

  @Test("survives a restart")
  func restart() throws {
    try replica.write("a.md", secret)
    try replica.pass()
    let again = try TestReplica(root: replica.root)
    #expect(again.engine.held.count == 1)
    try again.pass()
    #expect(try again.text("a.md") == "clean\n")
  }
}

@Suite("An interrupted apply")
struct InterruptedApplyTests {
  /// A main and a commit ahead of it that changes `a`, `b`, deletes `c` and adds `d`.
  fileprivate func prepare() throws -> (TestReplica, ObjectID) {
    let replica = try TestReplica()
    for name in ["a", "b", "c", "x", "y", "z"] { try replica.write("\(name).md", "\(name) 1\n2\n3\n4\n") }
    try replica.pass()
    let history = replica.engine.history
    let main = try #require(replica.engine.main)
    var changes: [(path: BankPath, entry: TreeEntry?)] = [(try BankPath("c.md"), nil)]
    for name in ["a", "b", "d"] {
      let blob = try history.writeBlob(Array("\(name) one\n2\n3\n4\n".utf8))
      changes.append((try BankPath("\(name).md"), TreeEntry(blob: blob, executable: false)))
    }
    let tree = try history.writeTree(from: history.commit(main).tree, changes: changes)
    let author = try history.commit(main).author
    let commit = try history.writeCommit(
      tree: tree, parents: [main], author: author, committer: author, message: "Theirs\n")
    return (replica, commit)
  }

  @Test("is finished after a restart; what was applied is no edit", arguments: 0...4)
  func finished(applied: Int) throws {
    let (replica, commit) = try prepare()
    // The state that a kill leaves: the ref stands, some of the files are written.
    try replica.engine.history.forceRef(EngineRef.applying, to: commit)
    if applied > 0 { try replica.write("a.md", "a one\n2\n3\n4\n") }
    if applied > 1 { try replica.write("b.md", "b one\n2\n3\n4\n") }
    if applied > 2 { try replica.write("d.md", "d one\n2\n3\n4\n") }
    if applied > 3 { try replica.remove("c.md") }
    let again = try TestReplica(root: replica.root)
    try again.pass()
    #expect(again.engine.main == commit)
    #expect(again.engine.target == nil)
    #expect(try again.engine.history.ref(EngineRef.applying) == nil)
    #expect(again.read("a.md") == "a one\n2\n3\n4\n")
    #expect(again.read("d.md") == "d one\n2\n3\n4\n")
    #expect(again.read("c.md") == nil)
  }

  @Test("keeps an edit made meanwhile, merged with the target")
  func edited() throws {
    let (replica, commit) = try prepare()
    try replica.engine.history.forceRef(EngineRef.applying, to: commit)
    try replica.write("a.md", "a one\n2\n3\n4\n")
    try replica.write("b.md", "b 1\n2\n3\nfour\n")
    let again = try TestReplica(root: replica.root)
    try again.pass()
    #expect(again.read("a.md") == "a one\n2\n3\n4\n")
    #expect(again.read("b.md") == "b one\n2\n3\nfour\n")
    #expect(again.engine.target == nil)
    let main = try #require(again.engine.main)
    #expect(try again.engine.history.isAncestor(commit, of: main))
    #expect(try again.log.contains("Update b.md (+1 −1)"))
  }

  @Test("never moves main past a path that could not be written")
  func unwritable() throws {
    let (replica, commit) = try prepare()
    let before = replica.engine.main
    // A directory with foreign content stands where the new file has to go.
    try FileManager.default.createDirectory(
      atPath: replica.bankPath + "/d.md", withIntermediateDirectories: true)
    try replica.write("d.md/.git/HEAD", "not ours\n")
    try replica.engine.integrate(commit)
    #expect(replica.engine.main == before)
    #expect(replica.engine.target?.commit == commit)
    #expect(replica.read("a.md") == "a one\n2\n3\n4\n")
    try replica.remove("d.md")
    try replica.pass()
    #expect(replica.engine.main == commit)
  }
}

extension InterruptedApplyTests {
  @Test("is noted before the first file is written")
  func refFirst() throws {
    let (replica, commit) = try prepare()
    let hooked = try TestReplica(root: replica.root, hooked: true)
    _ = try hooked.engine.captureEverything()
    var noted: [ObjectID?] = []
    hooked.fileSystem?.before = { [unowned hooked] _ in noted.append(try? hooked.engine.history.ref(EngineRef.applying))
    }
    try hooked.engine.integrate(commit)
    #expect(noted.count == 7)
    #expect(noted.allSatisfy { $0 == commit })
    #expect(hooked.engine.main == commit)
  }

  @Test("is finished before a remote is asked for more")
  func finishedBeforeFetch() throws {
    let (replica, commit) = try prepare()
    try replica.engine.history.forceRef(EngineRef.applying, to: commit)
    let again = try TestReplica(addresses: [RedisAddress(.unix(path: "/nonexistent"))], root: replica.root)
    var seen: ObjectID?
    again.intercept = { [unowned again] _ in
      seen = seen ?? again.engine.main
      return .failed(RemoteFailure(remedy: .retry, message: "nobody is there"))
    }
    try again.pass()
    #expect(seen == commit)
  }
}

extension InterruptedApplyTests {
  @Test("takes an edit of what it had written already for one of that version")
  func editedTwice() throws {
    let (replica, commit) = try prepare()
    try FileManager.default.createDirectory(
      atPath: replica.bankPath + "/d.md", withIntermediateDirectories: true)
    try replica.write("d.md/.git/HEAD", "not ours\n")
    try replica.engine.integrate(commit)
    #expect(replica.read("a.md") == "a one\n2\n3\n4\n")
    // Without the last line of theirs: against main's version it would be a change of two lines.
    try replica.write("a.md", "a one\n2\n3\n")
    try replica.pass()
    #expect(replica.engine.target != nil)
    try replica.remove("d.md")
    try replica.pass()
    #expect(replica.engine.target == nil)
    #expect(replica.read("a.md") == "a one\n2\n3\n")
    #expect(try replica.text("a.md") == "a one\n2\n3\n")
    let main = try #require(replica.engine.main)
    #expect(try replica.engine.history.isAncestor(commit, of: main))
    #expect(try replica.log.contains("Update a.md (−1)"))
  }
}

@Suite("After a power cut")
struct PowerCutTests {
  @Test("files that were lost are restored; edits are left alone")
  func restores() throws {
    let replica = try TestReplica()
    for name in ["empty", "zero", "older", "edited"] { try replica.write("\(name).md", "1 \(name)\n") }
    try replica.pass()
    for name in ["empty", "zero", "older", "edited"] { try replica.write("\(name).md", "2 \(name)\n") }
    try replica.pass()
    try replica.write("empty.md", "")
    try replica.write("zero.md", String(repeating: "\0", count: 8))
    try replica.write("older.md", "1 older\n")
    try replica.write("edited.md", "3 edited\n")
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let later = Int64(now.tv_sec + 60) * 1_000_000_000
    let restored = try replica.engine.restoreTornFiles(bootedAt: later)
    #expect(restored.count == 3)
    #expect(replica.read("empty.md") == "2 empty\n")
    #expect(replica.read("zero.md") == "2 zero\n")
    #expect(replica.read("older.md") == "2 older\n")
    #expect(replica.read("edited.md") == "3 edited\n")
    // Written after the boot: an edit, even if it is empty.
    try replica.write("empty.md", "")
    #expect(try replica.engine.restoreTornFiles(bootedAt: 0).isEmpty)
  }

  @Test("a file that holds other bytes under the stamp of the bank's version is damage, and its bytes are kept")
  func underItsStamp() throws {
    let replica = try TestReplica()
    try replica.write("a.md", "what was saved\n")
    try replica.pass()
    let path = try BankPath("a.md")
    try replica.write("a.md", "what is there!\n")
    // A file system that wrote down when a file changed and not what: the stamp is the one that was read last.
    let stamp = try #require(try LinuxFileSystem(root: replica.bankPath).stamp(path))
    let saved = ObjectID.blob(of: Array("what was saved\n".utf8))
    let table = FileTable(files: [path: KnownFile(stamp: stamp, blob: saved, hashedAt: stamp.modified + 5_000_000_000)])
    let again = try TestReplica(root: replica.root, table: table)
    #expect(try again.engine.restoreTornFiles(bootedAt: .max).count == 1)
    #expect(again.read("a.md") == "what was saved\n")
    #expect(again.engine.history.contains(ObjectID.blob(of: Array("what is there!\n".utf8))))
    #expect(try again.engine.history.refs(under: "refs/rescue").count == 1)
  }
}
