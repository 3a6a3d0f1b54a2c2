/// A copy of a text in which everything inline is blanked out, byte for byte, for a parser that is asked for blocks only.
///
/// It keeps the parser away from the corners of inline parsing where it takes quadratic time, and gives link
/// definitions, for which the parser has no node, the paragraph's.
struct ParserText {
  /// More containers than this beginning on one line are an attack on the parser's memory, not a text.
  static let deepestNesting = 100

  private(set) var bytes: [UInt8]

  /// Copies a text from a line on; nil when a line nests too deeply.
  init?(_ text: SourceText, from firstLine: Int) {
    let offset = text.starts[firstLine]
    bytes = Array(text.bytes[offset...])
    for line in firstLine..<text.lineCount {
      guard blank(text.starts[line] - offset..<text.starts[line + 1] - offset) else { return nil }
    }
  }

  private mutating func blank(_ line: Range<Int>) -> Bool {
    let isRule = Self.isRule(bytes[line])
    var place = line.lowerBound
    var (containers, isFence) = (0, false)
    // What may open or close a block stands before the first byte of anything else.
    while place < line.upperBound, Self.isStructural(bytes[place]) {
      let byte = bytes[place]
      let endsWord = place + 1 == line.upperBound || bytes[place + 1].isBlank
      switch byte {
      case UInt8(ascii: ">"): containers += 1
      case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: ")"): containers += endsWord ? 1 : 0
      case UInt8(ascii: "*"), UInt8(ascii: "_"):
        if byte == UInt8(ascii: "*"), endsWord { containers += 1 } else if !isRule { hide(place) }
      case UInt8(ascii: "`"):
        let run = bytes[place..<line.upperBound].prefix { $0 == byte }.count
        if run < 3 || isFence { for tick in place..<place + run { hide(tick) } } else { isFence = true }
        place += run - 1
      case .carriageReturn: hideReturn(place, line)
      default: break
      }
      place += 1
    }
    guard containers <= Self.deepestNesting || isRule else { return false }
    // A tag that opens a block stands first.
    if place < line.upperBound, bytes[place] == UInt8(ascii: "<") { place += 1 }
    while place < line.upperBound {
      switch bytes[place] {
      case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "["), UInt8(ascii: "\\"), UInt8(ascii: "&"): hide(place)
      case UInt8(ascii: "`"):
        // One tick behind the three makes the line no fence.
        if isFence { isFence = false } else { hide(place) }
      case UInt8(ascii: "<"):
        // The end of a script or the like may stand anywhere in a line.
        if place + 1 == line.upperBound || bytes[place + 1] != UInt8(ascii: "/") { hide(place) }
      case .carriageReturn: hideReturn(place, line)
      default: break
      }
      place += 1
    }
    return true
  }

  private mutating func hide(_ place: Int) { bytes[place] = UInt8(ascii: "x") }

  /// To the parser a return alone ends a line; to us it doesn't.
  private mutating func hideReturn(_ place: Int, _ line: Range<Int>) {
    if place + 1 == line.upperBound || bytes[place + 1] != .newline { bytes[place] = .space }
  }

  private static func isStructural(_ byte: UInt8) -> Bool {
    switch byte {
    case .space, .tab, .carriageReturn, UInt8(ascii: ">"), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "_"), UInt8(ascii: "="), UInt8(ascii: "#"), UInt8(ascii: "~"), UInt8(ascii: "`"),
      UInt8(ascii: "."), UInt8(ascii: ")"):
      true
    default: byte.isDigit
    }
  }

  /// Whether the line is nothing but one of the marks of a thematic break.
  private static func isRule(_ line: ArraySlice<UInt8>) -> Bool {
    guard let mark = line.first(where: { !$0.isBlank }), Array("*-_".utf8).contains(mark) else { return false }
    return line.allSatisfy { $0 == mark || $0.isBlank }
  }
}
