import History
import Support
import SyncEngine
import TestSupport
import Testing

@Suite("Two replicas that edit the same Markdown", .timeLimit(.minutes(15)), .everyServer, .namingServer)
struct StructuralMergeProcessTests {
  private static let base = "# Plan\n\n## Focus\n\nThe importer.\n\n## Tasks\n\n- [ ] first task\n- [ ] second task\n"

  let server: RedisServer
  let one: TestReplica
  let other: TestReplica

  init() throws {
    server = try RedisServer()
    one = try TestReplica("one", servers: [server])
    other = try TestReplica("two", servers: [server], joins: true)
  }

  private func start(_ files: [String: String]) throws {
    for (name, text) in files { try one.write(name, text) }
    try one.pass()
    try other.pass()
  }

  /// Passes until neither has anything to do, and looks that neither has.
  private func settle() throws {
    for _ in 0..<4 {
      try one.pass()
      try other.pass()
    }
    let head = try #require(one.engine.main)
    #expect(other.engine.main == head)
    #expect(one.files == other.files)
    try one.pass()
    try other.pass()
    #expect(one.engine.main == head && other.engine.main == head)
  }

  private func edit(_ replica: TestReplica, _ changes: [(String, String)]) throws {
    var text = try #require(replica.read("plan.md"))
    for (old, new) in changes { text = text.replacing(old, with: new) }
    try replica.write("plan.md", text)
  }

  @Test("merge what goes together")
  func merged() throws {
    try start(["plan.md": Self.base])
    try edit(one, [("- [ ] first", "- [x] first"), ("second task\n", "second task\n- [ ] third task\n")])
    try edit(other, [("- [ ] second task\n", "- [x] second task\n- [ ] fourth task\n")])
    try settle()
    #expect(
      one.read("plan.md") == "# Plan\n\n## Focus\n\nThe importer.\n\n## Tasks\n\n"
        + "- [x] first task\n- [x] second task\n- [ ] third task\n- [ ] fourth task\n"
        || one.read("plan.md") == "# Plan\n\n## Focus\n\nThe importer.\n\n## Tasks\n\n"
          + "- [x] first task\n- [x] second task\n- [ ] fourth task\n- [ ] third task\n"
    )
    #expect(one.files.count == 1)
  }

  @Test("set aside what doesn't, alone, with where it belongs; each way of resolving ends it on both")
  func setAside() throws {
    try start(["plan.md": Self.base])
    one.clock.advance(seconds: 10)
    other.clock.advance(seconds: 20)
    try edit(one, [("The importer.", "The parser."), ("- [ ] first", "- [x] first")])
    try edit(other, [("The importer.", "The exporter."), ("second task\n", "second task\n- [ ] third task\n")])
    try settle()
    let merged =
      "# Plan\n\n## Focus\n\nThe exporter.\n\n## Tasks\n\n- [x] first task\n- [ ] second task\n- [ ] third task\n"
    #expect(one.read("plan.md") == merged)
    let conflict = try #require(one.engine.conflicts.first)
    #expect(one.engine.conflicts.count == 1 && one.files.count == 2)
    let aside = try #require(one.read(conflict.copy.description))
    #expect(aside.contains("under \"Plan > Focus\"") && aside.contains("plan.md"))
    #expect(aside.hasSuffix("-->\nThe parser.\n"))
    let parts = ConflictPart.parts(of: Array(aside.utf8), standing: Array(merged.utf8))
    #expect(parts.map(\.standing) == [Array("The exporter.\n".utf8)])
    #expect(parts.map(\.aside) == [Array("The parser.\n".utf8)])
    try one.engine.resolve(conflict, .theirs)
    try settle()
    #expect(other.files == ["plan.md": merged.replacing("exporter", with: "parser")])
  }

  @Test("bring back a part where it belongs although the rest has changed since, but not where that itself has")
  func resolvedLater() throws {
    try start(["plan.md": Self.base])
    try edit(one, [("The importer.", "The parser.")])
    try edit(other, [("The importer.", "The exporter.")])
    try settle()
    let standing = try #require(one.read("plan.md")).contains("parser") ? "The parser." : "The exporter."
    try edit(one, [("# Plan\n", "# Plan\n\nOf the week.\n"), ("second", "2nd")])
    try one.pass()
    try one.engine.resolve(try #require(one.engine.conflicts.first), .both)
    let both = standing == "The parser." ? "The parser.\n\nThe exporter.\n" : "The exporter.\n\nThe parser.\n"
    #expect(one.read("plan.md")?.contains("# Plan\n\nOf the week.\n\n## Focus\n\n\(both)\n## Tasks") == true)
    try settle()
    #expect(other.engine.conflicts.isEmpty)

    try edit(one, [("The parser.", "The parser, fast.")])
    try edit(other, [("The parser.", "The parser, small.")])
    try settle()
    let last = try #require(one.engine.conflicts.first)
    try edit(one, [("The parser, fast.", "Neither."), ("The parser, small.", "Neither.")])
    try one.pass()
    let conflict = try #require(one.engine.conflicts.first)
    #expect(conflict.copy == last.copy)
    #expect(throws: ResolutionError.displaced(try BankPath("plan.md"))) { try one.engine.resolve(conflict, .theirs) }
    #expect(one.files.count == 2)
  }

  @Test("converge with different strategies, and go by the table that the commits carry", arguments: [true, false])
  func strategies(bothSay: Bool) throws {
    let rules = { (name: String) in
      MergeTable([NamedSettings(name: "*.md", settings: [Setting("strategy", name)])])
    }
    one.engine.settings.mergeTable = rules("union")
    if bothSay { other.engine.settings.mergeTable = rules("copy") }
    try start(["plan.md": "one line\n"])
    for round in 1...4 {
      one.clock.advance(seconds: 10)
      other.clock.advance(seconds: round % 2 == 0 ? 5 : 20)
      try one.write("plan.md", "by one in round \(round)\n")
      try other.write("plan.md", "by the other in round \(round)\n")
      try settle()
      // Neither of them asks the configuration: both made the same merge of the same parents.
      let merge = try one.engine.history.commit(try #require(one.engine.main))
      #expect(merge.message.contains("Merge-Strategy: "))
    }
    let isUnion = !bothSay
    #expect(one.engine.conflicts.isEmpty == isUnion)
    if isUnion { #expect(one.read("plan.md") == "by one in round 4\nby the other in round 4\n") }
  }

  @Test(
    "keep the newer of two versions, or both whole, where the table says so", arguments: ["newest", "copy", "lines"])
  func whole(strategy: String) throws {
    one.engine.settings.mergeTable = MergeTable([
      NamedSettings(name: "plan.md", settings: [Setting("strategy", strategy)])
    ])
    try start(["plan.md": Self.base])
    one.clock.advance(seconds: 10)
    other.clock.advance(seconds: 20)
    let mine = Self.base.replacing("- [ ] first", with: "- [x] first")
    let theirs = Self.base.replacing("- [ ] second", with: "- [x] second")
    try one.write("plan.md", mine)
    try other.write("plan.md", theirs)
    try settle()
    #expect(one.read("plan.md") == theirs)
    #expect(one.engine.conflicts.count == (strategy == "newest" ? 0 : 1))
    if strategy != "newest" { #expect(Set(one.files.values) == [mine, theirs]) }
  }
}
