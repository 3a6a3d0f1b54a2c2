/// What a paragraph of CommonMark is made of: tables, definitions, lines with labels, or plain prose.
struct ParagraphParts {
  var kind: BlockKind
  var lines: Range<Int>
  var rows: Range<Int> = 0..<0

  /// Takes the lines of a paragraph apart.
  static func parts(of lines: Range<Int>, in text: SourceText) -> [ParagraphParts] {
    if let rule = lines.dropFirst().first(where: { isTableHead($0 - 1, in: text) }) {
      return prose(lines.lowerBound..<rule - 1, in: text)
        + [ParagraphParts(kind: .table, lines: rule - 1..<rule + 1, rows: rule + 1..<lines.upperBound)]
    }
    return prose(lines, in: text)
  }

  private static func prose(_ lines: Range<Int>, in text: SourceText) -> [ParagraphParts] {
    guard !lines.isEmpty else { return [] }
    if isDefinition(text.line(lines.lowerBound)) {
      let starts = lines.filter { isDefinition(text.line($0)) }
      return zip(starts, starts.dropFirst() + [lines.upperBound]).map {
        ParagraphParts(kind: .definition, lines: $0..<$1)
      }
    }
    if lines.allSatisfy({ Label.of(text.line($0)) != nil }) {
      // Lines of `Name: value` are set one below the other, and edited one by one.
      return lines.map { ParagraphParts(kind: .paragraph, lines: $0..<$0 + 1) }
    }
    return [ParagraphParts(kind: .paragraph, lines: lines)]
  }

  /// Whether a table begins on this line: the next one is its rule, with as many cells.
  private static func isTableHead(_ line: Int, in text: SourceText) -> Bool {
    let rule = text.line(line + 1)
    guard rule.contains(UInt8(ascii: "-")), rule.contains(UInt8(ascii: "|")) || rule.contains(UInt8(ascii: ":")),
      rule.allSatisfy({ Array("|-: \t\r\n".utf8).contains($0) })
    else { return false }
    let cells = TableRow(rule).cells
    guard cells.allSatisfy({ TableRow.isRuleCell(rule[$0]) }) else { return false }
    return TableRow(text.line(line)).cells.count == cells.count
  }

  /// Whether a link or a footnote is defined on this line: `[name]: …`.
  private static func isDefinition(_ line: ArraySlice<UInt8>) -> Bool {
    let rest = line.trimmed
    guard rest.first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
    return end > rest.startIndex + 1 && end + 1 < rest.endIndex && rest[end + 1] == UInt8(ascii: ":")
  }
}

/// The label ahead of a value: `Status: …`, `**Focus:** …`, `*Last updated*: …`.
enum Label {
  private static let longest = 40

  /// The label of a line, without marks of emphasis; nil when it has none.
  static func of(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let rest = line.trimmed
    guard let colon = rest.prefix(longest).firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let after = rest[(colon + 1)...].drop { isEmphasis($0) }
    guard after.isEmpty || after.first?.isBlank == true else { return nil }
    var label = rest[..<colon].drop { isEmphasis($0) || $0.isBlank }
    while let last = label.last, isEmphasis(last) || last.isBlank { label.removeLast() }
    // A sentence with a colon in it has no label.
    guard let first = label.first, first.isWord, label.count(where: { $0 == .space }) < 5,
      !label.contains(where: { Array("*`[](){}|.,;!?".utf8).contains($0) })
    else { return nil }
    return label
  }

  private static func isEmphasis(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "*") || byte == UInt8(ascii: "_") }
}
