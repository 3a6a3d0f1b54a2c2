/// Looks at a merged text as if it knew nothing of how it was made.
struct MergeCheck {
  private var interner = Interner()

  /// Whether the text reads as the blocks that it was made of: none ran into another or became part of it.
  static func readsAsMade(_ text: SourceText, bodyLine: Int, byLine: Bool, _ merged: [MergedBlock]) -> Bool {
    guard let tree = BlockTree(text, from: bodyLine, byLine: byLine), tree.isByLine == byLine else { return false }
    var next = 1
    var places: [Int] = []
    for block in merged {
      guard next < tree.blocks.count else { return false }
      let read = tree.blocks[next]
      guard read.kind == block.kind, read.parent == block.parent.map({ places[$0] }) ?? 0 else { return false }
      guard (block.isWhole ? tree.whole(next) : tree.bytes(next)).elementsEqual(block.bytes) else { return false }
      places.append(next)
      next = block.isWhole ? tree.last(in: next) + 1 : next + 1
    }
    return next == tree.blocks.count
  }

  /// Whether no line was lost: what either side added is there or set aside, and so is what neither took away.
  ///
  /// Blocks that were put together from both sides are left out, in all versions: their lines are of neither. So are
  /// those that stand in the text as they stand in all versions.
  static func losesNothing(
    _ blocks: BlockCorrespondence, _ merged: [MergedBlock], _ matter: FrontMatterMerge, aside: [SetAside]
  ) -> Bool {
    var check = MergeCheck()
    var isLeftOut = Array(repeating: false, count: blocks.count)
    for block in merged { isLeftOut[block.number] = block.isComposed || check.isUntouched(block, blocks) }
    var base = check.counts(blocks.base.tree) { isLeftOut[$0] }
    var earlier = check.counts(blocks.earlier.tree) { isLeftOut[blocks.earlier.numbers[$0]] }
    var later = check.counts(blocks.later.tree) { isLeftOut[blocks.later.numbers[$0]] }
    var kept: [Int: Int] = [:]
    for block in merged where !isLeftOut[block.number] { check.count(block.bytes[...], in: &kept) }
    check.count(matter.versions.base, without: matter.composed, in: &base)
    check.count(matter.versions.earlier, without: matter.composed, in: &earlier)
    check.count(matter.versions.later, without: matter.composed, in: &later)
    check.count(matter.matter, without: matter.composed, in: &kept)
    for part in aside { check.count(part.aside[...], in: &kept) }
    for (line, count) in earlier where count > base[line] ?? 0 {
      guard kept[line] != nil else { return false }
    }
    for (line, count) in later where count > base[line] ?? 0 {
      guard kept[line] != nil else { return false }
    }
    for (line, count) in base {
      let (one, other) = (earlier[line] ?? 0, later[line] ?? 0)
      guard (kept[line] ?? 0) >= count - max(0, count - one) - max(0, count - other) else { return false }
    }
    return true
  }

  private func isUntouched(_ block: MergedBlock, _ blocks: BlockCorrespondence) -> Bool {
    guard let base = blocks.inBase(block.number), let one = blocks.earlier.blocks[block.number],
      let other = blocks.later.blocks[block.number], !block.isWhole
    else { return false }
    let key = blocks.base.keys.exact[base]
    return key == blocks.earlier.keys.exact[one] && key == blocks.later.keys.exact[other]
      && blocks.base.tree.bytes(base).elementsEqual(block.bytes)
  }

  private mutating func counts(_ tree: BlockTree, without isLeftOut: (Int) -> Bool) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for block in tree.blocks.indices where !isLeftOut(block) { count(tree.bytes(block), in: &counts) }
    return counts
  }

  private mutating func count(_ matter: FrontMatter?, without composed: Set<[UInt8]>, in counts: inout [Int: Int]) {
    for entry in matter?.entries ?? [] where !composed.contains(entry.key) { count(entry.bytes[...], in: &counts) }
  }

  private mutating func count(_ bytes: ArraySlice<UInt8>, in counts: inout [Int: Int]) {
    for line in bytes.split(separator: .newline) {
      let words = line.trimmed
      if !words.isEmpty { counts[interner.number(words), default: 0] += 1 }
    }
  }
}
