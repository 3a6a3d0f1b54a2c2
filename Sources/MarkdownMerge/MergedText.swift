/// A merged text while it is put together, with what did not merge.
struct MergedText {
  /// The text with newlines, without its shape.
  private(set) var lines: [UInt8] = []
  private(set) var aside: [SetAside] = []
  private let shape: TextShape
  private let keepsReturns: Bool
  /// The text with the shape's line ends.
  private var bytes: [UInt8] = []

  init(_ shape: TextShape, keepsReturns: Bool) {
    self.shape = shape
    self.keepsReturns = keepsReturns
  }

  /// What the merge came to.
  var outcome: MergeOutcome {
    let text = shape.applied(to: bytes)
    return aside.isEmpty ? .merged(text) : .partly(text, aside)
  }

  private mutating func append(_ part: [UInt8]) {
    lines += part
    bytes += shape.withLineEnds(part, keepsReturns: keepsReturns)
  }

  mutating func append(_ front: FrontMatterMerge) {
    guard let matter = front.matter else { return }
    append(matter.opening)
    for (place, entry) in matter.entries.enumerated() {
      if let conflict = front.conflicts[place] { setAside(conflict, below: ["front matter"]) }
      append(entry.bytes)
    }
    append(matter.closing)
  }

  mutating func append(_ body: BlockMerge) {
    let spacing = Spacing(blocks: body.blocks)
    append(spacing.start)
    for (place, block) in body.merged.enumerated() {
      if let conflict = block.conflict { setAside(conflict, below: headings(above: place, in: body.merged)) }
      append(block.bytes)
      if place + 1 < body.merged.count { append(spacing.gap(after: block, before: body.merged[place + 1])) }
    }
    append(spacing.end)
  }

  private mutating func setAside(_ conflict: OwnConflict, below headings: [String]) {
    aside.append(
      SetAside(
        headings: headings, standing: withEnds(conflict.standing), aside: withEnds(conflict.aside),
        base: withEnds(conflict.base), offset: bytes.count + (shape.hasByteOrderMark ? 3 : 0)))
  }

  private func withEnds(_ text: [UInt8]) -> [UInt8] { shape.withLineEnds(text, keepsReturns: keepsReturns) }

  /// The headings that a block stands under, outermost first.
  private func headings(above place: Int, in merged: [MergedBlock]) -> [String] {
    var headings: [String] = []
    var next = merged[place].parent
    while let parent = next {
      if merged[parent].kind == .heading {
        headings.append(String(decoding: HeadingText(merged[parent].bytes[...]).words, as: UTF8.self))
      }
      next = merged[parent].parent
    }
    return headings.reversed()
  }
}
