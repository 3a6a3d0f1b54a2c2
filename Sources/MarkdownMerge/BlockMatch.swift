/// Which block of one version is which block of the base.
struct BlockMatch {
  /// How sure a pair is.
  enum Quality {
    /// The same words.
    case same
    /// Much the same words, or the same name.
    case alike
    /// Nothing but the place: the one went where the other came.
    case place
  }

  /// The side's block of each block of the base.
  private(set) var toSide: [Int?]
  /// The base's block of each block of the side.
  private(set) var toBase: [Int?]
  /// How sure each pair is, by the block of the base.
  private(set) var quality: [Quality]

  init(baseCount: Int, sideCount: Int) {
    toSide = Array(repeating: nil, count: baseCount)
    toBase = Array(repeating: nil, count: sideCount)
    quality = Array(repeating: .same, count: baseCount)
    toSide[0] = 0
    toBase[0] = 0
  }

  mutating func pair(_ base: Int, _ side: Int, _ quality: Quality) {
    toSide[base] = side
    toBase[side] = base
    self.quality[base] = quality
  }
}

/// Finds out which block of a version is which block of the base.
///
/// What is certain comes first: equal blocks in their order, then equal words, then what stands elsewhere but once; only
/// what is left is compared word by word, and only with what stands in the same place.
struct BlockMatcher {
  private let base: BlockTree
  private let side: BlockTree
  private let baseKeys: BlockKeys
  private let sideKeys: BlockKeys
  private var match: BlockMatch
  private var alignment = SequenceAlignment(budget: MergeLimits.comparisons)
  private var likenesses = MergeLimits.likenesses
  private var baseWords: [Int: BlockWords] = [:]
  private var sideWords: [Int: BlockWords] = [:]
  private var isWithinBounds = true

  /// The match of two texts; nil when it would take more comparisons than the limits allow.
  static func match(
    _ base: BlockTree, _ baseKeys: BlockKeys, _ side: BlockTree, _ sideKeys: BlockKeys
  ) -> BlockMatch? {
    var matcher = BlockMatcher(base, baseKeys, side, sideKeys)
    matcher.align(0, 0)
    matcher.pairMoved(by: \.deep)
    matcher.pairMoved(by: \.loose)
    matcher.pairRowsByName()
    matcher.pairReplacedHeadings()
    matcher.pairRenamedSections()
    matcher.pairAlike()
    matcher.pairMovedAndExtended()
    return matcher.isWithinBounds ? matcher.match : nil
  }

  private init(_ base: BlockTree, _ baseKeys: BlockKeys, _ side: BlockTree, _ sideKeys: BlockKeys) {
    (self.base, self.baseKeys, self.side, self.sideKeys) = (base, baseKeys, side, sideKeys)
    match = BlockMatch(baseCount: base.blocks.count, sideCount: side.blocks.count)
  }

  private func isFree(base block: Int) -> Bool { match.toSide[block] == nil }
  private func isFree(side block: Int) -> Bool { match.toBase[block] == nil }

  // MARK: Equal blocks

  /// Pairs the equal blocks below a pair, in their order and then in any, and goes on below them.
  private mutating func align(_ parent: Int, _ sideParent: Int) {
    var work = [(parent, sideParent)]
    while let (parent, sideParent) = work.popLast() {
      pairInOrder(parent, sideParent, by: \.deep)
      pairInOrder(parent, sideParent, by: \.loose)
      pairInAnyOrder(parent, sideParent, by: \.deep)
      pairInAnyOrder(parent, sideParent, by: \.loose)
      for child in base.blocks[parent].children {
        if let there = match.toSide[child], baseKeys.deep[child] != sideKeys.deep[there] { work.append((child, there)) }
      }
    }
  }

  private mutating func pairInOrder(_ parent: Int, _ sideParent: Int, by key: KeyPath<BlockKeys, [Int]>) {
    for (free, sideFree) in gaps(parent, sideParent) {
      let keys = free.map { baseKeys[keyPath: key][$0] }
      let found = alignment.pairs(keys, sideFree.map { sideKeys[keyPath: key][$0] })
      guard let found else { return isWithinBounds = false }
      for (one, other) in found { pairWhole(free[one], sideFree[other]) }
    }
  }

  /// Pairs what stands once among what is left of the children: it was moved among them.
  private mutating func pairInAnyOrder(_ parent: Int, _ sideParent: Int, by key: KeyPath<BlockKeys, [Int]>) {
    let free = base.blocks[parent].children.filter { isFree(base: $0) && base.blocks[$0].kind != .rule }
    guard !free.isEmpty else { return }
    pairOnce(free, side.blocks[sideParent].children.filter { isFree(side: $0) }, by: key)
  }

