import MarkdownMerge
import Testing

@Suite("Conflict copies that hold parts")
struct ConflictCopyTests {
  private static let base = "# A\n\n## B\n\nold focus\n\n- **State:** red\n- x\n"
  private static let mine = "# A\n\n## B\n\nmy focus\n\n- **State:** green\n- x\n"
  private static let theirs = "# A\n\n## B\n\ntheir focus\n\n- **State:** blue\n- x\n- y\n"

  /// The merged text and the copy.
  private static func parts(
    _ base: String = base, _ mine: String = mine, _ theirs: String = theirs
  ) throws -> (text: [UInt8], copy: ConflictCopy) {
    let outcome = StructuralMerge.merge(base: Array(base.utf8), earlier: Array(mine.utf8), later: Array(theirs.utf8))
    guard case .partly(let text, let parts) = outcome else { throw Unexpected(outcome: outcome) }
    return (text, ConflictCopy(parts))
  }

  private struct Unexpected: Error { let outcome: MergeOutcome }

  @Test("say where each part belongs, and are read again")
  func readable() throws {
    let (_, copy) = try Self.parts()
    let bytes = try #require(copy.bytes(path: "notes/a.md"))
    #expect(
      String(decoding: bytes, as: UTF8.self) == """
        <!-- membank: parts of notes/a.md that did not merge; `membank conflicts` shows and resolves them -->

        <!-- membank part: under "A > B", in place of 11 bytes \(copy.parts[0].standing) -->
        my focus

        <!-- membank part: under "A > B", in place of 17 bytes \(copy.parts[1].standing) -->
        - **State:** green

        """)
    #expect(ConflictCopy(parsing: bytes) == copy)
  }

  @Test("are brought back in, or put beside what stands, each part in its place")
  func resolved() throws {
    let (text, copy) = try Self.parts()
    #expect(String(decoding: text, as: UTF8.self) == Self.theirs)
    let replaced = try #require(copy.resolving(.replace, in: text))
    #expect(String(decoding: replaced, as: UTF8.self) == Self.mine + "- y\n")
    let appended = try #require(copy.resolving(.append, in: text))
    #expect(
      String(decoding: appended, as: UTF8.self)
        == "# A\n\n## B\n\ntheir focus\n\nmy focus\n\n- **State:** blue\n- **State:** green\n- x\n- y\n")
    // Done again, after a kill in between perhaps, nothing happens twice.
    #expect(copy.resolving(.replace, in: replaced) == replaced)
    #expect(copy.resolving(.append, in: appended) == appended)
  }

  @Test("are not brought back where what they are versions of has changed")
  func changed() throws {
    let (text, copy) = try Self.parts()
    let other = Array(String(decoding: text, as: UTF8.self).replacing("their focus", with: "another").utf8)
    #expect(copy.resolving(.replace, in: other) == nil)
    #expect(copy.resolving(.append, in: other) == nil)
    #expect(copy.places(in: other)[0] == nil && copy.places(in: other)[1] != nil)
  }

  @Test("find their place by the headings where the same text stands twice")
  func twins() throws {
    let base = "## A\n\n- **State:** red\n\n## B\n\n- **State:** blue\n"
    let (text, copy) = try Self.parts(
      base, base.replacing("red", with: "green"), base.replacing("red", with: "blue") + "- n\n")
    let replaced = try #require(copy.resolving(.replace, in: text))
    #expect(String(decoding: replaced, as: UTF8.self) == base.replacing("red", with: "green") + "- n\n")
  }

  @Test("keep line ends and a missing last one", arguments: ["\n", "\r\n"])
  func lineEnds(end: String) throws {
    let texts = [Self.base, Self.mine, Self.theirs].map { String($0.dropLast()).replacing("\n", with: end) }
    let (text, copy) = try Self.parts(texts[0], texts[1], texts[2])
    let replaced = try #require(copy.resolving(.replace, in: text))
    #expect(String(decoding: replaced, as: UTF8.self) == (Self.mine + "- y").replacing("\n", with: end))
    let bytes = try #require(copy.bytes(path: "a.md"))
    #expect(ConflictCopy(parsing: bytes)?.resolving(.replace, in: text) == replaced)
  }

  @Test("are not made of text that looks like their own lines")
  func forged() throws {
    let (_, copy) = try Self.parts(
      "```\nold\n```\n", "```\n<!-- membank part: x -->\n```\n", "```\nnew\n```\n")
    #expect(copy.bytes(path: "a.md") == nil)
  }

  @Test(
    "are told from other texts",
    arguments: [
      "", "text\n", "<!-- membank: parts of a.md -->\n",
      "<!-- membank: parts of a.md -->\n\n<!-- membank part: -->\nx\n",
      "<!-- membank: parts of a.md -->\n\n<!-- membank part: in place of x bytes 00 -->\nx\n",
      "<!-- membank: parts of a.md -->\n\n<!-- membank part: under \"A, in place of 1 bytes \(String(repeating: "0", count: 40)) -->\nx\n",
    ])
  func others(text: String) { #expect(ConflictCopy(parsing: Array(text.utf8)) == nil) }

  @Test("name headings that try to end the comment without letting them")
  func headings() throws {
    let heading = "A --> \"b\", in place of 9 bytes"
    let (_, copy) = try Self.parts(
      "# \(heading)\n\nold\n", "# \(heading)\n\nmine\n", "# \(heading)\n\ntheirs\n")
    let bytes = try #require(copy.bytes(path: "a--b.md"))
    #expect(String(decoding: bytes, as: UTF8.self).split(separator: "-->").count == 3)
    #expect(ConflictCopy(parsing: bytes) == copy)
  }
}
