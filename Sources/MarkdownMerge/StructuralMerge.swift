/// The three-way merge of Markdown, block by block.
///
/// It is a pure function of three texts and of which side is the later one; who calls which side "ours" is nothing to
/// it. What no side changed comes out byte for byte as it went in.
public struct StructuralMerge {
  private let base: [UInt8]
  private let earlier: [UInt8]
  private let later: [UInt8]
  private var shape = TextShape()
  private var keepsReturns = false

  /// Merges what two sides made of a text.
  ///
  /// - Parameters:
  ///   - base: What both came from.
  ///   - earlier: The side whose version is set aside where the two don't go together.
  ///   - later: The side whose version keeps the place.
  /// - Returns: The merged text and what did not merge, or why nothing was merged.
  public static func merge(base: [UInt8], earlier: [UInt8], later: [UInt8]) -> MergeOutcome {
    if earlier == later || earlier == base { return .merged(later) }
    if later == base { return .merged(earlier) }
    return mergeBlocks(base: base, earlier: earlier, later: later)
  }

  /// The same without the short ways for sides that are equal or changed nothing; what it comes to must be the same.
  package static func mergeBlocks(base: [UInt8], earlier: [UInt8], later: [UInt8]) -> MergeOutcome {
    guard [base, earlier, later].allSatisfy({ $0.count <= MergeLimits.bytes }) else { return .refused(.tooLarge) }
    guard [base, earlier, later].allSatisfy(isText) else { return .refused(.notText) }
    var merge = StructuralMerge(base: base, earlier: earlier, later: later)
    return merge.run()
  }

  /// Whether the bytes are UTF-8 without NUL.
  static func isText(_ bytes: [UInt8]) -> Bool { !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil }

  private init(base: [UInt8], earlier: [UInt8], later: [UInt8]) {
    (self.base, self.earlier, self.later) = (base, earlier, later)
  }

  private mutating func run() -> MergeOutcome {
    let shapes = [base, earlier, later].map { TextShape(of: $0) }
    keepsReturns = shapes.contains { $0.lineEnd == .mixed }
    shape = TextShape.merged(base: shapes[0], earlier: shapes[1], later: shapes[2])
    let texts = zip([base, earlier, later], shapes).map { text, shape in
      SourceText(lines: shape.stripped(text, keepsReturns: keepsReturns))
    }
    let cuts = texts.map { FrontMatter.cut(from: $0) }
    let matter = FrontMatterMerge(base: cuts[0]?.matter, earlier: cuts[1]?.matter, later: cuts[2]?.matter)
    guard let trees = Self.trees(texts, from: cuts.map { $0?.bodyLine ?? 0 }) else { return .refused(.tooComplex) }
    var interner = Interner()
    let versions = trees.map { BlockVersion($0, &interner) }
    guard let earlierMatch = Self.match(versions[0], versions[1]), let laterMatch = Self.match(versions[0], versions[2])
    else { return .refused(.tooDifferent) }
    let survivals = [
      Survival(versions[0], versions[1], earlierMatch), Survival(versions[0], versions[2], laterMatch),
    ]
    guard !survivals.contains(where: \.isWrittenAnew) else { return .refused(.writtenAnew) }
    let blocks = BlockCorrespondence(versions[0], versions[1], earlierMatch, versions[2], laterMatch)
    guard let body = BlockMerge(blocks) else { return .refused(.movedIntoEachOther) }
    return assembled(matter, body, byLine: trees[0].isByLine)
  }

  /// The three texts taken apart, all of them into blocks or all of them into lines.
  private static func trees(_ texts: [SourceText], from lines: [Int]) -> [BlockTree]? {
    var trees: [BlockTree] = []
    for (text, line) in zip(texts, lines) {
      guard let tree = BlockTree(text, from: line), tree.blocks.count <= MergeLimits.blocks else { return nil }
      trees.append(tree)
    }
    guard trees.contains(where: \.isByLine) else { return trees }
    return zip(texts, lines).compactMap { BlockTree($0, from: $1, byLine: true) }
  }

  private static func match(_ base: BlockVersion, _ side: BlockVersion) -> BlockMatch? {
    BlockMatcher.match(base.tree, base.keys, side.tree, side.keys)
  }

  private func assembled(_ matter: FrontMatterMerge, _ body: BlockMerge, byLine: Bool) -> MergeOutcome {
    var text = MergedText(shape, keepsReturns: keepsReturns)
    text.append(matter)
    let bodyLine = text.lines.count { $0 == .newline }
    text.append(body)
    let source = SourceText(lines: text.lines)
    let matterThere = FrontMatter.cut(from: source)?.matter
    guard matter.matter.map({ made in matterThere.map { made.reads(as: $0) } ?? false }) ?? (matterThere == nil),
      MergeCheck.readsAsMade(source, bodyLine: bodyLine, byLine: byLine, body.merged)
    else { return .refused(.readsOtherwise) }
    guard MergeCheck.losesNothing(body.blocks, body.merged, matter, aside: text.aside) else {
      return .refused(.losesLines)
    }
    return text.outcome
  }
}

/// How much of the base is left in a side.
private struct Survival {
  let isWrittenAnew: Bool

  init(_ base: BlockVersion, _ side: BlockVersion, _ match: BlockMatch) {
    var (kept, all, known, written) = (0, 0, 0, 0)
    for block in base.tree.blocks.indices {
      all += base.keys.weight[block]
      if match.toSide[block] != nil, match.quality[block] != .place { kept += base.keys.weight[block] }
    }
    for block in side.tree.blocks.indices {
      written += side.keys.weight[block]
      if let origin = match.toBase[block], match.quality[origin] != .place { known += side.keys.weight[block] }
    }
    isWrittenAnew =
      base.tree.blocks.count > MergeLimits.smallText
      && Double(kept) < MergeLimits.survival * Double(all) && Double(known) < MergeLimits.survival * Double(written)
  }
}
