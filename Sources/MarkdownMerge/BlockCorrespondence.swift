/// A version of a text, taken apart.
struct BlockVersion {
  let tree: BlockTree
  let keys: BlockKeys

  init(_ tree: BlockTree, _ interner: inout Interner) {
    self.tree = tree
    keys = BlockKeys(tree, &interner)
  }
}

/// A side of a merge, and the numbers of its blocks.
struct BlockSide {
  let tree: BlockTree
  let keys: BlockKeys
  /// The number of each block.
  fileprivate(set) var numbers: [Int]
  /// The block of each number; nil where the side has none.
  fileprivate(set) var blocks: [Int?]

  /// The number of the block that this one is nested in.
  func parent(_ number: Int) -> Int? { blocks[number].map { numbers[tree.blocks[$0].parent] } }

  /// The numbers of what is nested in a block; nil where the side hasn't got it.
  func children(_ number: Int) -> [Int]? { blocks[number].map { tree.blocks[$0].children.map { numbers[$0] } } }

  /// The own bytes of a block.
  func bytes(_ number: Int) -> [UInt8]? { blocks[number].map { Array(tree.bytes($0)) } }
}

/// Which blocks of three versions are one.
///
/// Blocks have numbers that hold in all three: the base's blocks come first, then what the earlier side inserted, then
/// what the later one did. A block that both inserted has one number.
struct BlockCorrespondence {
  let base: BlockVersion
  private(set) var earlier: BlockSide
  private(set) var later: BlockSide

  /// How many numbers there are.
  var count: Int { earlier.blocks.count }

  init(
    _ base: BlockVersion, _ earlier: BlockVersion, _ earlierMatch: BlockMatch, _ later: BlockVersion,
    _ laterMatch: BlockMatch
  ) {
    self.base = base
    let (count, own, others) = (base.tree.blocks.count, earlier.tree.blocks.count, later.tree.blocks.count)
    self.earlier = BlockSide(
      tree: earlier.tree, keys: earlier.keys, numbers: earlierMatch.toBase.enumerated().map { $1 ?? count + $0 },
      blocks: earlierMatch.toSide + Array(0..<own) + Array(repeating: nil, count: others))
    self.later = BlockSide(
      tree: later.tree, keys: later.keys, numbers: laterMatch.toBase.enumerated().map { $1 ?? count + own + $0 },
      blocks: laterMatch.toSide + Array(repeating: nil, count: own) + Array(0..<others))
    // A block of a side that is one of the base's has no number of its own.
    for block in 0..<own where earlierMatch.toBase[block] != nil { self.earlier.blocks[count + block] = nil }
    for block in 0..<others where laterMatch.toBase[block] != nil { self.later.blocks[count + own + block] = nil }
    pairInsertions()
    for parent in self.earlier.tree.blocks.indices { pairRules(below: parent) }
  }

  /// The block of the base; nil for one that was inserted.
  func inBase(_ number: Int) -> Int? { number < base.tree.blocks.count ? number : nil }

  /// Whether a number was inserted by either side.
  func isInserted(_ number: Int) -> Bool { number >= base.tree.blocks.count }

  /// What a block is, in the later side where that has it.
  func block(_ number: Int) -> Block {
    if let block = later.blocks[number] { return later.tree.blocks[block] }
    if let block = earlier.blocks[number] { return earlier.tree.blocks[block] }
    return base.tree.blocks[inBase(number) ?? 0]
  }

  /// Gives what both sides inserted below the same block, saying the same, one number.
  private mutating func pairInsertions() {
    var free: [Int: [Int: [Int]]] = [:]
    for (block, number) in later.numbers.enumerated().reversed() where isInserted(number) {
      free[later.tree.blocks[block].parent, default: [:]][later.keys.loose[block], default: []].append(block)
    }
    for (block, number) in earlier.numbers.enumerated() where isInserted(number) {
      // Breaks say nothing by which to know one.
      guard earlier.tree.blocks[block].kind != .rule, let parent = earlier.parent(number),
        let there = later.blocks[parent], let other = free[there]?[earlier.keys.loose[block]]?.popLast()
      else { continue }
      pair(block, other)
    }
  }

  /// Pairs the breaks that stand between the same two blocks, in their order there.
  private mutating func pairRules(below parent: Int) {
    let siblings = earlier.tree.blocks[parent].children
    guard siblings.contains(where: { isInserted(rule: $0, earlier) }), let there = later.blocks[earlier.numbers[parent]]
    else { return }
    let others = rules(among: later.tree.blocks[there].children, later)
    for (place, block) in rules(among: siblings, earlier) {
      if let other = others[place] { pair(block, other) }
    }
  }

  /// The breaks that a side inserted, each by the blocks above and below and which it is of those between.
  private func rules(among siblings: [Int], _ side: BlockSide) -> [[Int]: Int] {
    var found: [[Int]: Int] = [:]
    var start = 0
    for (index, block) in siblings.enumerated() where !isInserted(rule: block, side) {
      add(siblings[start..<index], below: start > 0 ? siblings[start - 1] : nil, above: block, side, to: &found)
      start = index + 1
    }
    add(siblings[start...], below: start > 0 ? siblings[start - 1] : nil, above: nil, side, to: &found)
    return found
  }

  private func add(
    _ rules: ArraySlice<Int>, below upper: Int?, above lower: Int?, _ side: BlockSide, to found: inout [[Int]: Int]
  ) {
    let (upper, lower) = (upper.map { side.numbers[$0] } ?? -1, lower.map { side.numbers[$0] } ?? -1)
    for (index, rule) in rules.enumerated() { found[[upper, lower, index]] = rule }
  }

  private func isInserted(rule block: Int, _ side: BlockSide) -> Bool {
    side.tree.blocks[block].kind == .rule && isInserted(side.numbers[block])
  }

  private mutating func pair(_ block: Int, _ other: Int) {
    let number = earlier.numbers[block]
    later.blocks[later.numbers[other]] = nil
    later.blocks[number] = other
    later.numbers[other] = number
  }
}
