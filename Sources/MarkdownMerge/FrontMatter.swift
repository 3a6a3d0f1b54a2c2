/// The YAML between two lines of `---` at the top of a text, as one entry per top-level key.
///
/// Only what is plainly a mapping is taken apart: with anything else between the lines, all of it is one entry.
struct FrontMatter {
  /// One key with its value: the lines from it up to the next key.
  struct Entry: Equatable {
    /// The key; empty for what stands ahead of the first, and where there are no keys to tell apart.
    var key: [UInt8]
    var bytes: [UInt8]
  }

  /// The line that opens it.
  var opening: [UInt8]
  var entries: [Entry]
  /// The line that closes it.
  var closing: [UInt8]
  /// Whether it is one entry because it isn't plainly a mapping.
  var isOpaque = false

  /// More lines than this are not the head of a text.
  private static let longest = 2000

  /// Whether another reading of the same bytes gives the same entries.
  func reads(as other: FrontMatter) -> Bool { bytes == other.bytes && (isOpaque || entries == other.entries) }

  /// All of it.
  var bytes: [UInt8] { opening + entries.flatMap(\.bytes) + closing }

  /// The front matter of a text and the line behind it; nil when the text has none.
  static func cut(from text: SourceText) -> (matter: FrontMatter, bodyLine: Int)? {
    guard text.lineCount > 1, isFence(text.line(0)) else { return nil }
    let end = (1..<min(text.lineCount, longest)).first { isFence(text.line($0)) || isEnd(text.line($0)) }
    guard let end else { return nil }
    let entries = Self.entries(1..<end, in: text)
    var matter = FrontMatter(opening: Array(text.line(0)), entries: entries ?? [], closing: Array(text.line(end)))
    if entries == nil { matter.makeOpaque(Array(text.slice(1..<end))) }
    return (matter, end + 1)
  }

  /// Makes all of it one entry.
  mutating func makeOpaque() { makeOpaque(entries.flatMap(\.bytes)) }

  private mutating func makeOpaque(_ bytes: [UInt8]) {
    entries = [Entry(key: [], bytes: bytes)]
    isOpaque = true
  }

  /// The entries between the lines; nil when they aren't plainly those of a mapping.
  private static func entries(_ lines: Range<Int>, in text: SourceText) -> [Entry]? {
    var entries: [Entry] = []
    var seen: Set<[UInt8]> = []
    for index in lines {
      let line = text.line(index)
      if let key = key(of: line) {
        guard seen.insert(key).inserted else { return nil }
        entries.append(Entry(key: key, bytes: Array(line)))
      } else if entries.isEmpty {
        guard isContinuation(line, ofKey: false) else { return nil }
        entries.append(Entry(key: [], bytes: Array(line)))
      } else {
        guard isContinuation(line, ofKey: !(entries.last?.key.isEmpty ?? true)) else { return nil }
        entries[entries.count - 1].bytes += line
      }
    }
    return entries
  }

  /// A plain key at the start of the line, up to its colon.
  private static func key(of line: ArraySlice<UInt8>) -> [UInt8]? {
    let key = line.prefix { $0.isWord || Array("-_. ".utf8).contains($0) }
    guard let first = key.first, first.isWord, key.endIndex < line.endIndex, line[key.endIndex] == UInt8(ascii: ":"),
      key.last != .space
    else { return nil }
    let after = line[(key.endIndex + 1)...]
    guard after.isEmpty || after.first?.isBlank == true else { return nil }
    return Array(key)
  }

  /// Whether the line can only belong to what stands above it: indented, blank, a comment, or an entry of a list.
  private static func isContinuation(_ line: ArraySlice<UInt8>, ofKey: Bool) -> Bool {
    guard let first = line.first, !line.allSatisfy(\.isBlank), first != UInt8(ascii: "#") else { return true }
    guard ofKey else { return false }
    return first == .space || line.starts(with: Array("- ".utf8)) || line.trimmed.elementsEqual(Array("-".utf8))
  }

  private static func isFence(_ line: ArraySlice<UInt8>) -> Bool {
    line.starts(with: Array("---".utf8)) && line.dropFirst(3).allSatisfy(\.isBlank)
  }

  private static func isEnd(_ line: ArraySlice<UInt8>) -> Bool {
    line.starts(with: Array("...".utf8)) && line.dropFirst(3).allSatisfy(\.isBlank)
  }
}
