import Glibc
import History
import Support
import Testing

@Suite("Taking over a directory's past from a user's repository")
struct ImportProcessTests {
  let fixture: Fixture
  let user: Git
  init() throws {
    fixture = try Fixture()
    let directory = fixture.place("project")
    mkdir(directory, 0o755)
    user = Git(directory: directory)
    try user("init", "-q", "-b", "trunk")
  }

  private func write(_ path: String, _ text: String) {
    let full = "\(user.directory)/\(path)"
    var folder = user.directory
    for component in path.split(separator: "/").dropLast() {
      folder += "/\(component)"
      mkdir(folder, 0o755)
    }
    overwrite(full, with: Array(text.utf8))
  }

  @discardableResult
  private func save(_ message: String, _ author: String, day: Int) throws -> String {
    try user("add", "-A")
    try user(
      "commit", "-q", "-m", message,
      environment: [
        "GIT_AUTHOR_NAME=\(author)", "GIT_AUTHOR_EMAIL=\(author)@x", "GIT_AUTHOR_DATE=1700\(day)0000 +0530",
        "GIT_COMMITTER_DATE=1700\(day)0100 -0200",
      ])
    return try user("rev-parse", "HEAD").lines[0]
  }

  private func importPast(_ subdirectory: String, _ include: (BankPath) -> Bool = { _ in true }) throws -> ObjectID? {
    try fixture.history.importPast(fromRepositoryAt: user.directory, subdirectory: subdirectory, include: include)
  }

  private func log(_ tip: ObjectID, _ format: String = "%an|%ad|%cd|%s") throws -> [String] {
    try fixture.history.forceRef("refs/heads/main", to: tip)
    #expect(try fixture.git.complaints() == "")
    return try fixture.git("log", "--topo-order", "--format=\(format)", "--date=raw", "main").lines
  }

  /// Every file of the repository with its bytes and its time.
  private func portrait() throws -> String {
    let files = try Git.wait(
      user.start([
        "sh", "-c",
        "cd \(user.directory) && find . -printf '%p %s %m %T@ %C@\\n' | sort && find . -type f | sort | xargs sha1sum",
      ]))
    return files.text
  }

