/// A list item's own text, part by part; the parts one after the other are the text.
struct ListItem: Equatable {
  /// What stands ahead of the marker.
  var indent: [UInt8]
  /// The marker and the blanks behind it: `- `, `12. `.
  var marker: [UInt8]
  /// The checkbox and the blanks behind it: `[x] `; empty when there is none.
  var box: [UInt8]
  /// The rest of the first line and the lines below, those without the indent.
  var text: [UInt8]
  /// Whether a line below stands further left than the item: then the indent can't be told apart from the text.
  var isLazy = false

  init(_ bytes: ArraySlice<UInt8>) {
    let head = Head(bytes)
    indent = Array(head.indent)
    marker = Array(head.marker)
    box = Array(head.box)
    var rest = head.rest
    let end = rest.firstIndex(of: .newline).map { $0 + 1 } ?? rest.endIndex
    text = Array(rest[..<end])
    rest = rest[end...]
    guard !indent.isEmpty, !rest.isEmpty else {
      text += rest
      return
    }
    let lines = rest.split(separator: .newline, omittingEmptySubsequences: false)
    isLazy = lines.contains { !$0.allSatisfy(\.isBlank) && !$0.starts(with: indent) }
    if isLazy {
      text += rest
    } else {
      let below = lines.map { $0.allSatisfy(\.isBlank) ? $0 : $0.dropFirst(indent.count) }
      text += below.joined(separator: [.newline])
    }
  }

  /// What an item says: its text, or that with the lines below where there are some.
  static func words(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let rest = Head(bytes).rest
    return rest.dropLast().contains(.newline) ? ListItem(bytes).text[...].trimmed : rest.trimmed
  }

  /// What the checkbox of an item says, lower case; nil when there is none.
  static func state(of bytes: ArraySlice<UInt8>) -> UInt8? {
    let box = Head(bytes).box
    return box.isEmpty ? nil : box[box.startIndex + 1].lowercased
  }

  /// Whether an item is numbered.
  static func isNumbered(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.first { $0 != .space && $0 != .tab }?.isDigit == true
  }

  /// What stands ahead of an item's text.
  private struct Head {
    let indent: ArraySlice<UInt8>
    let marker: ArraySlice<UInt8>
    let box: ArraySlice<UInt8>
    let rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
      indent = bytes.prefix { $0 == .space || $0 == .tab }
      var rest = bytes[indent.endIndex...]
      let isBullet = rest.first.map { Array("-+*".utf8).contains($0) } ?? false
      let sign = isBullet ? 1 : rest.prefix { $0.isDigit }.count + 1
      let blanks = rest.dropFirst(sign).prefix { $0 == .space || $0 == .tab }.count
      marker = rest.prefix(sign + blanks)
      rest = rest[marker.endIndex...]
      box = rest.prefix(ListItem.boxLength(rest))
      self.rest = rest[box.endIndex...]
    }
  }

  /// How long a checkbox at the start of these bytes is, with the blanks behind it.
  private static func boxLength(_ bytes: ArraySlice<UInt8>) -> Int {
    let start = bytes.startIndex
    guard bytes.count >= 4, bytes[start] == UInt8(ascii: "["), bytes[start + 2] == UInt8(ascii: "]"),
      bytes[start + 3] == .space || bytes[start + 3] == .tab
    else { return 0 }
    return 3 + bytes[(start + 3)...].prefix { $0 == .space || $0 == .tab }.count
  }

  /// What the checkbox says, lower case; nil when there is none.
  var state: UInt8? { box.isEmpty ? nil : box[1].lowercased }

  /// The sign of the list that the item belongs to: `.` and `)` number different lists.
  var delimiter: UInt8? { marker.drop { $0.isDigit }.first }

  /// The number of an ordered item.
  var number: Int? { Int(String(decoding: marker.prefix { $0.isDigit }, as: UTF8.self)) }

  /// The text, with lines below indented like the item.
  var bytes: [UInt8] {
    guard !indent.isEmpty, !isLazy else { return indent + marker + box + text }
    var bytes = indent + marker + box
    var isFirst = true
    for line in text.split(separator: .newline, omittingEmptySubsequences: false) {
      if !isFirst {
        bytes.append(.newline)
        if !line.allSatisfy(\.isBlank) { bytes += indent }
      }
      bytes += line
      isFirst = false
    }
    return bytes
  }
}
