/// What a block is.
enum BlockKind: UInt8 {
  case root, heading, item, paragraph, table, row, definition, code, html, quote, rule, line
}

/// One unit of a merge: some lines that belong together, without the blank lines behind them.
struct Block {
  var kind: BlockKind
  /// A heading's level.
  var level: Int
  /// Its own lines: those of what is nested in it are its children's.
  var lines: Range<Int>
  var parent: Int
  var children: [Int] = []
}

/// A text as sections within sections, with lists, tables and paragraphs in them.
///
/// The blocks stand in the order of the text, and with the blank lines between them they are the text, byte for byte.
/// Block 0 is the root; it has no lines.
struct BlockTree {
  let text: SourceText
  /// Where the front matter ends.
  let bodyLine: Int
  private(set) var blocks: [Block]

  /// The own bytes of a block.
  func bytes(_ block: Int) -> ArraySlice<UInt8> { text.slice(blocks[block].lines) }

  /// The blank lines behind a block, ahead of whatever stands next.
  func gap(after block: Int) -> ArraySlice<UInt8> {
    let end = block + 1 < blocks.count ? blocks[block + 1].lines.lowerBound : text.lineCount
    return text.slice(blocks[block].lines.upperBound..<end)
  }

  /// The last block in what is nested in this one, or itself.
  func last(in block: Int) -> Int {
    var last = block
    while let child = blocks[last].children.last { last = child }
    return last
  }

  /// The bytes of a block and all that is nested in it.
  func whole(_ block: Int) -> ArraySlice<UInt8> {
    text.slice(blocks[block].lines.lowerBound..<blocks[last(in: block)].lines.upperBound)
  }

  /// Takes a text apart; nil when it nests too deeply.
  ///
  /// Where the parser's blocks don't tile the text each line is a block of its own; `byLine` asks for that at once.
  init?(_ text: SourceText, from bodyLine: Int, byLine: Bool = false) {
    self.text = text
    self.bodyLine = bodyLine
    blocks = [Block(kind: .root, level: 0, lines: bodyLine..<bodyLine, parent: 0)]
    if !byLine {
      guard let parsed = BlockParser.blocks(in: text, from: bodyLine) else { return nil }
      if Self.tiles(parsed, text, from: bodyLine) {
        add(parsed)
        return
      }
    }
    for line in bodyLine..<text.lineCount where !text.isBlank(line) { add(.line, line..<line + 1, in: 0) }
    isByLine = true
  }

  /// Whether the text could not be taken apart but line by line.
  private(set) var isByLine = false

  /// Whether blocks that begin on these lines cover the text: in order, and nothing ahead of the first.
  static func tiles(_ parsed: [ParsedBlock], _ text: SourceText, from bodyLine: Int) -> Bool {
    var line = bodyLine
    while line < text.lineCount, text.isBlank(line) { line += 1 }
    guard let first = parsed.first else { return line == text.lineCount }
    guard first.line == line else { return false }
    for (one, next) in zip(parsed, parsed.dropFirst()) where next.line <= one.line { return false }
    return (parsed.last?.line ?? 0) < text.lineCount
  }

  private mutating func add(_ parsed: [ParsedBlock]) {
    var sections = [0]
    var places: [Int] = []
    for (index, found) in parsed.enumerated() {
      let end = index + 1 < parsed.count ? parsed[index + 1].line : text.lineCount
      let lines = withoutBlankEnd(found.line..<end)
      if found.kind == .heading, found.item == nil {
        while let open = sections.last, open != 0, blocks[open].level >= found.level { sections.removeLast() }
        sections.append(blocks.count)
      }
      let section = found.kind == .heading ? sections[max(0, sections.count - 2)] : sections[sections.count - 1]
      places.append(blocks.count)
      add(found, lines, in: found.item.map { places[$0] } ?? section)
    }
  }

  private mutating func add(_ found: ParsedBlock, _ lines: Range<Int>, in parent: Int) {
    switch found.kind {
    case .paragraph: addParagraph(lines, in: parent)
    case .heading, .rule:
      let own = lines.lowerBound..<(lines.firstIndex { text.isBlank($0) } ?? lines.upperBound)
      add(found.kind, own, in: parent, level: found.level)
      // Nothing known comes here; whatever it is, it isn't lost.
      for line in own.upperBound..<lines.upperBound where !text.isBlank(line) {
        add(.line, line..<line + 1, in: parent)
      }
    default: add(found.kind, lines, in: parent)
    }
  }

  private mutating func addParagraph(_ lines: Range<Int>, in parent: Int) {
    let own = lines.lowerBound..<(lines.firstIndex { text.isBlank($0) } ?? lines.upperBound)
    for part in ParagraphParts.parts(of: own, in: text) {
      let place = blocks.count
      add(part.kind, part.lines, in: parent)
      for row in part.rows { add(.row, row..<row + 1, in: place) }
    }
    for line in own.upperBound..<lines.upperBound where !text.isBlank(line) { add(.line, line..<line + 1, in: parent) }
  }

  private mutating func add(_ kind: BlockKind, _ lines: Range<Int>, in parent: Int, level: Int = 0) {
    blocks[parent].children.append(blocks.count)
    blocks.append(Block(kind: kind, level: level, lines: lines, parent: parent))
  }

  private func withoutBlankEnd(_ lines: Range<Int>) -> Range<Int> {
    var end = lines.upperBound
    while end > lines.lowerBound + 1, text.isBlank(end - 1) { end -= 1 }
    return lines.lowerBound..<end
  }
}
