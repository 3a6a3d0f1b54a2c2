import MarkdownMerge
import Testing

@Suite("What is no text that anybody writes", .timeLimit(.minutes(10)))
struct HostileInputTests {
  private static func refusal(_ base: String, _ one: String, _ other: String) -> MergeOutcome.Refusal? {
    merge(base, one, other).refusal
  }

  @Test("is refused: bytes that are not UTF-8, or NUL", arguments: [[0xff, 0x0a], [0x61, 0, 0x0a]] as [[UInt8]])
  func undecodable(bytes: [UInt8]) {
    for texts in [[bytes, [1], [2]], [[1], bytes, [2]], [[1], [2], bytes]] as [[[UInt8]]] {
      #expect(StructuralMerge.merge(base: texts[0], earlier: texts[1], later: texts[2]) == .refused(.notText))
    }
  }

  @Test("is refused: more than a megabyte, a million list items among them")
  func large() {
    let items = String(repeating: "- a\n", count: 1_000_000)
    #expect(Self.refusal(items, items + "- b\n", "- c\n" + items) == .tooLarge)
  }

  @Test("is refused: too many blocks")
  func many() {
    let items = String(repeating: "- a\n", count: 70_000)
    #expect(Self.refusal(items, items + "- b\n", "- c\n" + items) == .tooComplex)
  }

  @Test(
    "is refused: deep nesting",
    arguments: [
      String(repeating: ">", count: 200_000) + " a\n", String(repeating: "- ", count: 100_000) + "a\n",
      (0..<400).map { String(repeating: "  ", count: $0) + "- a\n" }.joined(),
      String(repeating: "1. ", count: 50_000) + "a\n",
    ])
  func deep(text: String) { #expect(Self.refusal(text, text + "b\n", "c\n" + text) == .tooComplex) }

  @Test("is refused: versions that differ in every line")
  func different() {
    let texts = ["a", "b", "c"].map { word in (0..<4000).map { "\(word)\($0) is \(word)\($0 * 7)\n\n" }.joined() }
    #expect([.tooDifferent, .writtenAnew].contains(Self.refusal(texts[0], texts[1], texts[2])))
  }

  @Test("is refused: a text that one side has written anew, and the other has changed")
  func anew() {
    let base = (0..<20).map { "- old item number \($0) of the list\n" }.joined()
    let anew = (0..<20).map { "Quite another sentence, \($0).\n\n" }.joined()
    #expect(Self.refusal(base, anew, base + "- one more\n") == .writtenAnew)
    #expect(Self.refusal(base, base + "- one more\n", anew) == .writtenAnew)
    #expect(merge(base, base, anew).text == anew)
  }

  @Test("is refused: equal lines without end, in another order each")
  func twins() {
    let texts = [3, 5, 7].map { step in (0..<6000).map { $0 % step < 2 ? "- a\n" : "- b\n" }.joined() }
    #expect(Self.refusal(texts[0], texts[1], texts[2]) != nil)
  }

  @Test(
    "is merged in time: lines of a megabyte, inline marks without end, wide tables, front matter without end",
    arguments: [
      String(repeating: "x", count: 1_000_000), String(repeating: "word ", count: 200_000),
      String(repeating: "[", count: 500_000), String(repeating: "*a_ ", count: 200_000),
      String(repeating: "`a``b", count: 200_000), String(repeating: "<!-- ", count: 100_000),
      String(repeating: "![](", count: 100_000), String(repeating: "&amp;", count: 100_000),
      "|" + String(repeating: "a|", count: 1000) + "\n|" + String(repeating: "-|", count: 1000) + "\n"
        + String(repeating: "|x|\n", count: 5_000),
      "---\n" + (0..<1900).map { "key\($0): value\n" }.joined() + "---\n",
      "---\n" + String(repeating: "a: &a [*a, *a]\n", count: 1900) + "---\n",
    ])
  func inTime(text: String) {
    // Ahead of its opening line there is no front matter.
    let (head, body) = text.hasPrefix("---") ? (text, "") : ("", text)
    let outcome = merge(
      "\(head)\n\(body)\n\nend\n", "\(head)\nfirst\n\n\(body)\n\nend\n", "\(head)\n\(body)\n\nend\n\nlast\n")
    #expect(outcome.text == "\(head)\nfirst\n\n\(body)\n\nend\n\nlast\n")
  }
}
