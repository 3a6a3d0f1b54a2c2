import Glibc
import Testing

/// How a program saves a file, call by call.
struct SaveDance: Sendable, CustomTestStringConvertible {
  let name: String
  let steps: [@Sendable (Hands) -> Void]
  /// How long a program may pause between two calls, in milliseconds, so that nothing in between shows.
  var patience: Int64 = 90
  var testDescription: String { name }

  static let all: [SaveDance] = [
    SaveDance(
      name: "vim",
      steps: [
        { $0.make("4913") }, { $0.close() }, { $0.test.remove("4913") }, { $0.test.rename("a.md", "a.md~") },
        { $0.make("a.md") }, { $0.put("new ") }, { $0.put("text") }, { _ = fsync($0.file) }, { $0.close() },
        { chmod($0.test.at("a.md"), 0o644) }, { $0.test.remove("a.md~") },
      ]),
    SaveDance(
      name: "vim with backupcopy=yes",
      steps: [
        { $0.make("a.md~") }, { $0.put("old text") }, { $0.close() }, { $0.truncate("a.md") }, { $0.put("new ") },
        { $0.put("text") }, { $0.close() }, { $0.test.remove("a.md~") },
      ]),
    SaveDance(
      name: "vim's swap file",
      steps: [
        { $0.make(".a.md.swp") }, { $0.put("b0VIM") }, { $0.close() }, { $0.truncate("a.md") }, { $0.put("new text") },
        { $0.close() }, { $0.test.remove(".a.md.swp") },
      ]),
    SaveDance(
      name: "Emacs",
      steps: [
        { symlink("user@host.1:2", $0.test.at(".#a.md")) }, { $0.make("#a.md#") }, { $0.put("new") }, { $0.close() },
        { $0.test.rename("a.md", "a.md~") }, { $0.make("a.md") }, { $0.put("new ") }, { $0.put("text") },
        { $0.close() }, { $0.test.remove(".#a.md") }, { $0.test.remove("#a.md#") },
      ]),
    SaveDance(
      name: "VS Code, in place",
      steps: [{ $0.truncate("a.md") }, { $0.put("new ") }, { $0.put("text") }, { $0.close() }],
      patience: 390),
    SaveDance(
      name: "JetBrains",
      steps: [
        { $0.make("a.md___jb_tmp___") }, { $0.put("new ") }, { $0.put("text") }, { $0.close() },
        { $0.test.rename("a.md", "a.md___jb_old___") }, { $0.test.rename("a.md___jb_tmp___", "a.md") },
        { $0.test.remove("a.md___jb_old___") },
      ]),
    SaveDance(
      name: "gedit",
      steps: [
        { $0.make(".goutputstream-AB12CD") }, { $0.put("new text") }, { $0.close() },
        { link($0.test.at("a.md"), $0.test.at("a.md~")) }, { $0.test.rename(".goutputstream-AB12CD", "a.md") },
      ]),
    SaveDance(
      name: "a temporary file and a rename",
      steps: [
        { $0.make("a.md.x8Zk1Q") }, { $0.put("new ") }, { $0.put("text") }, { $0.close() },
        { $0.test.rename("a.md.x8Zk1Q", "a.md") },
      ]),
    SaveDance(
      name: "a temporary file of an agent",
      steps: [
        { $0.make("a.md.tmp.4711.9f3e") }, { $0.put("new text") }, { $0.close() },
        { $0.test.rename("a.md.tmp.4711.9f3e", "a.md") },
      ], patience: 1900),
    SaveDance(
      name: "a temporary file, the old one deleted first",
      steps: [
        { $0.make("a.new") }, { $0.put("new text") }, { $0.close() }, { $0.test.remove("a.md") },
        { $0.test.rename("a.new", "a.md") },
      ], patience: 40),
    SaveDance(
      name: "deleted and made anew",
      steps: [{ $0.test.remove("a.md") }, { $0.make("a.md") }, { $0.put("new ") }, { $0.put("text") }, { $0.close() }],
      patience: 390),
    SaveDance(
      name: "the old one renamed away for the time of the save",
      steps: [
        { $0.test.rename("a.md", "a.old") }, { $0.make("a.md") }, { $0.put("new text") }, { $0.close() },
        { $0.test.remove("a.old") },
      ], patience: 40),
    SaveDance(
      name: "two names swapped",
      steps: [
        { $0.make("a.swap") }, { $0.put("new text") }, { $0.close() }, { $0.exchange("a.swap", "a.md") },
        { $0.test.remove("a.swap") },
      ], patience: 30),
  ]
}

