import History
import Support
import Testing

@Suite("Questions about the past")
struct QueriesProcessTests {
  let fixture: Fixture
  init() throws { fixture = try Fixture() }

  private func paths(_ texts: String...) throws -> Set<BankPath> { Set(try texts.map { try BankPath($0) }) }

  @Test("find who gave a path what it has")
  func givers() throws {
    let history = fixture.history
    let root = try fixture.commit(["a.md": "1", "b.md": "1", "c.md": "1", "d/e.md": "1"], at: 100)
    let left = try fixture.commit(["a.md": "2"], on: [root], at: 200)
    let right = try fixture.commit(["b.md": "2"], on: [root], at: 300)
    // The merge takes a from the left, b from the right, and has its own c.
    let merge = try fixture.commit(["b.md": "2", "c.md": "3"], on: [left, right], at: 400)
    let again = try fixture.commit(["a.md": "1"], on: [merge], at: 500)
    let back = try fixture.commit(["a.md": "2"], on: [again], at: 600)
    let all = try paths("a.md", "b.md", "c.md", "d/e.md", "none.md")
    let found = try history.givers(of: all, at: back, excluding: [])
    #expect(found[try BankPath("a.md")] == back)
    #expect(found[try BankPath("b.md")] == right)
    #expect(found[try BankPath("c.md")] == merge)
    #expect(found[try BankPath("d/e.md")] == root)
    #expect(found.count == 4)
    #expect(try history.givers(of: all, at: back, excluding: [merge]) == [BankPath("a.md"): back])
    #expect(try history.givers(of: [], at: back, excluding: []).isEmpty)
  }

  @Test("tell what a path ever held")
  func everHeld() throws {
    let history = fixture.history
    let commits = try fixture.line(20)
    let path = try BankPath("notes/file1.md")
    for (index, commit) in commits.enumerated() {
      guard let blob = try history.entry(path, inTree: history.commit(commit).tree)?.blob else { continue }
      #expect(try history.everHeld(path, blob, at: commits[19]))
      #expect(try history.everHeld(path, blob, at: commits[index]))
      #expect(try !history.everHeld(BankPath("other.md"), blob, at: commits[19]))
    }
    // What came later was not held earlier.
    let last = try #require(try history.entry(path, inTree: history.commit(commits[19]).tree)).blob
    #expect(try history.everHeld(path, last, at: commits[16]))
    #expect(try !history.everHeld(path, last, at: commits[15]))
    // A side branch knows only its own.
    let side = try fixture.commit(["notes/file1.md": "side"], on: [commits[3]], at: 1_900_000_000)
    let blob = ObjectID.blob(of: Array("side".utf8))
    #expect(try history.everHeld(path, blob, at: side))
    #expect(try !history.everHeld(path, blob, at: commits[19]))
    let merge = try fixture.commit([:], on: [commits[19], side], at: 1_900_000_100)
    #expect(try history.everHeld(path, blob, at: merge))
  }

  @Test("follow a file through its renames, as git log --follow does")
  func following() throws {
    let text = (0..<30).map { "line \($0)\n" }.joined()
    var commits = [try fixture.commit(["a.md": text, "x.md": "x\n"], at: 100)]
    func next(_ files: [String: String?]) throws {
      commits.append(try fixture.commit(files, on: [commits[commits.count - 1]], at: 100 * Int64(commits.count + 1)))
    }
    try next(["a.md": text + "more\n"])
    try next(["x.md": "y\n"])
    try next(["a.md": nil, "d/b.md": text + "more\n"])
    try next(["d/b.md": text + "more\nand more\n"])
    try next(["d/b.md": nil, "c.md": text + "more\nand more\nand yet more\n"])
    try next(["x.md": "z\n", "d/b.md": "another file of that name\n"])
    let head = commits[commits.count - 1]
    try fixture.history.forceRef("refs/heads/main", to: head)
    for path in ["c.md", "x.md", "d/b.md"] {
      let theirs = try fixture.git("log", "--follow", "--format=%H", "main", "--", path).lines
      let ours = try fixture.history.history(of: BankPath(path), at: head, limit: nil)
      if path == "d/b.md" {
        // git's --follow forgets that the name was another file's; here the older one is told as well.
        #expect(ours.map(\.description).starts(with: theirs))
      } else {
        #expect(ours.map(\.description) == theirs)
      }
    }
    #expect(try fixture.history.history(of: BankPath("c.md"), at: head, limit: 2) == [commits[5], commits[4]])
    #expect(try fixture.history.history(of: BankPath("none.md"), at: head, limit: nil).isEmpty)
    #expect(try fixture.history.changes(of: commits[3]).map(\.path.description) == ["a.md", "d/b.md"])
    #expect(try fixture.history.changes(of: commits[0]).count == 2)
  }

