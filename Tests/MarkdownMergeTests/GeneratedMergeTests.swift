import GeneratedBanks
import MarkdownMerge
import Testing

@Suite("Generated edits of generated documents")
struct GeneratedMergeTests {
  private static let rounds: UInt64 = 40

  @Test(
    "lose nothing, double nothing and resurrect nothing", arguments: Template.allCases, [1, 2, 4, 8])
  func faultless(template: Template, edits: Int) {
    for seed in 0..<Self.rounds {
      let merge = MergeCase(template, edits: edits, seed: seed)
      let (base, one) = (Array(merge.base.text.utf8), Array(merge.one.text.utf8))
      let other = Array(merge.other.text.utf8)
      for (earlier, later) in [(one, other), (other, one)] {
        let outcome = TextOutcome(StructuralMerge.merge(base: base, earlier: earlier, later: later))
        guard let text = outcome.text else { continue }
        let faults = merge.faults(in: text, aside: outcome.aside.map { $0[2] }.joined())
        #expect(faults.isEmpty, "\(template) with \(edits) edits, seed \(seed)")
      }
    }
  }

  @Test("conflict rarely", arguments: [(Template.tasks, 8), (.log, 8), (.decisions, 12), (.prose, 30)])
  func conflictRate(template: Template, percent: Int) {
    var conflicts = 0
    for seed in 0..<100 as Range<UInt64> {
      let merge = MergeCase(template, edits: 4, seed: seed)
      let outcome = StructuralMerge.merge(
        base: Array(merge.base.text.utf8), earlier: Array(merge.one.text.utf8), later: Array(merge.other.text.utf8))
      if case .merged = outcome { continue }
      conflicts += 1
    }
    #expect(conflicts <= percent)
  }

  @Test("leave what one side alone has changed exactly as it has it", arguments: Template.allCases)
  func oneSided(template: Template) {
    for seed in 0..<Self.rounds {
      let merge = MergeCase(template, edits: 4, seed: seed)
      let (base, one) = (Array(merge.base.text.utf8), Array(merge.one.text.utf8))
      for (earlier, later) in [(base, one), (one, base), (one, one)] {
        #expect(StructuralMerge.mergeBlocks(base: base, earlier: earlier, later: later) == .merged(one), "seed \(seed)")
      }
    }
  }

  @Test(
    "leave untouched blocks byte for byte, whatever stands in them",
    arguments: ["\t- odd  \t\n", "##  Two ##  \n", "|a|  b|\n|-|-|\n|1 |2|\n", "Setext\n---\n", "> quote\nlazy\n"])
  func untouched(block: String) {
    let base = "# T\n\n- a\n\n\n" + block + "\n \n1) x\n"
    let (one, other) = (base.replacing("- a\n", with: "- a\n- b\n"), base.replacing("x\n", with: "x\n2) y\n"))
    let merged = base.replacing("- a\n", with: "- a\n- b\n").replacing("x\n", with: "x\n2) y\n")
    #expect(merge(base, one, other).text == merged)
  }
}
