/// What ends the lines of a text.
enum LineEnd: Equatable {
  case newline
  case returnNewline
  /// Of both kinds, or with a carriage return elsewhere: the returns are then bytes like others.
  case mixed
}

/// What holds of a text as a whole, and is merged as a whole.
struct TextShape: Equatable {
  var hasByteOrderMark = false
  /// Nil where there is no line end to tell from.
  var lineEnd: LineEnd?
  /// Whether the last line has an end; nil for an empty text.
  var isTerminated: Bool?

  /// Each property as the side has it that changed it.
  static func merged(base: TextShape, earlier: TextShape, later: TextShape) -> TextShape {
    TextShape(
      hasByteOrderMark: threeWay(base.hasByteOrderMark, earlier.hasByteOrderMark, later.hasByteOrderMark),
      lineEnd: threeWay(base.lineEnd, earlier.lineEnd ?? base.lineEnd, later.lineEnd ?? base.lineEnd),
      isTerminated: threeWay(
        base.isTerminated, earlier.isTerminated ?? base.isTerminated, later.isTerminated ?? base.isTerminated))
  }
}

/// The value that a side gave to what was `base`; the later side's where both changed it.
func threeWay<Value: Equatable>(_ base: Value, _ earlier: Value, _ later: Value) -> Value {
  later == base ? earlier : later
}

/// A text in lines that all end with a newline, apart from its shape.
struct SourceText {
  let bytes: [UInt8]
  /// Where each line starts; the end of the text stands last.
  let starts: [Int]

  var lineCount: Int { starts.count - 1 }

  init(lines bytes: [UInt8]) {
    self.bytes = bytes
    var starts = [0]
    for (index, byte) in bytes.enumerated() where byte == .newline { starts.append(index + 1) }
    if starts.last != bytes.count { starts.append(bytes.count) }
    self.starts = starts
  }

  /// The bytes of some lines.
  func slice(_ lines: Range<Int>) -> ArraySlice<UInt8> { bytes[starts[lines.lowerBound]..<starts[lines.upperBound]] }

  /// The bytes of a line.
  func line(_ index: Int) -> ArraySlice<UInt8> { bytes[starts[index]..<starts[index + 1]] }

  func isBlank(_ index: Int) -> Bool { line(index).allSatisfy(\.isBlank) }
}

extension TextShape {
  private static let mark: [UInt8] = [0xef, 0xbb, 0xbf]

  init(of text: [UInt8]) {
    hasByteOrderMark = text.starts(with: Self.mark)
    guard !text.isEmpty else { return }
    isTerminated = text.last == .newline
    var (newlines, pairs, returns) = (0, 0, 0)
    for (index, byte) in text.enumerated() {
      if byte == .carriageReturn { returns += 1 }
      guard byte == .newline else { continue }
      newlines += 1
      if index > 0, text[index - 1] == .carriageReturn { pairs += 1 }
    }
    switch (newlines, pairs, returns) {
    case (0, _, 0): lineEnd = nil
    case (_, 0, 0): lineEnd = .newline
    case (newlines, newlines, newlines): lineEnd = .returnNewline
    default: lineEnd = .mixed
    }
  }

  /// Takes the shape off a text, which has it.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - keepsReturns: Whether carriage returns stay, because one of the versions has them here and there.
  /// - Returns: The text with newlines, one behind the last line too.
  func stripped(_ text: [UInt8], keepsReturns: Bool) -> [UInt8] {
    var lines = Array(hasByteOrderMark ? text.dropFirst(Self.mark.count) : text[...])
    if !keepsReturns, lineEnd == .returnNewline { lines.removeAll { $0 == .carriageReturn } }
    if isTerminated == false, !lines.isEmpty { lines.append(.newline) }
    return lines
  }

  /// Gives the line ends of the shape to a part of a text.
  func withLineEnds(_ lines: [UInt8], keepsReturns: Bool) -> [UInt8] {
    guard !keepsReturns, lineEnd == .returnNewline else { return lines }
    var text: [UInt8] = []
    text.reserveCapacity(lines.count + lines.count / 32)
    for byte in lines {
      if byte == .newline { text.append(.carriageReturn) }
      text.append(byte)
    }
    return text
  }

  /// Gives the shape to a whole text that has its line ends already.
  func applied(to text: [UInt8]) -> [UInt8] {
    var text = text
    if isTerminated == false, text.last == .newline {
      text.removeLast()
      if lineEnd == .returnNewline, text.last == .carriageReturn { text.removeLast() }
    }
    return hasByteOrderMark ? Self.mark + text : text
  }
}

extension UInt8 {
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")

  /// Whether a line of nothing but these is blank.
  var isBlank: Bool { self == .space || self == .tab || self == .newline || self == .carriageReturn }

  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  /// A letter or digit of ASCII, or a byte of any other script's letter.
  var isWord: Bool {
    isDigit || self >= 0x80 || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
  }

  var lowercased: UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self + 32 : self
  }
}

extension ArraySlice<UInt8> {
  /// Without blanks at either end.
  var trimmed: ArraySlice<UInt8> {
    var (start, end) = (startIndex, endIndex)
    while start < end, self[start].isBlank { start += 1 }
    while start < end, self[end - 1].isBlank { end -= 1 }
    return self[start..<end]
  }

  /// Without a newline at its end.
  var withoutLineEnd: ArraySlice<UInt8> { last == .newline ? dropLast() : self }
}
