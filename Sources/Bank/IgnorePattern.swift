/// One line of gitignore syntax, taken apart.
struct IgnorePattern: Hashable, Sendable {
  // The usual shapes are told apart once, so that a scan compares bytes instead of running the matcher.
  private enum Shape: Hashable { case name, suffix, prefix, wild }

  /// Whether it takes back what an earlier pattern ignored.
  let isNegated: Bool
  /// Whether it matches directories only.
  let isDirectoryOnly: Bool
  /// Whether it is matched against the whole path; else against the last component, at any depth.
  let isAnchored: Bool
  private let shape: Shape
  private let bytes: [UInt8]
  /// Bytes that a name must have somewhere for the matcher to be worth running.
  private let required: NameBytes

  /// Nil for an empty line or a comment.
  init?(_ line: String) {
    var rest = Array(line.utf8)[...]
    if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
    rest = Self.withoutTrailingSpaces(rest)
    guard let first = rest.first, first != UInt8(ascii: "#") else { return nil }
    isNegated = first == UInt8(ascii: "!")
    if isNegated { rest.removeFirst() }
    isDirectoryOnly = rest.last == UInt8(ascii: "/")
    if isDirectoryOnly { rest.removeLast() }
    isAnchored = rest.contains(UInt8(ascii: "/"))
    if rest.first == UInt8(ascii: "/") { rest.removeFirst() }
    guard !rest.isEmpty else { return nil }

    let isSpecial = { (byte: UInt8) in "*?[\\".utf8.contains(byte) }
    if !rest.contains(where: isSpecial) {
      shape = .name
    } else if !isAnchored, rest.first == UInt8(ascii: "*"), !rest.dropFirst().contains(where: isSpecial) {
      shape = .suffix
      rest.removeFirst()
    } else if !isAnchored, rest.last == UInt8(ascii: "*"), !rest.dropLast().contains(where: isSpecial) {
      shape = .prefix
      rest.removeLast()
    } else {
      shape = .wild
    }
    bytes = Array(rest)
    required = shape == .wild && !isAnchored ? NameBytes(requiredBy: rest) : NameBytes()
  }

  /// Whether it matches a path whose last component begins at `nameStart`, whatever it then says about it.
  ///
  /// `present` are the bytes that the path has, where they are known.
  func matches(
    _ path: [UInt8], nameStart: Int, isDirectory: Bool, having present: NameBytes? = nil
  ) -> Bool {
    if let present, !present.contains(required) { return false }
    guard isDirectory || !isDirectoryOnly else { return false }
    let subject = isAnchored ? path[...] : path[nameStart...]
    switch shape {
    case .name: return subject.count == bytes.count && subject.elementsEqual(bytes)
    case .suffix: return subject.count >= bytes.count && subject.suffix(bytes.count).elementsEqual(bytes)
    case .prefix: return subject.starts(with: bytes)
    case .wild: return Wildmatch.matches(bytes[...], subject, isPath: isAnchored)
    }
  }

  // A space that is quoted with a backslash stays, as does every byte after it that isn't a space.
  private static func withoutTrailingSpaces(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var end = line.startIndex
    var index = line.startIndex
    while index < line.endIndex {
      if line[index] == UInt8(ascii: "\\") {
        index = min(index + 2, line.endIndex)
        end = index
      } else {
        index += 1
        if line[index - 1] != UInt8(ascii: " ") { end = index }
      }
    }
    return line[..<end]
  }
}

extension IgnorePattern {
  /// The first byte that a name must have, or the last: what a pattern can be looked up by.
  enum Key: Hashable { case last(UInt8), first(UInt8), none }

  var key: Key {
    guard !isAnchored else { return .none }
    switch shape {
    case .suffix: return bytes.last.map { .last($0) } ?? .none
    case .name, .prefix: return bytes.first.map { .first($0) } ?? .none
    case .wild:
      guard let first = bytes.first, !"*?[\\".utf8.contains(first) else { return .none }
      return .first(first)
    }
  }
}