  @Test("keeps authors, dates, messages and renames, leaves out what is elsewhere, touches nothing")
  func whole() throws {
    write("src/main.c", "int main;\n")
    try save("Begin", "ann", day: 10)
    write("memory-bank/brief.md", "# Brief\nsome text\nmore text\n")
    write("memory-bank/deep/er/notes.md", "notes\n")
    try save("Add memory", "bob", day: 11)
    write("src/main.c", "int main2;\n")
    try save("Code only", "ann", day: 12)
    try user("mv", "memory-bank/brief.md", "memory-bank/project-brief.md")
    write("memory-bank/project-brief.md", "# Brief\nsome text\nmore text\nand more\n")
    write("src/main.c", "int main3;\n")
    try save("Rename the brief\n\nWith a body.", "cyd", day: 13)
    write("memory-bank/deep/er/notes.md", "uncommitted\n")
    let before = try portrait()
    let tip = try #require(try importPast("memory-bank"))
    #expect(try portrait() == before)
    let seen = try log(tip)
    #expect(
      seen == [
        "cyd|1700130000 +0530|1700130100 -0200|Rename the brief",
        "bob|1700110000 +0530|1700110100 -0200|Add memory",
      ])
    #expect(try fixture.git("ls-tree", "-r", "--name-only", "main").lines == ["deep/er/notes.md", "project-brief.md"])
    #expect(try fixture.history.commit(tip).message == "Rename the brief\n\nWith a body.")
    #expect(try fixture.history.history(of: BankPath("project-brief.md"), at: tip, limit: nil).count == 2)
    #expect(try fixture.history.looseObjectCount == 0)
    #expect(try importPast("memory-bank") == tip)
    #expect(try importPast("./memory-bank/") == tip)
    #expect(try importPast("none") == nil)
    // The directory's tree is git's own.
    #expect(try fixture.git("rev-parse", "main^{tree}").lines == user("rev-parse", "HEAD:memory-bank").lines)
  }

  @Test("follows the directory itself through its renames")
  func renamedDirectory() throws {
    for index in 0..<5 { write("docs/memory/f\(index).md", "file \(index)\n") }
    try save("Begin", "ann", day: 10)
    write("docs/memory/f1.md", "file 1 changed\n")
    try save("Change", "ann", day: 11)
    mkdir(user.directory + "/.kilocode", 0o755)
    mkdir(user.directory + "/.kilocode/rules", 0o755)
    try user("mv", "docs/memory", ".kilocode/rules/memory-bank")
    write(".kilocode/rules/memory-bank/f2.md", "file 2 changed\n")
    try save("Move", "ann", day: 12)
    write(".kilocode/rules/memory-bank/f3.md", "file 3 changed\n")
    try save("Change again", "ann", day: 13)
    let tip = try #require(try importPast(".kilocode/rules/memory-bank"))
    #expect(try log(tip, "%s") == ["Change again", "Move", "Change", "Begin"])
    // The move as such changed nothing of the directory: one file was edited with it.
    let steps = try fixture.git("log", "--format=", "--name-status", "main").lines
    #expect(steps.prefix(3) == ["M\tf3.md", "M\tf2.md", "M\tf1.md"])
    #expect(steps.dropFirst(3).allSatisfy { $0.hasPrefix("A") })
  }

  @Test("keeps merges that joined two pasts of it, and folds those that didn't")
  func merges() throws {
    write("m/a.md", "1\n")
    write("m/b.md", "1\n")
    let root = try save("Root", "ann", day: 10)
    write("m/a.md", "2\n")
    try save("Left", "ann", day: 11)
    try user("checkout", "-q", "-b", "side", root)
    write("m/b.md", "2\n")
    try save("Right", "bob", day: 12)
    try user("checkout", "-q", "trunk")
    try user("merge", "-q", "--no-ff", "-m", "Merge", "side", environment: ["GIT_COMMITTER_DATE=1700130000 +0000"])
    try user("checkout", "-q", "-b", "code")
    write("code.c", "x\n")
    try save("Code", "ann", day: 14)
    try user("checkout", "-q", "trunk")
    try user("merge", "-q", "--no-ff", "-m", "Merge code", "code", environment: ["GIT_COMMITTER_DATE=1700150000 +0000"])
    let tip = try #require(try importPast("m"))
    #expect(try log(tip, "%s").sorted() == ["Left", "Merge", "Right", "Root"])
    #expect(try fixture.history.commit(tip).parents.count == 2)
  }

  @Test("takes only what a bank can hold and what is asked for")
  func choice() throws {
    write("m/a.md", "a\n")
    write("m/image.png", "png\n")
    symlink("/etc/passwd", user.directory + "/m/link.md")
    write("m/.membank", "marker\n")
    try save("One", "ann", day: 10)
    write("m/image.png", "png2\n")
    try save("Image", "ann", day: 11)
    let tip = try #require(try importPast("m") { $0.name.hasSuffix(".md") })
    #expect(try log(tip, "%s") == ["One"])
    #expect(try fixture.git("ls-tree", "-r", "--name-only", "main").lines == ["a.md"])
    let root = try #require(try importPast("") { $0.name.hasSuffix(".md") })
    #expect(try log(root, "%s") == ["One"])
    #expect(try fixture.git("ls-tree", "-r", "--name-only", "main").lines == ["m/a.md"])
  }

  @Test("reads a bare repository, a shallow clone, a linked work tree and an empty one")
  func shapes() throws {
    #expect(try importPast("m") == nil)
    write("m/a.md", "1\n")
    try save("One", "ann", day: 10)
    write("m/a.md", "2\n")
    try save("Two", "ann", day: 11)
    let tip = try #require(try importPast("m"))
    let around = Git(directory: fixture.place(""))
    try around("clone", "-q", "--bare", user.directory, "bare.git")
    try around("clone", "-q", "--depth", "1", "file://\(user.directory)", "shallow")
    try around("clone", "-q", "--shared", "--bare", user.directory, "borrowing.git")
    try user("worktree", "add", "-q", fixture.place("linked"))
    let history = fixture.history
    #expect(try history.importPast(fromRepositoryAt: fixture.place("bare.git"), subdirectory: "m") { _ in true } == tip)
    #expect(try history.importPast(fromRepositoryAt: fixture.place("linked"), subdirectory: "m") { _ in true } == tip)
    #expect(
      try history.importPast(fromRepositoryAt: fixture.place("borrowing.git"), subdirectory: "m") { _ in true } == tip)
    let shallow = try #require(
      try history.importPast(fromRepositoryAt: fixture.place("shallow"), subdirectory: "m") { _ in true })
    #expect(try history.commit(shallow).parents.isEmpty)
    #expect(try history.commit(shallow).tree == history.commit(tip).tree)
    #expect(throws: HistoryError.self) {
      try history.importPast(fromRepositoryAt: fixture.place("nothing"), subdirectory: "m") { _ in true }
    }
    #expect(throws: HistoryError.self) { try importPast("../m") }
    // A torn object there is an error, and nothing half-imported.
    let head = try user("rev-parse", "HEAD").lines[0]
    overwrite("\(user.directory)/.git/objects/\(head.prefix(2))/\(head.dropFirst(2))", with: [0x78, 0x01, 0x4b])
    #expect(throws: HistoryError.self) { try importPast("m") }
    #expect(try fixture.git.complaints() == "")
  }

  @Test("from a pack whose index leads beyond it is an error, and nothing is half-imported")
  func astray() throws {
    write("m/a.md", "1\n")
    try save("One", "ann", day: 10)
    try user("gc", "-q")
    let folder = user.directory + "/.git/objects/pack"
    let index = try folder + "/" + #require(names(in: folder).first { $0.hasSuffix(".idx") })
    let sound = try #require(bytes(of: index))
    // A blob, two trees and a commit; their offsets stand behind ids and checksums.
    let table = 8 + 1024 + 4 * 24
    for offset: [UInt8] in [
      [0x7f, 0xff, 0xff, 0xff], [0, 0, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff], [0x80, 0, 0, 0],
    ] {
      var bad = sound
      for place in 0..<4 { bad.replaceSubrange((table + place * 4)..<(table + place * 4 + 4), with: offset) }
      bad.replaceSubrange((bad.count - 20)..., with: try checksum(bad.dropLast(20)))
      unlink(index)
      overwrite(index, with: bad)
      #expect(throws: HistoryError.self) { try importPast("m") }
      #expect(try fixture.history.looseObjectCount == 0)
    }
    unlink(index)
    overwrite(index, with: sound)
    #expect(try importPast("m") != nil)
  }

  private func checksum(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
    let result = try Git.wait(user.start(["sha1sum"], input: Array(bytes)))
    return try #require(ObjectID(hex: String(result.text.prefix(40)))).bytes
  }
}
