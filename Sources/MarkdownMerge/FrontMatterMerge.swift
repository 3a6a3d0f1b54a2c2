/// The three-way merge of front matter, key by key.
struct FrontMatterMerge {
  /// The merged front matter, entry by entry; nil when the text is to have none.
  private(set) var matter: FrontMatter?
  /// The versions as they were compared.
  let versions: (base: FrontMatter?, earlier: FrontMatter?, later: FrontMatter?)
  /// What did not merge, by the place of the entry that stands.
  private(set) var conflicts: [Int: OwnConflict] = [:]
  /// The keys whose lines were put together, so that they are neither side's own.
  private(set) var composed: Set<[UInt8]> = []

  init(base: FrontMatter?, earlier: FrontMatter?, later: FrontMatter?) {
    var (base, earlier, later) = (base, earlier, later)
    if [base, earlier, later].contains(where: { $0?.isOpaque == true }) {
      base?.makeOpaque()
      earlier?.makeOpaque()
      later?.makeOpaque()
    }
    versions = (base, earlier, later)
    var names: [[UInt8]] = []
    var number: [[UInt8]: Int] = [:]
    for entry in [base, earlier, later].compactMap(\.self).flatMap(\.entries) where number[entry.key] == nil {
      number[entry.key] = names.count
      names.append(entry.key)
    }
    let keys = { (matter: FrontMatter) in matter.entries.compactMap { number[$0.key] } }
    var merged: [Int: [UInt8]] = [:]
    var set: [Int: OwnConflict] = [:]
    for (index, name) in names.enumerated() {
      let old = base?[name]
      switch (earlier?[name], later?[name]) {
      case (nil, nil): break
      // Edit beats delete.
      case (let bytes?, nil), (nil, let bytes?): if bytes != old { merged[index] = bytes }
      case (let one?, let other?):
        let result = Self.merge(old, one, other)
        merged[index] = result ?? other
        if result == nil { set[index] = OwnConflict(standing: other, aside: one, base: old ?? []) }
        if result != nil, one != other, one != old, other != old { composed.insert(name) }
      }
    }
    let order = SiblingOrder(base: base.map(keys) ?? [], earlier: earlier.map(keys), later: later.map(keys))
    let places = order.ordered(Set(merged.keys)) { _, _, _ in false }
    // What is left without a key goes with them where a side took it away, but not where it never had any.
    guard !places.isEmpty || base == nil || (earlier != nil && later != nil), let shape = later ?? earlier else {
      return
    }
    let opening = threeWay(base?.opening, earlier?.opening, later?.opening) ?? shape.opening
    let closing = threeWay(base?.closing, earlier?.closing, later?.closing) ?? shape.closing
    let entries = places.map { FrontMatter.Entry(key: names[$0], bytes: merged[$0] ?? []) }
    matter = FrontMatter(
      opening: opening, entries: entries, closing: closing,
      isOpaque: later?.isOpaque == true || earlier?.isOpaque == true)
    for (place, index) in places.enumerated() { conflicts[place] = set[index] }
  }

  /// One key's lines; nil when both sides changed them differently.
  private static func merge(_ base: [UInt8]?, _ earlier: [UInt8], _ later: [UInt8]) -> [UInt8]? {
    switch OwnMerge.merge(.line, base: base, earlier: earlier, later: later) {
    case .taken(let bytes), .composed(let bytes): return bytes
    case .conflict: break
    }
    guard let one = ListValue(earlier), let other = ListValue(later) else { return nil }
    return ListValue.merge(base.flatMap(ListValue.init), one, other)?.bytes
  }
}

extension FrontMatter {
  /// The lines of a key.
  fileprivate subscript(key: [UInt8]) -> [UInt8]? { entries.first { $0.key == key }?.bytes }
}

/// A value that is a list of plain words: `tags: [a, b]`, or one word to a line.
private struct ListValue {
  /// What stands ahead of the first word, and behind the last.
  let head: [UInt8]
  let tail: [UInt8]
  /// The words; in a list of lines, the lines.
  let words: [[UInt8]]
  let isInline: Bool

  /// Reads the lines of a key; nil when they aren't plainly such a list.
  init?(_ lines: [UInt8]) {
    let first = lines.prefix { $0 != .newline } + [.newline]
    if first.count == lines.count {
      guard let start = lines.firstIndex(of: UInt8(ascii: "[")), let end = lines.lastIndex(of: UInt8(ascii: "]")),
        start < end, lines[..<start].trimmed.last == UInt8(ascii: ":"), lines[(end + 1)...].allSatisfy(\.isBlank),
        !lines[(start + 1)..<end].contains(where: { Array("[]{}\"'#&*!|>%@`\\".utf8).contains($0) })
      else { return nil }
      (head, tail, isInline) = (Array(lines[...start]), Array(lines[end...]), true)
      words = lines[(start + 1)..<end].split(separator: UInt8(ascii: ",")).map { Array($0.trimmed) }
      guard words.allSatisfy({ !$0.isEmpty }) else { return nil }
    } else {
      let items = lines[first.count...].split(separator: .newline)
      guard first.dropLast().last == UInt8(ascii: ":") else { return nil }
      let indent = items.first?.prefix { $0 == .space } ?? []
      guard items.allSatisfy({ $0.starts(with: indent) && $0.dropFirst(indent.count).starts(with: Array("- ".utf8)) })
      else { return nil }
      (head, tail, isInline) = (Array(first), [], false)
      words = items.map { Array($0) + [.newline] }
    }
    guard Set(words).count == words.count else { return nil }
  }

  private init(like other: ListValue, words: [[UInt8]]) {
    (head, tail, isInline) = (other.head, other.tail, other.isInline)
    self.words = words
  }

  var bytes: [UInt8] {
    head + (isInline ? Array(words.joined(separator: Array(", ".utf8))) : words.flatMap(\.self)) + tail
  }

  /// What either side added, without what either removed.
  static func merge(_ base: ListValue?, _ earlier: ListValue, _ later: ListValue) -> ListValue? {
    guard earlier.isInline == later.isInline, earlier.head == later.head, earlier.tail == later.tail,
      base.map({ $0.isInline == later.isInline }) ?? true
    else { return nil }
    var number: [[UInt8]: Int] = [:]
    var names: [[UInt8]] = []
    for word in (base?.words ?? []) + earlier.words + later.words where number[word] == nil {
      number[word] = names.count
      names.append(word)
    }
    let numbers = { (list: ListValue?) in (list?.words ?? []).compactMap { number[$0] } }
    let (old, one, other) = (numbers(base), numbers(earlier), numbers(later))
    let kept = Set(one).intersection(other).union(Set(one).union(other).subtracting(old))
    let order = SiblingOrder(base: old, earlier: one, later: other).ordered(kept) { _, _, _ in false }
    return ListValue(like: later, words: order.map { names[$0] })
  }
}
