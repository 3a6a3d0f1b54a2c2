/// Numbers the items of ordered lists anew where both sides inserted or removed some.
///
/// Only lists that every version counts one by one are numbered; in others the numbers mean something, or nothing.
struct Numbering {
  private let blocks: BlockCorrespondence
  private let counted: (base: [Bool], earlier: [Bool], later: [Bool])

  init(_ blocks: BlockCorrespondence) {
    self.blocks = blocks
    counted = (
      Self.counted(blocks.base.tree), Self.counted(blocks.earlier.tree), Self.counted(blocks.later.tree)
    )
  }

  /// Gives the items among some siblings, places of merged blocks, the numbers that their order asks for.
  func number(_ siblings: [Int], in merged: inout [MergedBlock]) {
    var run: [(place: Int, item: ListItem, number: Int)] = []
    for place in siblings {
      let block = merged[place]
      let isNumbered = block.kind == .item && ListItem.isNumbered(block.bytes[...])
      let item = isNumbered ? ListItem(block.bytes[...]) : nil
      if item?.number == nil || item?.delimiter != run.last?.item.delimiter {
        number(run, in: &merged)
        run = []
      }
      if let item, let number = item.number { run.append((place, item, number)) }
    }
    number(run, in: &merged)
  }

  private func number(_ run: [(place: Int, item: ListItem, number: Int)], in merged: inout [MergedBlock]) {
    guard let first = run.first?.number, first <= Self.highest,
      !zip(run, 0...).allSatisfy({ $0.number == first + $1 }), run.allSatisfy({ isCounted(merged[$0.place].number) })
    else { return }
    var items = run.map(\.item)
    for index in items.indices {
      let old = items[index].marker
      items[index].marker = Array(String(first + index).utf8) + old.drop { $0.isDigit }
      // What is nested in an item, or goes on below its first line, is indented by the width of its marker.
      let isAlone = !items[index].text.dropLast().contains(.newline) && !hasChildren(run[index].place, merged)
      guard items[index].marker.count == old.count || isAlone else { return }
    }
    for (index, entry) in run.enumerated() where items[index].marker != entry.item.marker {
      merged[entry.place].setBytes(items[index].bytes)
    }
  }

  /// CommonMark takes nine digits.
  private static let highest = 99_999_999

  private func hasChildren(_ place: Int, _ merged: [MergedBlock]) -> Bool {
    place + 1 < merged.count && merged[place + 1].parent == place
  }

  private func isCounted(_ number: Int) -> Bool {
    (blocks.inBase(number).map { counted.base[$0] } ?? true)
      && (blocks.earlier.blocks[number].map { counted.earlier[$0] } ?? true)
      && (blocks.later.blocks[number].map { counted.later[$0] } ?? true)
  }

  /// Which items of a text stand in a run of siblings that are numbered one by one.
  private static func counted(_ tree: BlockTree) -> [Bool] {
    var counted = Array(repeating: false, count: tree.blocks.count)
    for block in tree.blocks {
      var run: [(block: Int, number: Int)] = []
      for child in block.children + [-1] {
        if child > 0, tree.blocks[child].kind == .item, ListItem.isNumbered(tree.bytes(child)),
          let number = ListItem(tree.bytes(child)).number
        {
          run.append((child, number))
          continue
        }
        let first = run.first?.number ?? 0
        let isCounted = zip(run, 0...).allSatisfy { $0.number - first == $1 }
        for entry in run { counted[entry.block] = isCounted }
        run = []
      }
    }
    return counted
  }
}
