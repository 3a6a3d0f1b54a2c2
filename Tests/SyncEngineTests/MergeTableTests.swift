import Support
import SyncEngine
import Testing

@Suite("The table of merge strategies")
struct MergeTableTests {
  private static func table(_ rules: [(String, String)]) -> MergeTable? {
    MergeTable(rules.map { NamedSettings(name: $0.0, settings: [Setting("strategy", $0.1)]) })
  }

  @Test(
    "names a strategy for each file: the last rule that names it, else blocks for Markdown and lines for the rest",
    arguments: [
      ("a.md", MergeStrategy.structural), ("d/B.Markdown", .structural), ("a.txt", .lines), ("log/a.md", .union),
      ("log/deep/a.md", .union), ("log/x.copy.md", .copy), ("x.copy.md", .copy), ("d/newest.json", .newest),
      ("notes.txt", .structural),
    ])
  func strategies(path: String, strategy: MergeStrategy) throws {
    let table = try #require(
      Self.table([("log/", "union"), ("*.copy.md", "copy"), ("newest.json", "newest"), ("/notes.txt", "structural")]))
    #expect(table.strategy(for: try BankPath(path)) == strategy)
  }

  @Test("is the same when it has been through a commit's message")
  func message() throws {
    let table = try #require(
      Self.table([("a b *.md", "union"), ("ümlaut/**", "copy"), ("#x", "newest"), ("*.md", "lines")]))
    let text = CommitMessage.text(
      subject: "Update a.md", deltas: [], trailers: [("Origin", "x")] + table.trailers + [("Cause", "edit")])
    #expect(MergeTable(message: text) == table)
    #expect(MergeTable(message: "Update a.md\n") == .standard)
    #expect(MergeTable.standard.trailers.isEmpty)
  }

  @Test(
    "passes over what is no rule",
    arguments: [
      "Merge-Strategy: guess *.md", "Merge-Strategy: union", "Merge-Strategy: union !*.md", "Merge-Strategy:",
    ])
  func noRule(line: String) { #expect(MergeTable(message: "Subject\n\n\(line)\n") == .standard) }

  @Test("of a configuration without rules is none, so that the bank's other replicas say what holds")
  func none() { #expect(Self.table([]) == nil) }
}
