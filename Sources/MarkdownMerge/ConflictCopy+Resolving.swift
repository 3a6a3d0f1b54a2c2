import Support

extension ConflictCopy {
  /// What to do with each part.
  public enum Choice: Sendable {
    /// The part takes the place of what stands there.
    case replace
    /// The part comes behind what stands there.
    case append
  }

  /// Where what each part is another version of stands in a text; nil where it doesn't any more, or can't be told from
  /// its like.
  public func places(in text: [UInt8]) -> [Range<Int>?] {
    let index = TextIndex(text)
    return parts.map { index.place(of: $0.standing, $0.length, under: $0.headings) }
  }

  /// A text with every part brought back in; nil when what one of them is another version of has changed.
  ///
  /// Done again, with a text that has the parts already, it changes nothing.
  public func resolving(_ choice: Choice, in text: [UInt8]) -> [UInt8]? {
    let index = TextIndex(text)
    let lineEnd: [UInt8] = TextShape(of: text).lineEnd == .returnNewline ? [.carriageReturn, .newline] : [.newline]
    var edits: [(place: Range<Int>, text: [UInt8])] = []
    for part in parts {
      let new = Array(part.text[...].withoutEnd)
      guard let place = index.place(of: part.standing, part.length, under: part.headings) else {
        guard index.place(of: ObjectID.blob(of: new), new.count, under: part.headings) != nil else { return nil }
        continue
      }
      switch choice {
      case .replace: edits.append((place, new))
      case .append:
        let gap = Self.standClose(Array(text[place]), new) ? lineEnd : lineEnd + lineEnd
        guard !text[place.upperBound...].starts(with: gap + new) else { continue }
        edits.append((place.upperBound..<place.upperBound, gap + new))
      }
    }
    var result = text
    var end = text.count
    for edit in edits.sorted(by: { $0.place.lowerBound > $1.place.lowerBound }) {
      guard edit.place.upperBound <= end else { return nil }
      result.replaceSubrange(edit.place, with: edit.text)
      end = edit.place.lowerBound
    }
    return result
  }

  /// Two versions of a part, one behind the other.
  static func joined(_ one: [UInt8], _ other: [UInt8]) -> [UInt8] {
    let (first, second) = (Array(one[...].withoutEnd), Array(other[...].withoutEnd))
    let lineEnd = Array(one[first.count...])
    return one + (standClose(first, second) ? [] : lineEnd) + other
  }

  /// Whether two texts are lines of one list, table or block of fields, with no blank line between.
  private static func standClose(_ one: [UInt8], _ new: [UInt8]) -> Bool {
    let kinds = [one, new].map { text -> BlockKind? in
      if text.first == UInt8(ascii: "|") { return .row }
      let tree = BlockTree(SourceText(lines: text + [.newline]), from: 0)
      return tree.flatMap { $0.blocks.count > 1 ? $0.blocks[1].kind : nil }
    }
    if kinds == [.paragraph, .paragraph] { return Label.of(one[...]) != nil && Label.of(new[...]) != nil }
    return kinds[0] == kinds[1] && [.item, .row, .definition].contains(kinds[0])
  }
}

/// A text in which parts are looked for.
private struct TextIndex {
  private let bytes: [UInt8]
  private let source: SourceText
  private let tree: BlockTree?

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    source = SourceText(lines: bytes)
    tree = BlockTree(source, from: FrontMatter.cut(from: source)?.bodyLine ?? 0)
  }

  /// The run of whole lines with this blob id; of several the one under these headings.
  func place(of id: ObjectID, _ length: Int, under headings: String) -> Range<Int>? {
    let found = source.starts.dropLast().compactMap { start -> Range<Int>? in
      let end = start + length
      guard end <= bytes.count, end == bytes.count || isLineEnd(end),
        ObjectID.blob(of: Array(bytes[start..<end])) == id
      else { return nil }
      return start..<end
    }
    let best = found.count < 2 ? found : found.filter { self.headings(at: $0.lowerBound) == headings }
    return best.count == 1 ? best[0] : nil
  }

  private func isLineEnd(_ place: Int) -> Bool {
    bytes[place] == .newline
      || (bytes[place] == .carriageReturn && place + 1 < bytes.count && bytes[place + 1] == .newline)
  }

  /// The headings above a place, as a part names them.
  func headings(at place: Int) -> String {
    guard let tree, let block = tree.blocks.indices.dropFirst().last(where: { start(of: $0, tree) <= place }) else {
      return ""
    }
    var names: [String] = []
    var next = tree.blocks[block].parent
    while next != 0 {
      if tree.blocks[next].kind == .heading {
        names.append(String(decoding: HeadingText(tree.bytes(next)).words, as: UTF8.self))
      }
      next = tree.blocks[next].parent
    }
    return ConflictCopy.harmless(names.reversed().joined(separator: " > "))
  }

  private func start(of block: Int, _ tree: BlockTree) -> Int { source.starts[tree.blocks[block].lines.lowerBound] }
}
