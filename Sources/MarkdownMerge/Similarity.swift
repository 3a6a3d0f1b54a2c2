/// How much two blocks that differ have in common.
struct BlockWords {
  /// Words of a block that are looked at; a longer one is told by its beginning.
  private static let most = 400

  /// Hashes of the words, sorted.
  private let words: [UInt64]
  /// `Status` in `**Status:** done`.
  private let label: [UInt8]?
  /// A date or an identifier that stands first: `2026-11-20`, `D-12`, `#7`.
  private let lead: [UInt8]?
  /// The words, as bytes.
  let text: [UInt8]
  private let kind: BlockKind

  init(_ tree: BlockTree, _ index: Int) {
    let block = tree.blocks[index]
    self.init(block.kind, Array(BlockKeys.words(of: tree.bytes(index), block)))
  }

  init(_ kind: BlockKind, _ text: [UInt8]) {
    (self.kind, self.text) = (kind, text)
    var words: [UInt64] = []
    var hash = BlockWords.seed
    for byte in text + [.space] {
      if byte.isWord {
        hash = (hash ^ UInt64(byte.lowercased)) &* 0x100_0000_01b3
      } else if hash != BlockWords.seed {
        words.append(hash)
        hash = BlockWords.seed
        guard words.count < Self.most else { break }
      }
    }
    self.words = words.sorted()
    let line = text.prefix { $0 != .newline && $0 != 0 }
    label = Label.of(line).map(Array.init)
    let first = line.drop { !$0.isWord && $0 != UInt8(ascii: "#") }.prefix { !$0.isBlank }
    lead = Self.identifies(first) ? Array(first) : nil
  }

  private static let seed: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Whether a word looks like the name of an entry: digits with something that isn't one.
  private static func identifies(_ word: ArraySlice<UInt8>) -> Bool {
    var word = word
    while let last = word.last, !last.isWord { word.removeLast() }
    guard word.contains(where: \.isDigit), word.count >= 2, word.last?.isDigit == true else { return false }
    return word.contains(UInt8(ascii: "-")) || word.contains(UInt8(ascii: "#"))
  }

  /// From 0, nothing in common, to 1; nil when the two can't be versions of one block.
  func likeness(to other: BlockWords) -> Double? {
    guard kind == other.kind else { return nil }
    if let lead, let otherLead = other.lead, lead != otherLead, kind != .paragraph, kind != .code { return nil }
    if let label, let otherLabel = other.label {
      // A label names what it labels, whatever is said of it.
      if label == otherLabel { return 0.9 }
      if kind == .paragraph { return nil }
    }
    if kind == .row { return likenessOfCells(to: other) }
    let share = share(with: other)
    if share >= 0.5 { return share }
    // One that only says more is the same, however much more.
    let fewest = min(words.count, other.words.count)
    return fewest >= 4 && 4 * common(with: other) >= 3 * fewest ? 0.5 : nil
  }

  /// The share of their words that two blocks have in common, from 0 to 1.
  func share(with other: BlockWords) -> Double {
    let count = words.count + other.words.count
    return count == 0 ? 0 : Double(2 * common(with: other)) / Double(count)
  }

  /// Whether two items are so alike that a tick of the one is meant for the other: most words are the same, or all of
  /// the one's are the other's.
  func isSurely(_ other: BlockWords) -> Bool {
    let common = common(with: other)
    return 10 * common >= 4 * (words.count + other.words.count) || common == min(words.count, other.words.count)
  }

  /// Rows are told by their cells: all but one must be the same.
  private func likenessOfCells(to other: BlockWords) -> Double? {
    let (cells, others) = (
      text.split(separator: 0, omittingEmptySubsequences: false),
      other.text.split(separator: 0, omittingEmptySubsequences: false)
    )
    guard cells.count == others.count, cells.count > 2 else { return nil }
    let equal = zip(cells, others).count { $0 == $1 }
    return equal + 1 >= cells.count ? 0.9 : nil
  }

  private func common(with other: BlockWords) -> Int {
    var (one, two, common) = (0, 0, 0)
    while one < words.count, two < other.words.count {
      if words[one] == other.words[two] {
        (one, two, common) = (one + 1, two + 1, common + 1)
      } else if words[one] < other.words[two] {
        one += 1
      } else {
        two += 1
      }
    }
    return common
  }

  /// Whether this text stands in the other, which says something more.
  func isContained(in other: BlockWords) -> Bool {
    guard kind == other.kind, (12...2000).contains(text.count),
      (text.count + 1...3 * text.count).contains(other.text.count)
    else { return false }
    return other.text.indices.dropLast(text.count - 1).contains { other.text[$0...].starts(with: text) }
  }
}
