/// The blank lines between the blocks of a merged text.
struct Spacing {
  let blocks: BlockCorrespondence

  /// A version, and where a block stands in it.
  private struct Place {
    let tree: BlockTree
    let block: Int
    /// Where what is nested in it ends.
    let end: Int

    var above: BlockKind? { block > 1 ? tree.blocks[block - 1].kind : nil }
    var below: BlockKind? { end + 1 < tree.blocks.count ? tree.blocks[end + 1].kind : nil }
    var gapAbove: ArraySlice<UInt8> { tree.gap(after: block - 1) }
    var gapBelow: ArraySlice<UInt8> { tree.gap(after: end) }
  }

  /// The blank lines ahead of the first block.
  var start: [UInt8] { threeWay { $0.gap(after: 0) } }

  /// The blank lines behind the last block.
  var end: [UInt8] {
    // In a text without blocks they are ahead of the first.
    threeWay { $0.blocks.count > 1 ? $0.gap(after: $0.blocks.count - 1) : [] }
  }

  private func threeWay(_ gap: (BlockTree) -> ArraySlice<UInt8>) -> [UInt8] {
    Array(MarkdownMerge.threeWay(gap(blocks.base.tree), gap(blocks.earlier.tree), gap(blocks.later.tree)))
  }

  /// The blank lines between two blocks of the merged text.
  func gap(after one: MergedBlock, before next: MergedBlock) -> [UInt8] {
    let above = places(one)
    let below = places(next)
    var found: [ArraySlice<UInt8>?] = []
    for (upper, lower) in zip(above, below) {
      guard let upper, let lower, upper.end + 1 == lower.block else {
        found.append(nil)
        continue
      }
      found.append(upper.tree.gap(after: upper.end))
    }
    switch (found[0], found[1], found[2]) {
    case (let base?, let earlier?, let later?): return Array(MarkdownMerge.threeWay(base, earlier, later))
    case (_, let earlier?, nil): return Array(earlier)
    case (_, _, let later?): return Array(later)
    case (let base?, nil, nil): return Array(base)
    case (nil, nil, nil):
      let gap = Array(likely(one, next, above, below))
      // Two paragraphs with nothing between are one.
      return gap.isEmpty && one.kind == .paragraph && next.kind == .paragraph && !areFields(one, next)
        ? [.newline] : gap
    }
  }

  /// Where a block stands in the base, the earlier and the later version.
  private func places(_ merged: MergedBlock) -> [Place?] {
    let number = merged.number
    return [
      place(blocks.base.tree, blocks.inBase(number), merged),
      place(blocks.earlier.tree, blocks.earlier.blocks[number], merged),
      place(blocks.later.tree, blocks.later.blocks[number], merged),
    ]
  }

  private func place(_ tree: BlockTree, _ block: Int?, _ merged: MergedBlock) -> Place? {
    block.map { Place(tree: tree, block: $0, end: merged.isWhole ? tree.last(in: $0) : $0) }
  }

  /// The blank lines between two blocks that stand next to each other in no version: as between their like.
  private func likely(
    _ one: MergedBlock, _ next: MergedBlock, _ above: [Place?], _ below: [Place?]
  ) -> ArraySlice<UInt8> {
    // As the next block stands to one like this, this one to one like the next, or one of them to its like.
    for place in below.reversed().compactMap(\.self) where isLike(place.above, one) { return place.gapAbove }
    for place in above.reversed().compactMap(\.self) where isLike(place.below, next) { return place.gapBelow }
    if isLike(one.kind, next) {
      for place in below.reversed().compactMap(\.self) where isLike(place.below, one) { return place.gapBelow }
      for place in above.reversed().compactMap(\.self) where isLike(place.above, next) { return place.gapAbove }
      if [.item, .row, .definition].contains(one.kind) { return [] }
    }
    let gaps = above.compactMap { $0?.gapBelow } + below.compactMap { $0?.gapAbove }
    let longest = gaps.max { $0.count < $1.count } ?? []
    return longest.isEmpty ? [.newline] : longest
  }

  /// Whether both are lines of `Name: value`.
  private func areFields(_ one: MergedBlock, _ next: MergedBlock) -> Bool {
    Label.of(one.bytes[...]) != nil && Label.of(next.bytes[...]) != nil
  }

  private func isLike(_ kind: BlockKind?, _ block: MergedBlock) -> Bool {
    kind == block.kind || (kind == .table && block.kind == .row) || (kind == .row && block.kind == .table)
  }

}
