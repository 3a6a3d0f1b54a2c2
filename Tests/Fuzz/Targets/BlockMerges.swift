import GeneratedBanks
import MarkdownMerge

extension FuzzTarget {
  /// Three versions of a Markdown text, parted by a line of four percent signs.
  static let blockMerges = FuzzTarget(
    "block-merges",
    words: [
      "%%%%\n", "\n", "\r\n", "\n\n", "- ", "- [ ] ", "- [x] ", "  - ", "1. ", "# ", "## ", "---\n", "===\n", "```\n",
      "~~~\n",
      "> ", "| a | b |\n", "|---|---|\n", "<div>\n", "<!-- ", "-->", "[a]: b\n", "updated: 2026-11-20\n",
      "tags: [a, b]\n",
      "**State:** ", "\u{feff}", "    ", "\t", "***\n", "alpha beta gamma", "membank part: ",
    ],
    seeds: seeds
  ) { input in
    let texts = ThreeTexts(input.rest())
    if let fault = AnyText.fault(base: texts.base, one: texts.one, other: texts.other) {
      throw Broken(description: fault)
    }
    let markers = ConflictMarkers(ours: "ours", base: "base", theirs: "theirs")
    for favor in [FileMerge.Favor.neither, .ours, .theirs, .both] {
      let result = FileMerge.merge(
        base: texts.base, ours: texts.one, theirs: texts.other, favor: favor, markers: markers)
      try hold((result.text == nil) == (result.refusal == .notText), "text and refusal don't go together")
      try hold(favor == .neither || result.refusal != nil || result.conflicts == 0, "a conflict that was decided")
    }
    // What others wrote may look like a copy of parts.
    if let copy = ConflictCopy(parsing: texts.base) {
      try hold(copy.places(in: texts.one).count == copy.parts.count, "a part without an answer")
      for choice in [ConflictCopy.Choice.replace, .append] {
        guard let text = copy.resolving(choice, in: texts.one) else { continue }
        try hold(choice == .replace || text.count >= texts.one.count, "what was put beside a text made it shorter")
      }
    }
  }

  /// A few generated cases; texts of every kind of block, half of them broken.
  private static let seeds: [String] = {
    let cases = Template.allCases.map { template in
      let merge = MergeCase(template, edits: 2, seed: 1)
      return ThreeTexts(
        base: Array(merge.base.text.utf8), one: Array(merge.one.text.utf8), other: Array(merge.other.text.utf8))
    }
    let soups = (0..<20 as Range<UInt64>).map { seed in
      let soup = Soup(seed: seed)
      return ThreeTexts(base: soup.base, one: soup.one, other: soup.other)
    }
    return (cases + soups).map { String(decoding: $0.bytes, as: UTF8.self) }
  }()
}
