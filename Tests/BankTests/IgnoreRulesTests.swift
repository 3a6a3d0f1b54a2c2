import Bank
import Support
import TestSupport
import Testing

@Suite("Ignore rules")
struct IgnoreRulesTests {
  @Test(
    "ignore by default what no bank wants",
    arguments: [
      ".a.md.swp", "a.md~", "sub/4913", ".#a.md", "#a.md#", "a.md___jb_tmp___", "a.md___jb_old___", "a.md.tmp.123.4f",
      "tmpclaude-1f2e-cwd", ".DS_Store", "node_modules/x/README.md", ".hg/store", ".goutputstream-X1Y2Z3",
      ".a.md.kate-swp", "sedAb12Cd", "a.sync-conflict-20260101-101010-ABCDEFG.md", "a (conflicted copy 2026).md",
      "a (Anna's conflicted copy).md", "a_conflict-20260101-101010.md", ".syncthing.a.md.tmp", ".nfs0001", "a.tmp",
      ".obsidian/workspace-mobile.json", "~$a.docx", "a.md.vsctmp",
    ])
  func byDefault(name: String) {
    #expect(IgnoreRules(patterns: []).ignores(path(name), isDirectory: false))
  }

  @Test(
    "leave documents alone",
    arguments: [
      "a.md", "a.conflict-0123abcd.md", "README.conflict-0123abcd", "docs/4913.md", "sedentary.md", "notes/tmp.md",
      "a.template.md", ".clinerules", "CVS", "node_modules.md", "templates/a.md", "conflict-1.md",
    ])
  func documents(name: String) {
    #expect(!IgnoreRules(patterns: []).ignores(path(name), isDirectory: false))
  }

  @Test("let a pattern take a default back")
  func takenBack() {
    let rules = IgnoreRules(patterns: ["!*.tmp", "!node_modules/", "/private/"])
    #expect(!rules.ignores(path("a.tmp"), isDirectory: false))
    #expect(!rules.ignores(path("node_modules/a.md"), isDirectory: false))
    #expect(rules.ignores(path("private/a.md"), isDirectory: false))
    #expect(!rules.ignores(path("x/private/a.md"), isDirectory: false))
  }

  @Test(
    "take in only what is included",
    arguments: [
      ("a.md", true), ("a.txt", false), ("docs/a.txt", true), ("docs/private/a.txt", false), ("a.md~", false),
      ("x/b.md", true),
    ])
  func include(name: String, isIncluded: Bool) {
    let rules = IgnoreRules(patterns: [], include: ["*.md", "docs/", "!docs/private/"])
    #expect(rules.ignores(path(name), isDirectory: false) == !isIncluded)
    #expect(!rules.ignores(path("docs"), isDirectory: true))
  }

  @Test(
    "pass over in silence what is git's or membank's",
    arguments: [".git", ".GIT", ".membank", ".mb-tmp-0123"])
  func silent(name: String) {
    #expect(IgnoreRules.isSilent(name.utf8))
    #expect(!IgnoreRules.isSilent("a\(name)".utf8))
  }
}

@Suite("Ignore rules that came from a stranger", .timeLimit(.minutes(15)))
struct HostilePatternTests {
  @Test(
    "take no longer for many stars",
    arguments: [
      String(repeating: "**/", count: 300) + "x", String(repeating: "a/**/", count: 200) + "x",
      String(repeating: "*a", count: 300) + "b", String(repeating: "**/*a*/", count: 100) + "**/x",
      "/" + String(repeating: "*/**/", count: 200) + "?x",
    ])
  func stars(pattern: String) {
    let deep = path(String(repeating: "a/", count: 127) + "y")
    let long = path(String(repeating: "a", count: 250))
    let rules = IgnoreRules(patterns: [pattern])
    #expect(!rules.ignores(deep, isDirectory: false))
    #expect(!rules.ignores(long, isDirectory: false))
  }
}

