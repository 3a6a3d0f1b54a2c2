import Glibc
import Support
import Testing

@testable import History

@Suite("Refs")
struct RefsTests {
  let fixture: Fixture
  let one = ObjectID.blob(of: [1])
  let two = ObjectID.blob(of: [2])
  init() throws { fixture = try Fixture() }

  @Test("move only from the value that was expected")
  func compareAndSet() throws {
    let history = fixture.history
    let name = "refs/heads/main"
    #expect(try history.ref(name) == nil)
    try history.setRef(name, to: one, expecting: nil)
    for wrong in [nil, two] {
      do {
        try history.setRef(name, to: two, expecting: wrong)
        Issue.record("moved from a value it hadn't")
      } catch { #expect(error.kind == .moved) }
    }
    #expect(try history.ref(name) == one)
    try history.setRef(name, to: two, expecting: one)
    #expect(try history.ref(name) == two)
    try history.deleteRef(name)
    try history.deleteRef(name)
    #expect(try history.ref(name) == nil)
  }

  @Test("are listed by prefix, as whole components, in order")
  func listing() throws {
    for name in ["refs/remotes/b/main", "refs/remotes/a/main", "refs/remotesx/main", "refs/heads/main"] {
      try fixture.history.forceRef(name, to: one)
    }
    #expect(
      try fixture.history.refs(under: "refs/remotes").map(\.name) == ["refs/remotes/a/main", "refs/remotes/b/main"])
    #expect(try fixture.history.refs(under: "refs/remotes/").count == 2)
    #expect(try fixture.history.refs(under: "refs/none").isEmpty)
  }

  @Test(
    "refuse names that git would refuse, or that lead elsewhere",
    arguments: [
      "", "main", "HEAD", "refs/main", "refs/heads/", "refs//main", "refs/heads/../../x", "refs/heads/.x",
      "refs/heads/x.lock", "refs/heads/a b", "refs/heads/a\u{0}b", "refs/heads/a~", "refs/heads/a:b", "refs/heads/x.",
      "/refs/heads/x", "refs/heads/a@{1}", "refs/heads/.\u{301}x", "refs/heads/a..\u{301}b", "refs/heads/a@{\u{301}1}",
      "refs/heads/a:\u{301}b", "refs/heads/x.\u{301}/y.lock",
    ])
  func names(name: String) {
    #expect(throws: HistoryError.self) { try fixture.history.forceRef(name, to: one) }
    #expect(throws: HistoryError.self) { try fixture.history.ref(name) }
  }

  @Test("stand where a deleted folder of refs stood")
  func folders() throws {
    let history = fixture.history
    try history.forceRef("refs/rescue/a/b/c", to: one)
    #expect(throws: HistoryError.self) { try history.forceRef("refs/rescue/a/b", to: one) }
    try history.deleteRef("refs/rescue/a/b/c")
    try history.forceRef("refs/rescue/a", to: two)
    mkdir(fixture.path + "/refs/rescue/d", 0o700)
    mkdir(fixture.path + "/refs/rescue/d/e", 0o700)
    try history.forceRef("refs/rescue/d", to: two)
    #expect(try history.refs(under: "refs").map(\.name) == ["refs/rescue/a", "refs/rescue/d"])
  }

  @Test("that are torn are damage, and can be forced", arguments: ["", "\0\0\0\0", "12345", "zz\n"])
  func torn(text: String) throws {
    let file = fopen(fixture.path + "/refs/heads/main", "w")
    fwrite(text, 1, text.utf8.count, file)
    fclose(file)
    do {
      _ = try fixture.history.ref("refs/heads/main")
      Issue.record("read a torn ref")
    } catch { #expect(error.kind == .damaged) }
    #expect(try fixture.history.refs(under: "refs/heads").isEmpty)
    try fixture.history.forceRef("refs/heads/main", to: one)
    #expect(try fixture.history.ref("refs/heads/main") == one)
  }

  @Test("are taken over from a process that was killed while it held the lock")
  func staleLock() throws {
    fixture.history.references = RefStore(directory: fixture.history.directory, patience: 10)
    close(creat(fixture.path + "/refs/heads/main.lock", 0o644))
    try fixture.history.forceRef("refs/heads/main", to: one)
    #expect(try fixture.history.ref("refs/heads/main") == one)
    #expect(access(fixture.path + "/refs/heads/main.lock", F_OK) != 0)
  }
}

@Suite("Refs, shared with git")
struct RefsProcessTests {
  @Test("that git has packed are read, moved and deleted")
  func packed() throws {
    let fixture = try Fixture()
    let history = fixture.history
    let commits = try fixture.line(3)
    try history.forceRef("refs/heads/main", to: commits[0])
    try history.forceRef("refs/heads/side", to: commits[1])
    try fixture.git("tag", "-a", "-m", "t", "v1", commits[2].description)
    try fixture.git("pack-refs", "--all")
    #expect(try history.ref("refs/heads/main") == commits[0])
    try history.setRef("refs/heads/main", to: commits[1], expecting: commits[0])
    #expect(try history.resolve("v1") == commits[2])
    try history.deleteRef("refs/heads/side")
    #expect(try fixture.git("for-each-ref", "--format=%(refname)").lines == ["refs/heads/main", "refs/tags/v1"])
    try fixture.git("update-ref", "refs/heads/main", commits[2].description, commits[1].description)
    #expect(try history.ref("refs/heads/main") == commits[2])
    #expect(try fixture.git("rev-parse", "v1^{}").lines == [commits[2].description])
    #expect(try fixture.git.complaints() == "")
  }
}