  @Test("pair the files that were renamed, as git diff -M does")
  func renames() throws {
    func text(_ name: String, _ changed: Int) -> String {
      (0..<40).map { $0 < changed ? "\(name) new line number \($0)\n" : "\(name) line number \($0)\n" }.joined()
    }
    let one = try fixture.commit([
      "same.md": text("s", 0), "tie/same.md": text("s", 0), "little.md": text("l", 0), "much.md": text("m", 0),
      "all.md": text("a", 0), "empty.md": "", "stays.md": text("t", 0),
    ])
    let two = try fixture.commit(
      [
        "same.md": nil, "tie/same.md": nil, "moved/same.md": text("s", 0), "other.md": text("s", 0),
        "little.md": nil, "little-new.md": text("l", 5), "much.md": nil, "much-new.md": text("m", 16),
        "all.md": nil, "all-new.md": text("z", 0), "empty.md": nil, "empty-new.md": "", "stays.md": text("t", 3),
      ], on: [one])
    let (old, new) = try (fixture.history.commit(one).tree, fixture.history.commit(two).tree)
    let ours = try fixture.history.renames(in: fixture.history.diff(old, new)).map { "\($0.from) \($0.to)" }
    let theirs = try fixture.git(
      "diff-tree", "-r", "-M50%", "--diff-filter=R", "--name-status", old.description, new.description
    )
    .lines.map { $0.split(separator: "\t").dropFirst().joined(separator: " ") }
    // Which of two equal files went where is anybody's guess, and git doesn't track empty ones.
    #expect(
      ours.filter { !$0.contains("same") && !$0.contains("empty") }
        == theirs.filter { !$0.contains("same") && !$0.contains("empty") })
    #expect(ours.contains("same.md moved/same.md"))
    #expect(ours.contains("tie/same.md other.md"))
    #expect(ours.count == 5)
  }

  @Test("understand what a person types, as git does")
  func resolve() throws {
    let history = fixture.history
    let commits = try fixture.line(6)
    let merge = try fixture.commit([:], on: [commits[5], commits[2]], at: 1_900_000_000)
    try history.forceRef("refs/heads/main", to: merge)
    try history.forceRef("refs/remotes/origin/main", to: commits[3])
    try history.forceRef("refs/rescue/x", to: commits[1])
    for text in [
      "HEAD", "main", "HEAD~3", "main^", "main^2", "main^2~1", "@", "HEAD^0", "heads/main", "origin/main", "rescue/x",
      "refs/rescue/x", "HEAD~1^1~1", commits[4].description, commits[4].short(10), "HEAD~",
    ] {
      let theirs = try fixture.git("rev-parse", "--verify", text).lines[0]
      #expect(try history.resolve(text)?.description == theirs, "\(text)")
    }
    for text in [
      "", "none", "HEAD~99", "HEAD^3", "abc", "HEAD~x", "~1", ObjectID.blob(of: [5]).description, "main~9999999999",
      "../x",
    ] {
      #expect(try history.resolve(text) == nil, "\(text)")
    }
    try history.repack()
    #expect(try history.resolve(commits[4].short(10)) == commits[4])
    // Two commits whose ids begin alike.
    let tree = try history.commit(merge).tree
    var seen: [String: ObjectID] = [:]
    var index = 0
    while true {
      index += 1
      let id = try history.writeCommit(
        tree: tree, parents: [], author: Fixture.person(1), committer: Fixture.person(1), message: "\(index)")
      guard let other = seen.updateValue(id, forKey: id.short(4)) else { continue }
      #expect(other != id)
      #expect(throws: HistoryError.self) { try history.resolve(id.short(4)) }
      break
    }
  }
}
