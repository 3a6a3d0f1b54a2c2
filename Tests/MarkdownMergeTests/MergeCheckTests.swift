import Testing

@testable import MarkdownMerge

@Suite("The check of a merged text")
struct MergeCheckTests {
  private static let base = "# A\n\n- alpha\n- beta\n- gamma\n\ntext\n"
  private static let earlier = "# A\n\n- alpha\n- beta\n- new one\n- gamma\n\ntext\n"
  private static let later = "# A\n\n- alpha\n- beta, edited\n- gamma\n\ntext\n\nmore\n"

  private let blocks: BlockCorrespondence
  private let merged: [MergedBlock]

  init() throws {
    var interner = Interner()
    let versions = try [Self.base, Self.earlier, Self.later].map { text in
      BlockVersion(try #require(BlockTree(SourceText(lines: Array(text.utf8)), from: 0)), &interner)
    }
    let matches = try versions.dropFirst().map { side in
      try #require(BlockMatcher.match(versions[0].tree, versions[0].keys, side.tree, side.keys))
    }
    blocks = BlockCorrespondence(versions[0], versions[1], matches[0], versions[2], matches[1])
    merged = try #require(BlockMerge(blocks)).merged
  }

  private func losesNothing(_ merged: [MergedBlock]) -> Bool {
    MergeCheck.losesNothing(
      blocks, merged, FrontMatterMerge(base: nil, earlier: nil, later: nil), aside: [])
  }

  @Test("finds every block that is missing: new on either side, edited, or touched by nobody")
  func caught() {
    #expect(losesNothing(merged))
    #expect(merged.count == 7)
    for place in merged.indices {
      var less = merged
      let gone = less.remove(at: place)
      #expect(!losesNothing(less), "\(String(decoding: gone.bytes, as: UTF8.self))")
    }
  }

  @Test("finds blocks that would run into each other, or become something else")
  func readsOtherwise() {
    func reads(_ text: String) -> Bool {
      MergeCheck.readsAsMade(SourceText(lines: Array(text.utf8)), bodyLine: 0, byLine: false, merged)
    }
    let text = "# A\n\n- alpha\n- beta, edited\n- new one\n- gamma\n\ntext\n\nmore\n"
    #expect(reads(text))
    for (old, new) in [("text\n\nmore", "text\nmore"), ("- gamma\n\n", "- gamma\n"), ("- alpha\n", "```\n- alpha\n")] {
      #expect(!reads(text.replacing(old, with: new)), "\(new)")
    }
  }
}
