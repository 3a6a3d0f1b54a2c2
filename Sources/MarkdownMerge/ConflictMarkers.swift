/// A merged text with both sides where they did not go together, marked as git marks them.
///
/// For a person's own repository, where git's users expect them; a bank never holds one.
public struct ConflictMarkers: Sendable {
  /// What stands behind each marker.
  public var names: (ours: String, base: String, theirs: String)
  /// How many characters a marker has.
  public var size = 7
  /// Whether the base's text stands between the sides'.
  public var showsBase = false

  /// Markers with these names.
  public init(ours: String, base: String, theirs: String) { names = (ours, base, theirs) }

  /// A merged text in which each part that did not merge shows both versions.
  ///
  /// - Parameters:
  ///   - text: The text, with the later side's version of each part.
  ///   - parts: The parts, in the order of the text.
  /// - Returns: The text with markers.
  public func marked(_ text: [UInt8], _ parts: [SetAside]) -> [UInt8] {
    let lineEnd = Self.lineEnd(of: text)
    var result: [UInt8] = []
    var place = 0
    for part in parts {
      result += text[place..<part.offset]
      result += region(ours: part.aside, base: part.base, theirs: part.standing, lineEnd)
      place = min(text.count, part.offset + part.standing.count)
    }
    return result + text[place...]
  }

  /// Two whole texts, between markers.
  public func marked(ours: [UInt8], base: [UInt8], theirs: [UInt8]) -> [UInt8] {
    region(ours: ours, base: base, theirs: theirs, Self.lineEnd(of: ours))
  }

  private func region(ours: [UInt8], base: [UInt8], theirs: [UInt8], _ lineEnd: [UInt8]) -> [UInt8] {
    var region = marker("<", names.ours) + lineEnd + ended(ours, lineEnd)
    if showsBase { region += marker("|", names.base) + lineEnd + ended(base, lineEnd) }
    region += marker("=", "") + lineEnd + ended(theirs, lineEnd)
    return region + marker(">", names.theirs) + lineEnd
  }

  private func marker(_ sign: Character, _ name: String) -> [UInt8] {
    Array((String(repeating: sign, count: size) + (name.isEmpty ? "" : " \(name)")).utf8)
  }

  private func ended(_ text: [UInt8], _ lineEnd: [UInt8]) -> [UInt8] {
    text.isEmpty || text.last == .newline ? text : text + lineEnd
  }

  private static func lineEnd(of text: [UInt8]) -> [UInt8] {
    TextShape(of: text).lineEnd == .returnNewline ? [.carriageReturn, .newline] : [.newline]
  }
}