  /// Pairs blocks that stand elsewhere, below another heading or item: words that few would write twice.
  private mutating func pairMoved(by key: KeyPath<BlockKeys, [Int]>) {
    let movable = { (block: Block, weight: Int) in
      block.kind != .row && block.kind != .rule && (weight >= 8 || !block.children.isEmpty)
    }
    pairOnce(
      base.blocks.indices.filter { isFree(base: $0) && movable(base.blocks[$0], baseKeys.weight[$0]) },
      side.blocks.indices.filter { isFree(side: $0) && movable(side.blocks[$0], sideKeys.weight[$0]) }, by: key)
  }

  private mutating func pairOnce(_ blocks: [Int], _ others: [Int], by key: KeyPath<BlockKeys, [Int]>) {
    guard !blocks.isEmpty, !others.isEmpty else { return }
    var counts: [Int: Int] = [:]
    for block in blocks { counts[baseKeys[keyPath: key][block], default: 0] += 1 }
    var places: [Int: [Int]] = [:]
    for block in others { places[sideKeys[keyPath: key][block], default: []].append(block) }
    for block in blocks where isFree(base: block) {
      let key = baseKeys[keyPath: key][block]
      guard counts[key] == 1, let found = places[key], found.count == 1, isFree(side: found[0]) else { continue }
      pairWhole(block, found[0])
      if baseKeys.deep[block] != sideKeys.deep[found[0]] { align(block, found[0]) }
    }
  }

  /// Pairs two blocks and, where all below them is equal, that too.
  private mutating func pairWhole(_ block: Int, _ other: Int) {
    match.pair(block, other, .same)
    guard baseKeys.deep[block] == sideKeys.deep[other] else { return }
    // Equal subtrees have equal shapes: the blocks below follow each other in the same order.
    for offset in 1..<max(1, base.last(in: block) - block + 1) {
      // What is below may have gone elsewhere in the side, where it stood twice.
      guard isFree(base: block + offset), isFree(side: other + offset) else { continue }
      match.pair(block + offset, other + offset, .same)
    }
  }

  /// The children that have no partner yet, between those that have and stand in the same order.
  private func gaps(_ parent: Int, _ sideParent: Int) -> [([Int], [Int])] {
    let children = base.blocks[parent].children
    let others = side.blocks[sideParent].children
    var place: [Int: Int] = [:]
    for (index, other) in others.enumerated() { place[other] = index }
    let known = children.indices.filter { match.toSide[children[$0]].flatMap { place[$0] } != nil }
    let targets = known.map { place[match.toSide[children[$0]] ?? 0] ?? 0 }
    var result: [([Int], [Int])] = []
    var (start, otherStart) = (0, 0)
    let anchors = SequenceAlignment.increasing(targets).map { (known[$0], targets[$0]) }
    for (end, otherEnd) in anchors + [(children.count, others.count)] {
      let free = children[start..<end].filter { isFree(base: $0) }
      let otherFree = others[otherStart..<otherEnd].filter { isFree(side: $0) }
      if !free.isEmpty, !otherFree.isEmpty { result.append((free, otherFree)) }
      (start, otherStart) = (end + 1, otherEnd + 1)
    }
    return result
  }

  // MARK: Edited blocks

  /// Pairs rows whose first cell stands once in both versions of their table: it names the row, whatever the rest says.
  private mutating func pairRowsByName() {
    for table in base.blocks.indices where base.blocks[table].kind == .table {
      if let there = match.toSide[table] { pairRowsByName(table, there) }
    }
  }

  private mutating func pairRowsByName(_ table: Int, _ there: Int) {
    guard baseKeys.deep[table] != sideKeys.deep[there] else { return }
    let others = Self.rowsByName(there, in: side)
    for (name, row) in Self.rowsByName(table, in: base) where row.count == 1 && isFree(base: row[0]) {
      guard let other = others[name], other.count == 1, isFree(side: other[0]) else { continue }
      match.pair(row[0], other[0], .alike)
    }
  }

  private static func rowsByName(_ table: Int, in tree: BlockTree) -> [ArraySlice<UInt8>: [Int]] {
    var rows: [ArraySlice<UInt8>: [Int]] = [:]
    for row in tree.blocks[table].children {
      let name = TableRow(tree.bytes(row)).text(0)
      if !name.isEmpty { rows[name, default: []].append(row) }
    }
    return rows
  }

  /// Pairs the one heading that came where the one went, when half of what stood below that stands below it.
  private mutating func pairReplacedHeadings() {
    for parent in base.blocks.indices where [.root, .heading].contains(base.blocks[parent].kind) {
      guard let sideParent = match.toSide[parent], baseKeys.deep[parent] != sideKeys.deep[sideParent] else { continue }
      for (free, sideFree) in gaps(parent, sideParent) {
        let left = free.filter { base.blocks[$0].kind == .heading }
        let came = sideFree.filter { side.blocks[$0].kind == .heading }
        guard left.count == 1, came.count == 1 else { continue }
        let below = base.blocks[left[0]].children
        let there = Set(side.blocks[came[0]].children.filter { isFree(side: $0) }.map { sideKeys.loose[$0] })
        let kept = below.count { isFree(base: $0) && there.contains(baseKeys.loose[$0]) }
        if kept > 0, 2 * kept >= below.count { pairEdited(left[0], came[0], .alike) }
      }
    }
  }

