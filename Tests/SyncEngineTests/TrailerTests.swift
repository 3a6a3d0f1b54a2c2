import Support
import SyncEngine
import Testing

@Suite("Trailers of a commit")
struct TrailerTests {
  @Test(
    "are found whatever their value begins with",
    arguments: ["a.md", "\u{301}.md", "\u{fe0f}", "Held-Path: b.md", "é ✓"])
  func values(value: String) {
    let text = CommitMessage.text(subject: "Hold", deltas: [], trailers: [("Held-Path", value), ("Cause", "edit")])
    let found = CommitMessage.trailers(named: "Held-Path", in: text)
    #expect(found.count == 1 && found.allSatisfy { $0.utf8.elementsEqual(value.utf8) })
    #expect(CommitMessage.trailers(named: "Cause", in: text) == ["edit"])
  }
}
