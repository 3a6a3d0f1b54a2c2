/// One block of a merged text.
struct MergedBlock {
  /// Its number in the correspondence.
  let number: Int
  let kind: BlockKind
  private(set) var bytes: [UInt8]
  /// The place of the merged block that it is nested in; nil at the root.
  let parent: Int?
  /// What the other side has here, where that did not merge.
  var conflict: OwnConflict?
  /// Whether the bytes were put together, so that they are neither side's own.
  var isComposed = false
  /// Whether it is a table that stands as a whole, rows and all.
  var isWhole = false

  /// Sets the block otherwise than either side did.
  mutating func setBytes(_ bytes: [UInt8]) {
    self.bytes = bytes
    isComposed = true
    conflict = conflict.map { OwnConflict(standing: bytes, aside: $0.aside, base: $0.base) }
  }
}

/// The merge of two sides, block by block.
struct BlockMerge {
  let blocks: BlockCorrespondence
  /// The merged text's blocks, in its order.
  private(set) var merged: [MergedBlock] = []
  private let twins: TwinDecisions
  private let numbering: Numbering
  /// What is nested in each block, in no order.
  private var members: [[Int]]
  private var isAlive: [Bool]

  /// Merges the sides; nil when what they moved doesn't go together.
  init?(_ blocks: BlockCorrespondence) {
    self.blocks = blocks
    twins = TwinDecisions(blocks)
    numbering = Numbering(blocks)
    members = Array(repeating: [], count: blocks.count)
    isAlive = Array(repeating: false, count: blocks.count)
    for number in 1..<blocks.count {
      if let parent = parent(number) { members[parent].append(number) }
    }
    guard settleLife() else { return nil }
    emit(below: 0, at: nil)
  }

  // MARK: Where a block goes, and whether it stays

  /// The block that this one is to stand in: where the side that moved it put it.
  private func parent(_ number: Int) -> Int? {
    switch (blocks.earlier.parent(number), blocks.later.parent(number)) {
    case (let one?, let other?):
      blocks.inBase(number).map { threeWay(blocks.base.tree.blocks[$0].parent, one, other) } ?? other
    case (let one, let other): one ?? other
    }
  }

  /// Decides which blocks there are; false when two moves put each of two blocks into the other.
  private mutating func settleLife() -> Bool {
    var order = [0]
    var next = 0
    while next < order.count {
      order += members[order[next]]
      next += 1
    }
    guard order.count == 1 + members.reduce(0, { $0 + $1.count }) else { return false }
    // What is nested comes behind what it is nested in.
    for number in order.reversed() {
      isAlive[number] = number == 0 || isKept(number) || members[number].contains { isAlive[$0] }
    }
    return true
  }

  private func isKept(_ number: Int) -> Bool {
    guard let block = blocks.inBase(number) else { return true }
    switch (blocks.earlier.blocks[number], blocks.later.blocks[number]) {
    case (nil, nil): return false
    case (_?, _?): return true
    case (let there?, nil): return twins.restored.contains(number) || isEdited(block, blocks.earlier, there)
    case (nil, let there?): return twins.restored.contains(number) || isEdited(block, blocks.later, there)
    }
  }

  /// Whether a side said something of a block that the other deleted: other words, a tick, or another section for it.
  private func isEdited(_ block: Int, _ side: BlockSide, _ there: Int) -> Bool {
    let base = blocks.base
    if side.keys.loose[there] != base.keys.loose[block] { return true }
    if base.tree.blocks[block].kind == .item,
      ListItem.state(of: side.tree.bytes(there)) != ListItem.state(of: base.tree.bytes(block))
    {
      return true
    }
    // That its heading went, or that a new one came above it, is no word on the block itself.
    let (parent, target) = (base.tree.blocks[block].parent, side.numbers[side.tree.blocks[there].parent])
    return target != parent && side.blocks[parent] != nil && !blocks.isInserted(target)
  }

  // MARK: The text

