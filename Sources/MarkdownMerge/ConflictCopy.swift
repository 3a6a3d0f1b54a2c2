public import Support

/// The text of a conflict copy that holds only the parts that did not merge, each with where it belongs.
///
/// It is Markdown that a person or an agent can read, and exact enough to put a part in the place of what stands there:
/// each part names the text that it is another version of by its blob id, so that nothing is replaced that has changed.
public struct ConflictCopy: Equatable, Sendable {
  /// One part.
  public struct Part: Equatable, Sendable {
    /// The headings above it, joined; empty where there are none.
    public let headings: String
    /// The blob id and the length of what stands in its place, without the end of the last line.
    public let standing: ObjectID
    /// The same text's length in bytes.
    public let length: Int
    /// The version that was set aside.
    public let text: [UInt8]
  }

  /// The parts, in the order of the text.
  public let parts: [Part]

  /// What every such copy begins with.
  private static let opening = Array("<!-- membank: parts of ".utf8)
  private static let partOpening = Array("<!-- membank part: ".utf8)

  /// The parts of a merge that were set aside.
  public init(_ parts: [SetAside]) {
    self.parts = parts.map {
      let standing = Array($0.standing[...].withoutEnd)
      return Part(
        headings: Self.harmless($0.headings.joined(separator: " > ")), standing: ObjectID.blob(of: standing),
        length: standing.count, text: $0.aside)
    }
  }

  /// Reads a copy; nil for any other text.
  public init?(parsing bytes: [UInt8]) {
    guard bytes.starts(with: Self.opening) else { return nil }
    let text = SourceText(lines: bytes)
    let heads = (1..<max(1, text.lineCount)).filter { text.line($0).starts(with: Self.partOpening) }
    guard !heads.isEmpty else { return nil }
    var parts: [Part] = []
    for (place, head) in heads.enumerated() {
      let isLast = place + 1 == heads.count
      // The blank line ahead of a part is ours.
      let end = isLast ? text.lineCount : max(head + 1, heads[place + 1] - 1)
      let line = text.line(head).dropFirst(Self.partOpening.count).trimmed
      guard let part = Part(parsing: line, text: text.slice(head + 1..<end)) else { return nil }
      parts.append(part)
    }
    self.parts = parts
  }

  /// The copy's bytes; nil where a part would be taken for our own lines, so that the whole version has to be kept.
  public func bytes(path: String) -> [UInt8]? {
    var bytes = Self.opening + Array(Self.harmless(path).utf8)
    bytes += Array(" that did not merge; `membank conflicts` shows and resolves them -->\n".utf8)
    for part in parts {
      guard !part.text.starts(with: Self.partOpening), !part.text.contains(Self.partOpening.afterNewline) else {
        return nil
      }
      let headings = part.headings.isEmpty ? "" : "under \"\(part.headings)\", "
      bytes += [.newline] + Self.partOpening
      bytes += Array("\(headings)in place of \(part.length) bytes \(part.standing) -->\n".utf8)
      bytes += part.text
      if part.text.last != .newline { bytes.append(.newline) }
    }
    return bytes
  }

  /// Text that can stand in a comment, on one line.
  static func harmless(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
      .replacing("--", with: "- -")
  }
}

extension ConflictCopy.Part {
  /// Reads what stands behind the opening of a part's line.
  fileprivate init?(parsing line: ArraySlice<UInt8>, text content: ArraySlice<UInt8>) {
    let text = String(decoding: line, as: UTF8.self)
    guard text.hasSuffix(" -->"), let place = text.ranges(of: "in place of ").last else { return nil }
    let words = text[place.upperBound...].split(separator: " ")
    guard words.count == 4, words[1] == "bytes", let length = Int(words[0]), let id = ObjectID(hex: words[2]) else {
      return nil
    }
    let above = text[..<place.lowerBound]
    if above.isEmpty {
      headings = ""
    } else {
      guard above.hasPrefix("under \""), above.hasSuffix("\", "), above.count >= 10 else { return nil }
      headings = String(above.dropFirst(7).dropLast(3))
    }
    (standing, self.length, self.text) = (id, length, Array(content))
  }
}

extension [UInt8] {
  /// These bytes at the start of a line that isn't the first.
  fileprivate var afterNewline: [UInt8] { [.newline] + self }

  fileprivate func contains(_ other: [UInt8]) -> Bool { !self[...].ranges(of: other).isEmpty }
}

extension ArraySlice<UInt8> {
  /// Without the end of the last line.
  var withoutEnd: ArraySlice<UInt8> {
    let line = withoutLineEnd
    return line.count < count && line.last == .carriageReturn ? line.dropLast() : line
  }
}
