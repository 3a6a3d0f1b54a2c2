import CCmark

/// A block as the parser found it.
struct ParsedBlock {
  let kind: BlockKind
  /// A heading's level.
  let level: Int
  /// Its first line, in the whole text.
  let line: Int
  /// The list item that it is nested in, as an index into the parsed blocks.
  let item: Int?
}

/// Asks cmark where blocks begin.
///
/// Only first lines are taken from it: its last lines are wrong for some blocks, and where one block ends the next one
/// begins. Tables are told apart afterwards, line by line: the parser would fill every row up to the width of the head,
/// which takes gigabytes for a text of a megabyte.
struct BlockParser: ~Copyable {
  /// Lists within lists deeper than this are not a text that somebody merges.
  static let deepestNesting = 100

  private let root: OpaquePointer
  private let firstLine: Int
  private var found: [ParsedBlock] = []

  /// The blocks in the order of the text; nil when they nest too deeply.
  static func blocks(in text: SourceText, from firstLine: Int) -> [ParsedBlock]? {
    guard firstLine < text.lineCount else { return [] }
    guard let copy = ParserText(text, from: firstLine) else { return nil }
    guard var parser = BlockParser(copy, firstLine) else { return nil }
    guard parser.walk(parser.root, item: nil, depth: 0) else { return nil }
    return parser.found
  }

  private init?(_ text: ParserText, _ firstLine: Int) {
    let root = text.bytes.withUnsafeBytes { bytes in
      cmark_parse_document(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, CMARK_OPT_DEFAULT)
    }
    guard let root else { return nil }
    self.root = root
    self.firstLine = firstLine
  }

  deinit { cmark_node_free(root) }

  private mutating func walk(_ parent: OpaquePointer, item: Int?, depth: Int) -> Bool {
    guard depth <= Self.deepestNesting else { return false }
    // In an item, blocks ahead of its first nested list are part of the item.
    var isOwn = item != nil
    var next = cmark_node_first_child(parent)
    while let node = next {
      next = cmark_node_next(node)
      let type = cmark_node_get_type(node)
      if type == CMARK_NODE_LIST {
        // A list on the item's own line (`- - a`) is part of it too.
        guard item == nil || line(node) != line(parent) else { continue }
        isOwn = false
        guard walkList(node, item: item, depth: depth) else { return false }
      } else if !isOwn {
        found.append(ParsedBlock(kind: Self.kind(type), level: level(node), line: line(node), item: item))
      }
    }
    return true
  }

  private mutating func walkList(_ list: OpaquePointer, item parent: Int?, depth: Int) -> Bool {
    var next = cmark_node_first_child(list)
    while let node = next {
      next = cmark_node_next(node)
      found.append(ParsedBlock(kind: .item, level: 0, line: line(node), item: parent))
      guard walk(node, item: found.count - 1, depth: depth + 1) else { return false }
    }
    return true
  }

  private func line(_ node: OpaquePointer) -> Int { Int(cmark_node_get_start_line(node)) - 1 + firstLine }

  private func level(_ node: OpaquePointer) -> Int { Int(cmark_node_get_heading_level(node)) }

  private static func kind(_ type: cmark_node_type) -> BlockKind {
    switch type {
    case CMARK_NODE_HEADING: .heading
    case CMARK_NODE_PARAGRAPH: .paragraph
    case CMARK_NODE_CODE_BLOCK: .code
    case CMARK_NODE_HTML_BLOCK: .html
    case CMARK_NODE_BLOCK_QUOTE: .quote
    case CMARK_NODE_THEMATIC_BREAK: .rule
    default: .line
    }
  }
}