  /// Pairs headings that say something else now by what stands below them.
  private mutating func pairRenamedSections() {
    for block in base.blocks.indices.reversed() where base.blocks[block].kind == .heading && isFree(base: block) {
      var votes: [Int: Int] = [:]
      for child in base.blocks[block].children {
        guard let there = match.toSide[child] else { continue }
        let parent = side.blocks[there].parent
        if side.blocks[parent].kind == .heading, isFree(side: parent) { votes[parent, default: 0] += 1 }
      }
      let best = votes.max { ($0.value, $1.key) < ($1.value, $0.key) }
      guard let best, 2 * best.value >= base.blocks[block].children.count else { continue }
      match.pair(block, best.key, .alike)
      align(block, best.key)
    }
  }

  /// Pairs blocks in the same place that have much in common.
  private mutating func pairAlike() {
    // Pairs found on the way stand further on in the base, unless they were moved.
    for parent in base.blocks.indices {
      guard let sideParent = match.toSide[parent], !base.blocks[parent].children.isEmpty,
        baseKeys.deep[parent] != sideKeys.deep[sideParent]
      else { continue }
      for (free, sideFree) in gaps(parent, sideParent) { pairAlike(free, sideFree) }
    }
  }

  private mutating func pairAlike(_ free: [Int], _ sideFree: [Int]) {
    let (count, overflow) = free.count.multipliedReportingOverflow(by: sideFree.count)
    guard !overflow, count <= likenesses else { return isWithinBounds = false }
    likenesses -= count
    let one = free.map { words(base: $0) }
    let other = sideFree.map { words(side: $0) }
    // The best sum of likenesses over pairs in order.
    let width = other.count + 1
    var best = [Double](repeating: 0, count: (one.count + 1) * width)
    var likeness = [Double?](repeating: nil, count: one.count * other.count)
    for row in one.indices.reversed() {
      for column in other.indices.reversed() {
        // One sure pair counts for more than two that are only just alike.
        let found = one[row].likeness(to: other[column]).map { $0 * $0 * $0 }
        likeness[row * other.count + column] = found
        let place = row * width + column
        best[place] = max(best[place + width], best[place + 1])
        if let found { best[place] = max(best[place], found + best[place + width + 1]) }
      }
    }
    var (row, column) = (0, 0)
    while row < one.count, column < other.count {
      let place = row * width + column
      if let found = likeness[row * other.count + column], best[place] == found + best[place + width + 1] {
        pairEdited(free[row], sideFree[column], .alike)
        (row, column) = (row + 1, column + 1)
      } else if best[place] == best[place + width] {
        row += 1
      } else {
        column += 1
      }
    }
    pairReplaced(free, sideFree)
  }

  /// Pairs the one block of prose that came where the one of its kind went.
  private mutating func pairReplaced(_ free: [Int], _ sideFree: [Int]) {
    for kind in [BlockKind.paragraph, .code, .html, .quote, .table] {
      let left = free.filter { isFree(base: $0) && base.blocks[$0].kind == kind }
      let came = sideFree.filter { isFree(side: $0) && side.blocks[$0].kind == kind }
      if left.count == 1, came.count == 1 { pairEdited(left[0], came[0], .place) }
    }
  }

  private mutating func pairEdited(_ block: Int, _ other: Int, _ quality: BlockMatch.Quality) {
    match.pair(block, other, quality)
    align(block, other)
    if base.blocks[block].kind == .table { pairRowsByName(block, other) }
  }

  /// Pairs a block that went elsewhere with the one there that says all that it said, and more: `… (done 11-20)`.
  private mutating func pairMovedAndExtended() {
    let items = base.blocks.indices.filter { isFree(base: $0) && base.blocks[$0].kind == .item }
    let others = side.blocks.indices.filter { isFree(side: $0) && side.blocks[$0].kind == .item }
    guard items.count * others.count <= likenesses else { return }
    for block in items {
      let found = others.filter { isFree(side: $0) && words(base: block).isContained(in: words(side: $0)) }
      guard found.count == 1, base.blocks[block].parent != match.toBase[side.blocks[found[0]].parent] else { continue }
      pairEdited(block, found[0], .alike)
    }
  }

  private mutating func words(base block: Int) -> BlockWords {
    if let known = baseWords[block] { return known }
    let words = BlockWords(base, block)
    baseWords[block] = words
    return words
  }

  private mutating func words(side block: Int) -> BlockWords {
    if let known = sideWords[block] { return known }
    let words = BlockWords(side, block)
    sideWords[block] = words
    return words
  }
}
