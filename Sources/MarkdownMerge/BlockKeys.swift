/// Gives equal values equal small numbers, so that blocks of three texts are compared once.
struct Interner {
  private var ofBytes: [ByteKey: Int] = [:]
  private var ofNumbers: [[Int]: Int] = [:]

  mutating func number(_ bytes: ArraySlice<UInt8>) -> Int {
    let key = ByteKey(bytes: bytes)
    if let known = ofBytes[key] { return known }
    defer { ofBytes[key] = ofBytes.count }
    return ofBytes.count
  }

  mutating func number(_ numbers: [Int]) -> Int {
    if let known = ofNumbers[numbers] { return known }
    defer { ofNumbers[numbers] = ofNumbers.count }
    return ofNumbers.count
  }
}

/// Some bytes as a dictionary's key, hashed at once: the derived hash takes them one by one.
private struct ByteKey: Hashable {
  let bytes: ArraySlice<UInt8>

  func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }

  static func == (one: ByteKey, other: ByteKey) -> Bool {
    one.bytes.withUnsafeBytes { mine in
      other.bytes.withUnsafeBytes { others in
        mine.count == others.count && mine.elementsEqual(others)
      }
    }
  }
}

/// How alike two blocks are, in three degrees; equal numbers mean equal.
struct BlockKeys {
  /// The same kind and the same own bytes.
  var exact: [Int]
  /// The same kind and the same words: whatever the indent, the marker, the checkbox, the padding.
  var loose: [Int]
  /// The same as `exact`, and the same for all that is nested in it.
  var deep: [Int]
  /// How many bytes the words have.
  var weight: [Int]

  init(_ tree: BlockTree, _ interner: inout Interner) {
    let count = tree.blocks.count
    (exact, loose, deep, weight) = ([], [], Array(repeating: 0, count: count), [])
    for (index, block) in tree.blocks.enumerated() {
      let bytes = tree.bytes(index)
      let words = Self.words(of: bytes, block)
      exact.append(interner.number(bytes) << 4 | Int(block.kind.rawValue))
      loose.append(interner.number(words) << 4 | Int(block.kind.rawValue))
      weight.append(words.count)
    }
    // Children stand behind their parents.
    for index in tree.blocks.indices.reversed() {
      let children = tree.blocks[index].children
      deep[index] =
        children.isEmpty ? exact[index] << 1 : interner.number([exact[index]] + children.map { deep[$0] }) << 1 | 1
    }
  }

  /// What a block says, without how it is set.
  static func words(of bytes: ArraySlice<UInt8>, _ block: Block) -> ArraySlice<UInt8> {
    switch block.kind {
    case .item: ListItem.words(of: bytes)
    case .heading: HeadingText(bytes).words
    case .row: TableRow(bytes).key[...]
    case .table: bytes.split(separator: .newline).flatMap { TableRow($0).key + [.newline] }[...]
    default: bytes.trimmed
    }
  }
}

/// A heading, part by part.
struct HeadingText {
  /// `## `, empty for a heading that is underlined.
  let marks: ArraySlice<UInt8>
  let rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    var marks = bytes.prefix { $0 == .space || $0 == .tab || $0 == UInt8(ascii: "#") }
    if !marks.contains(UInt8(ascii: "#")) { marks = bytes.prefix(0) }
    self.marks = marks
    rest = bytes[marks.endIndex...]
  }

  /// The heading's text.
  var words: ArraySlice<UInt8> {
    var words = rest.trimmed
    if marks.isEmpty {
      // The underline is not part of it.
      if let end = words.lastIndex(of: .newline) { words = words[..<end] }
    } else {
      while words.last == UInt8(ascii: "#") { words.removeLast() }
    }
    return words.trimmed
  }
}