/// A program's one open file.
final class Hands {
  let test: TestBank
  private(set) var file: Int32 = -1

  init(_ test: TestBank) { self.test = test }

  func make(_ name: String) { file = test.open(name, O_WRONLY | O_CREAT | O_EXCL) }
  func truncate(_ name: String) { file = test.open(name, O_WRONLY | O_TRUNC) }
  func put(_ text: String) { test.put(file, text) }
  func close() { test.closeForAll(file) }
  func exchange(_ one: String, _ other: String) { test.exchange(one, other) }
}

@Suite("An editor's save")
struct SaveDanceTests {
  @Test("comes out as one new version, however long it takes", arguments: SaveDance.all, [0, 1, 10, 40, 90, 390, 1900])
  func one(dance: SaveDance, pause: Int64) throws {
    let test = try TestBank()
    test.write("a.md", "old text")
    let follower = try Follower(test)
    let hands = Hands(test)
    for step in dance.steps {
      step(hands)
      follower.pass(min(pause, dance.patience))
    }
    follower.pass(20_000)
    #expect(follower.history.flatMap(\.self) == ["M a.md=new text"])
    #expect(test.names().filter { !$0.hasSuffix("~") } == ["a.md"])
  }

  @Test("is taken at once when it is done", arguments: SaveDance.all.filter { $0.name != "two names swapped" })
  func atOnce(dance: SaveDance) throws {
    let test = try TestBank()
    test.write("a.md", "old text")
    let follower = try Follower(test)
    let hands = Hands(test)
    dance.steps.forEach { $0(hands) }
    follower.pass(0)
    #expect(follower.history.flatMap(\.self) == ["M a.md=new text"])
  }

  @Test("of ten in a row leaves the last")
  func many() throws {
    let test = try TestBank()
    test.write("a.md", "old text")
    let follower = try Follower(test)
    let hands = Hands(test)
    for dance in SaveDance.all + SaveDance.all {
      for step in dance.steps {
        step(hands)
        follower.pass(1)
      }
      follower.pass(500)
      test.remove("a.md~")
      test.write("a.md", "old text")
      follower.pass(500)
    }
    follower.pass(20_000)
    let allowed: Set = ["M a.md=new text", "M a.md=old text"]
    #expect(Set(follower.history.flatMap(\.self)).isSubset(of: allowed))
    #expect(follower.taken == [path("a.md"): "old text"])
  }
}

@Suite("A change in the directory")
struct DirectoryChangeTests {
  let test: TestBank
  let follower: Follower

  init() throws {
    test = try TestBank()
    test.write("a.md", "text")
    test.makeDirectory("d")
    test.write("d/b.md", "b")
    follower = try Follower(test)
  }

  @Test("is a deletion only after two seconds")
  func deletion() {
    test.remove("a.md")
    follower.pass(1990)
    #expect(follower.history == [])
    follower.pass(20)
    #expect(follower.history == [["D a.md"]])
  }

  @Test("is one batch when it is a rename")
  func rename() {
    test.rename("a.md", "c.md")
    follower.pass(299)
    #expect(follower.history == [])
    follower.pass(1)
    #expect(follower.history == [["D a.md", "A c.md=text"]])
  }

  @Test("keeps every file of a directory that is moved, in one batch")
  func directory() {
    test.makeDirectory("d/f")
    test.write("d/f/c.md", "c")
    follower.pass(200)
    test.rename("d", "e")
    follower.pass(300)
    #expect(follower.history == [["A d/f/c.md=c"], ["D d/b.md", "D d/f/c.md", "A e/b.md=b", "A e/f/c.md=c"]])
    test.rename("e", "g")
    test.remove("g/b.md")
    follower.pass(5000)
    #expect(follower.history.last == ["D e/b.md"])
    #expect(follower.taken.keys.sorted() == [path("a.md"), path("g/f/c.md")])
  }

