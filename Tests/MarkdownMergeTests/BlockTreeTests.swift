import GeneratedBanks
import Testing

@testable import MarkdownMerge

@Suite("Texts taken apart into blocks")
struct BlockTreeTests {
  /// The kinds of blocks, nested in parentheses.
  private func outline(_ text: String) -> String {
    guard let tree = BlockTree(SourceText(lines: Array(text.utf8)), from: 0) else { return "none" }
    func outline(_ block: Int) -> String {
      let below = tree.blocks[block].children.map(outline).joined(separator: " ")
      return "\(tree.blocks[block].kind)" + (below.isEmpty ? "" : "(\(below))")
    }
    return outline(0)
  }

  @Test(
    "know sections, lists, tables, and what is a whole",
    arguments: [
      ("", "root"), ("a\nb\n\nc\n", "root(paragraph paragraph)"),
      ("# A\na\n## B\n- b\n# C\n", "root(heading(paragraph heading(item)) heading)"),
      ("A\n===\nB\n---\n", "root(heading(heading))"), ("- a\n  - b\n    more\n- c\n", "root(item(item) item)"),
      ("- a\n\n  more\n\n  - b\n\n  end\n", "root(item(item paragraph))"), ("- - a\n", "root(item)"),
      ("1. a\n2. b\n", "root(item item)"), ("```\n# a\n- b\n```\n# c\n", "root(code heading)"),
      ("> # a\n> - b\n", "root(quote)"), ("<div>\n# a\n</div>\n\n# b\n", "root(html heading)"),
      ("| a |\n|---|\n| 1 |\n| 2 |\n\nb\n", "root(table(row row) paragraph)"),
      ("text\n| a | b |\n|---|---|\n| 1 | 2 |\n", "root(paragraph table(row))"),
      ("| a | b |\n|---|\n", "root(paragraph)"), ("a | b\n--|:-:\n1 | 2\n", "root(table(row))"),
      ("[a]: /a\n[b]: /b\n", "root(definition definition)"),
      ("text\n\n[a]: /a\n\n---\n", "root(paragraph definition rule)"),
      ("[^1]: a note\n    goes on\n[^2]: b\n", "root(definition definition)"),
      ("**A:** x\n**B:** y\n", "root(paragraph paragraph)"), ("A: x\nno label\n", "root(paragraph)"),
      ("\\# no heading\n1\\. no item\n", "root(paragraph)"), ("#no heading\n", "root(paragraph)"),
      ("* * *\n***\n- - -\n_ _ _\n", "root(rule rule rule rule)"), ("**bold** a\n*a*\n", "root(paragraph)"),
      ("``` a`b\n# c\n", "root(paragraph heading)"), ("    code\n\n    more\n", "root(code)"),
      ("<script>\nlet a = '</p>'\n\n# a\n</script>\n# b\n", "root(html heading)"),
      ("<!-- a\n\n# b\n--> \n# c\n", "root(html heading)"), ("a\rb\n", "root(paragraph)"),
    ])
  func outlines(text: String, expected: String) { #expect(outline(text) == expected) }

  @Test("are the text again, byte for byte, with the blank lines between them", arguments: 0..<20)
  func tiling(block: Int) throws {
    for seed in block * 20..<block * 20 + 20 {
      for text in [Soup(seed: UInt64(seed)).base, Soup(seed: UInt64(seed)).one] {
        let shape = TextShape(of: text)
        let source = SourceText(lines: shape.stripped(text, keepsReturns: shape.lineEnd == .mixed))
        let tree = try #require(BlockTree(source, from: 0))
        let tiles = tree.blocks.indices.flatMap { Array(tree.bytes($0)) + Array(tree.gap(after: $0)) }
        #expect(tiles == source.bytes, "seed \(seed)")
        #expect(!tree.isByLine, "seed \(seed)")
        let restored = shape.applied(to: shape.withLineEnds(source.bytes, keepsReturns: shape.lineEnd == .mixed))
        #expect(restored == text, "seed \(seed)")
      }
    }
  }

  @Test("must begin where the text does, one behind the other")
  func badTiles() {
    let text = SourceText(lines: Array("\na\nb\nc\n".utf8))
    let block = { (line: Int) in ParsedBlock(kind: .paragraph, level: 0, line: line, item: nil) }
    #expect(BlockTree.tiles([block(1), block(3)], text, from: 0))
    for bad in [
      [], [block(0)], [block(2)], [block(1), block(1)], [block(1), block(3), block(2)], [block(1), block(4)],
    ] {
      #expect(!BlockTree.tiles(bad, text, from: 0))
    }
  }

  @Test("are lines where they could not be told")
  func byLine() throws {
    let tree = try #require(BlockTree(SourceText(lines: Array("# a\n\n- b\nc\n".utf8)), from: 0, byLine: true))
    #expect(tree.isByLine)
    #expect(tree.blocks.dropFirst().map(\.kind) == [.line, .line, .line])
  }

  @Test(
    "of items are their marker, box and text, and these are the item",
    arguments: [
      "- a\n", "  - [ ] a b\n    more\n", "10. [x]  a\n", "-\n", "+ [X]\tq\n", "1) \n", "  * a\n\n    b\n",
      "  - a\nlazy\n", "- [ ]\n",
    ])
  func items(text: String) {
    let bytes = Array(text.utf8)
    #expect(ListItem(bytes[...]).bytes == bytes)
  }

  @Test(
    "of rows are their cells",
    arguments: [
      ("| a | b |\n", ["a", "b"]), ("a|b\n", ["a", "b"]), ("| a \\| b | |\n", ["a \\| b", ""]), ("||\n", [""]),
      ("|\n", [""]),
    ])
  func rows(text: String, cells: [String]) {
    let bytes = Array(text.utf8)
    let row = TableRow(bytes[...])
    #expect(row.cells.indices.map { String(decoding: row.text($0), as: UTF8.self) } == cells)
    #expect(row.replacingCells(row.cells.map { bytes[$0] }) == bytes)
  }
}