/// Git itself is the judge.
@Suite("Ignore rules against git check-ignore")
struct IgnoreRulesProcessTests {
  static let patternSets: [[String]] = [
    ["*.md", "!a.md", "!d/"], ["/a.md", "d/a.md"], ["d/*", "!d/keep"], ["d/", "!d/keep"], ["**/x", "!d/**/x"],
    ["a/**/z"], ["a/**"], ["/**/q"], ["**"], ["*", "!*/", "!*.md"], ["[a-c].md"], ["[!a-c].md"], ["[^a]*"],
    ["[[:alpha:]].md", "[[:digit:]-]*"], ["[]a].md", "[a-].md"], ["\\#a", "#b", "\\!c", "!d"], ["a\\*.md"],
    ["trail \\ ", "tail   "], ["a?c", "/?"], ["d/e", "!d/e/f.md"], ["e/f.md", "x/"], ["/", "//"], ["a**b", "d/**b"],
    ["d/*/f.md"], ["*/f.md"], ["d*/"], ["foo/\\**"], ["[", "a[", "[a"], ["***/x", "d/***"], ["\\"], ["*~", ".*"],
  ]
  static let names = [
    "a", "b", "a.md", "b.md", "d.md", "].md", "-.md", "#a", "#b", "!c", "a*.md", "abc", "trail  ", "tail", "tail   ",
    "x", "q", "z", "keep", "f.md", "acb", "aXb", ".hidden", "foo", "*x", "[", "[a", "5.md", "\\",
  ]

  @Test("give its answers", arguments: patternSets)
  func oracle(patterns: [String]) throws { try compare(patterns) }

  @Test("give its answers to patterns made at random", arguments: 0..<20)
  func random(seed: UInt64) throws {
    let random = Sequence(seed)
    let pieces = ["*", "**", "?", "/", "a", "b", "d", "e", ".md", "[a-c]", "[!a]", "\\*", "x", "!", "z"]
    try compare(
      (0..<4).map { _ in
        (0..<Int(1 + random.next() % 6)).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
      })
  }

  @Test("give its answers to the defaults")
  func defaults() throws {
    let names = ["a.md~", ".a.swp", "4913", "x.tmp", "#x#", "a.conflict1", "a.conflict-1", "sed123456", "a.tmp.1.a"]
    try compare(IgnoreRules.defaults.filter { $0 != ".git/" }, names: names + ["node_modules", "CVS", ".idea"])
  }

  private func compare(_ patterns: [String], names: [String] = names) throws {
    let directory = try TemporaryDirectory()
    _ = try run(["git", "init", "-q", "."], in: directory.path)
    let rules = IgnoreRules(patterns: patterns)
    // The defaults are out of the way: git doesn't know them.
    let parents = ["", "d/", "d/e/", "a/b/c/", "foo/"]
    let paths =
      parents.flatMap { parent in names.map { parent + $0 } }
      .filter { path in
        (try? BankPath(path)).map { !IgnoreRules(patterns: []).ignores($0, isDirectory: false) } ?? false
      }
      + (patterns == IgnoreRules.defaults.filter { $0 != ".git/" } ? names : [])
    _ = try run(
      ["sh", "-c", "cat > .git/info/exclude"], in: directory.path, input: patterns.joined(separator: "\n") + "\n")
    let question = paths.joined(separator: "\0") + "\0"
    for isDirectory in [false, true] {
      // Git looks whether a directory stands there; what doesn't exist it takes for a file.
      if isDirectory { _ = try run(["xargs", "-0", "mkdir", "-p", "--"], in: directory.path, input: question) }
      let answer = try run(
        ["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "-z", "--no-index", "--stdin"], in: directory.path,
        input: question)
      let ignored = Set(answer.output.split(separator: "\0").map(String.init))
      for path in paths {
        let ours = rules.ignores(try BankPath(path), isDirectory: isDirectory)
        #expect(ours == ignored.contains(path), "\(path) by \(patterns), directory: \(isDirectory)")
      }
    }
  }
}

/// Numbers that a seed determines (SplitMix64).
final class Sequence: RandomSource {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