  @Test("of a whole tree that appears is taken whole")
  func tree() {
    let outside = test.root + ".out"
    mkdir(outside, 0o755)
    mkdir(outside + "/x", 0o755)
    let file = creat(outside + "/x/y.md", 0o644)
    test.put(file, "y")
    test.close(file)
    Glibc.rename(outside, test.at("new"))
    follower.pass(100)
    #expect(follower.history == [["A new/x/y.md=y"]])
  }

  @Test("is settled at once by a barrier")
  func barrier() {
    test.write("a.md", "more")
    test.write("c.md", "new")
    test.remove("d/b.md")
    test.makeDirectory("e")
    test.write("e/f.md", "f")
    follower.flush()
    #expect(follower.history == [["M a.md=more", "A c.md=new", "D d/b.md", "A e/f.md=f"]])
  }

  @Test("of a file that is emptied waits for what may follow")
  func emptied() {
    test.write("a.md", "")
    follower.pass(1900)
    #expect(follower.history == [])
    follower.pass(200)
    #expect(follower.history == [["M a.md="]])
  }

  @Test("of a file that is written to for long shows every five seconds")
  func longWriting() {
    let file = test.open("a.md", O_WRONLY | O_APPEND)
    for _ in 0..<80 {
      test.put(file, ".")
      follower.pass(100)
    }
    #expect(follower.history.count == 1)
    test.close(file)
    follower.pass(1)
    #expect(follower.history.count == 2)
    #expect(follower.taken[path("a.md")] == "text" + String(repeating: ".", count: 80))
  }
}

/// The editors themselves.
@Suite("A real editor's save")
struct RealEditorProcessTests {
  static let editors: [(String, [String])] = [
    (
      "vim",
      ["vim", "-u", "NONE", "-N", "-es", "-c", "set nobackup writebackup", "-c", "%s/old/new/", "-c", "wq", "a.md"]
    ),
    (
      "vim, backupcopy",
      ["vim", "-u", "NONE", "-N", "-es", "-c", "set backup backupcopy=yes", "-c", "%s/old/new/", "-c", "wq", "a.md"]
    ),
    (
      "vim, renaming",
      ["vim", "-u", "NONE", "-N", "-es", "-c", "set backup backupcopy=no", "-c", "%s/old/new/", "-c", "wq", "a.md"]
    ),
    ("sed", ["sed", "-i", "s/old/new/", "a.md"]),
    ("sed with a backup", ["sed", "-i~", "s/old/new/", "a.md"]),
    ("ed", ["ed", "-s", "a.md"]),
    ("cp", ["cp", "../source.md", "a.md"]),
    ("cp --remove-destination", ["cp", "-p", "--remove-destination", "../source.md", "a.md"]),
    ("mv", ["mv", "../source.md", "a.md"]),
    ("sh", ["sh", "-c", "echo new text > a.md"]),
    (
      "patch", ["sh", "-c", "printf -- '--- a.md\\n+++ a.md\\n@@ -1 +1 @@\\n-old text\\n+new text\\n' | patch -s a.md"]
    ),
    ("perl", ["perl", "-pi", "-e", "s/old/new/", "a.md"]),
    ("rsync", ["rsync", "-I", "../source.md", "a.md"]),
    ("tee", ["sh", "-c", "echo new text | tee a.md >/dev/null"]),
    ("git", ["sh", "-c", "git apply ../change.patch"]),
  ]

  @Test("comes out as one new version", arguments: editors)
  func edit(name: String, program: [String]) throws {
    guard
      try run(["which", program[0] == "sh" ? program[2].contains("patch -s") ? "patch" : "sh" : program[0]], in: "/")
        .status == 0
    else { return }
    let test = try TestBank()
    test.write("a.md", "old text\n")
    test.write("../source.md", "new text\n")
    test.write("../change.patch", "--- a/a.md\n+++ b/a.md\n@@ -1 +1 @@\n-old text\n+new text\n")
    let follower = try Follower(test)
    _ = try run(program, in: test.root, input: name == "ed" ? "s/old/new/\nw\nq\n" : "")
    follower.pass(0)
    follower.pass(20_000)
    #expect(follower.history.flatMap(\.self) == ["M a.md=new text\n"])
  }
}