  private mutating func emit(below parent: Int, at place: Int?) {
    let alive = Set(members[parent].filter { isAlive[$0] })
    guard !alive.isEmpty else { return }
    let order = SiblingOrder(
      base: blocks.inBase(parent).map { blocks.base.tree.blocks[$0].children } ?? [],
      earlier: blocks.earlier.children(parent), later: blocks.later.children(parent))
    var children = order.ordered(alive) { above, inserted, below in isOnTop(above, inserted, below) }
    let kind = blocks.block(parent).kind
    if kind == .root || kind == .heading {
      // Whatever follows a heading within a section is that heading's.
      children =
        children.filter { blocks.block($0).kind != .heading } + children.filter { blocks.block($0).kind == .heading }
    }
    var places: [Int] = []
    for child in children {
      places.append(merged.count)
      merged.append(own(child, at: place))
      if !merged[merged.count - 1].isWhole { emit(below: child, at: merged.count - 1) }
    }
    numbering.number(places, in: &merged)
  }

  /// Whether something new stands at the top of a run of its like, as in a log that begins with the newest entry.
  private func isOnTop(_ above: Int?, _ inserted: Int, _ below: Int?) -> Bool {
    let kind = blocks.block(inserted).kind
    guard let below, blocks.block(below).kind == kind else { return false }
    return above.map { blocks.block($0).kind != kind } ?? true
  }

  /// A block's own bytes.
  private func own(_ number: Int, at parent: Int?) -> MergedBlock {
    let kind = blocks.block(number).kind
    let base = blocks.inBase(number).map { Array(blocks.base.tree.bytes($0)) }
    guard let one = blocks.earlier.bytes(number), let other = blocks.later.bytes(number) else {
      let bytes = blocks.earlier.bytes(number) ?? blocks.later.bytes(number) ?? []
      return MergedBlock(number: number, kind: kind, bytes: bytes, parent: parent)
    }
    if let conflict = conflictOfColumns(number) {
      return MergedBlock(
        number: number, kind: kind, bytes: conflict.standing, parent: parent, conflict: conflict, isWhole: true)
    }
    let conflict = OwnConflict(standing: other, aside: one, base: base ?? [])
    if twins.asInLater.contains(number) {
      return MergedBlock(
        number: number, kind: kind, bytes: other, parent: parent, conflict: one == base || one == other ? nil : conflict
      )
    }
    switch OwnMerge.merge(kind, base: base, earlier: one, later: other) {
    case .taken(let bytes): return MergedBlock(number: number, kind: kind, bytes: bytes, parent: parent)
    case .composed(let bytes):
      return MergedBlock(number: number, kind: kind, bytes: bytes, parent: parent, isComposed: true)
    case .conflict: return MergedBlock(number: number, kind: kind, bytes: other, parent: parent, conflict: conflict)
    }
  }

  /// The conflict of a table whose columns one side changed while the other changed anything in it.
  private func conflictOfColumns(_ number: Int) -> OwnConflict? {
    guard let block = blocks.inBase(number), blocks.base.tree.blocks[block].kind == .table,
      let one = blocks.earlier.blocks[number], let other = blocks.later.blocks[number]
    else { return nil }
    let deep = (
      blocks.base.keys.deep[block], blocks.earlier.keys.deep[one], blocks.later.keys.deep[other]
    )
    guard deep.0 != deep.1, deep.0 != deep.2, deep.1 != deep.2 else { return nil }
    let heads = [blocks.base.tree.bytes(block), blocks.earlier.tree.bytes(one), blocks.later.tree.bytes(other)]
      .map { bytes in TableRow(bytes.prefix { $0 != .newline }) }
    guard Self.hasOtherColumns(heads[1], than: heads[0]) || Self.hasOtherColumns(heads[2], than: heads[0]) else {
      return nil
    }
    return OwnConflict(
      standing: Array(blocks.later.tree.whole(other)), aside: Array(blocks.earlier.tree.whole(one)),
      base: Array(blocks.base.tree.whole(block)))
  }

  /// Whether columns came, went or changed places; one that has another name only is the same.
  private static func hasOtherColumns(_ head: TableRow, than base: TableRow) -> Bool {
    guard head.cells.count == base.cells.count else { return true }
    return head.cells.indices.count { head.text($0) != base.text($0) } > 1
  }
}
