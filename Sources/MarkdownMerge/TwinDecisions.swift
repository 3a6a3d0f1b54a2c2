/// What becomes of blocks that stand several times side by side, saying the same, and that both sides changed.
///
/// Which of two equal lines a side deleted or edited can't be told for certain. So a side's deletions among them never
/// add up with the other's, and edits of different ones are a conflict.
struct TwinDecisions {
  /// Blocks of the base that stay although a side deleted them.
  private(set) var restored: Set<Int> = []
  /// Blocks that stand as the later side has them, whatever the earlier one made of them.
  private(set) var asInLater: Set<Int> = []

  init(_ blocks: BlockCorrespondence) {
    let keys = blocks.base.keys
    for parent in blocks.base.tree.blocks {
      guard parent.children.count > 1 else { continue }
      var groups: [Int: [Int]] = [:]
      for child in parent.children
      where blocks.base.tree.blocks[child].kind != .rule && keys.weight[child] > 0 {
        groups[keys.loose[child], default: []].append(child)
      }
      for group in groups.values where group.count > 1 { decide(group, blocks) }
    }
  }

  private mutating func decide(_ group: [Int], _ blocks: BlockCorrespondence) {
    let deletedByEarlier = group.filter { blocks.earlier.blocks[$0] == nil }
    let deletedByLater = group.filter { blocks.later.blocks[$0] == nil }
    let editedByEarlier = group.filter { Self.isEdited($0, blocks.earlier, blocks) }
    let editedByLater = group.filter { Self.isEdited($0, blocks.later, blocks) }
    let isChangedByBoth =
      !(deletedByEarlier.isEmpty && editedByEarlier.isEmpty) && !(deletedByLater.isEmpty && editedByLater.isEmpty)
    guard isChangedByBoth else { return }
    // A deletion beside the other side's edit may have meant the edited one.
    if !editedByEarlier.isEmpty || !editedByLater.isEmpty {
      restored.formUnion(deletedByEarlier)
      restored.formUnion(deletedByLater)
    } else if deletedByEarlier.count > deletedByLater.count {
      restored.formUnion(deletedByLater)
    } else {
      restored.formUnion(deletedByEarlier)
    }
    if !editedByEarlier.isEmpty, !editedByLater.isEmpty, editedByEarlier != editedByLater {
      asInLater.formUnion(group)
    }
  }

  private static func isEdited(_ block: Int, _ side: BlockSide, _ blocks: BlockCorrespondence) -> Bool {
    side.blocks[block].map { side.keys.loose[$0] != blocks.base.keys.loose[block] || isTicked($0, block, side, blocks) }
      ?? false
  }

  private static func isTicked(_ there: Int, _ block: Int, _ side: BlockSide, _ blocks: BlockCorrespondence) -> Bool {
    blocks.base.tree.blocks[block].kind == .item
      && ListItem.state(of: side.tree.bytes(there)) != ListItem.state(of: blocks.base.tree.bytes(block))
  }
}
