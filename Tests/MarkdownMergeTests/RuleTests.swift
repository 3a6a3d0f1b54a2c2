import MarkdownMerge
import Testing

/// A merge in a few lines; `|` stands for a line end, the first side is the earlier one.
struct Rule: CustomTestStringConvertible {
  let name: String
  let base: String
  let earlier: String
  let later: String
  let merged: String
  /// What is set aside: the headings, what stands, what is aside.
  var aside: [[String]] = []

  init(
    _ name: String, _ base: String, _ earlier: String, _ later: String, _ merged: String, aside: [[String]] = []
  ) {
    let lines = { (text: String) in text.replacing("|", with: "\n") }
    self.name = name
    (self.base, self.earlier, self.later, self.merged) = (lines(base), lines(earlier), lines(later), lines(merged))
    self.aside = aside.map { $0.map(lines) }
  }

  var testDescription: String { name }
}

private let listRules: [Rule] = [
  Rule("both append", "- a|- b|", "- a|- b|- c|", "- a|- b|- d|", "- a|- b|- c|- d|"),
  Rule("both prepend: the newest on top", "- a|- b|", "- c|- a|- b|", "- d|- a|- b|", "- d|- c|- a|- b|"),
  Rule("the same from both, once", "- a|", "- a|- c|", "- a|- c|- d|", "- a|- c|- d|"),
  Rule("the same from both in another order", "- a|", "- a|- c|- d|", "- a|- d|- c|", "- a|- d|- c|"),
  Rule(
    "adjacent ticks", "- [ ] first task|- [ ] second task|", "- [x] first task|- [ ] second task|",
    "- [ ] first task|- [x] second task|", "- [x] first task|- [x] second task|"),
  Rule("the same tick", "- [ ] task|- b|", "- [x] task|- b|", "- [X] task|- b|- c|", "- [X] task|- b|- c|"),
  Rule("deleted and edited: edited", "- alpha beta|- b|", "- b|", "- alpha beta gamma|- b|", "- alpha beta gamma|- b|"),
  Rule("deleted and ticked: ticked", "- [ ] alpha|- b|", "- b|", "- [x] alpha|- b|", "- [x] alpha|- b|"),
  Rule("deleted by both", "- a|- b|- c|", "- a|- c|", "- a|- c|- d|", "- a|- c|- d|"),
  Rule("deleted and moved: deleted", "- a1|- b1|- c1|", "- b1|- c1|", "- b1|- c1|- a1|", "- b1|- c1|"),
  Rule(
    "moved and edited", "- alpha beta|- b|- c|", "- b|- c|- alpha beta|", "- alpha beta gamma|- b|- c|",
    "- b|- c|- alpha beta gamma|"),
  Rule(
    "moved by both: once, where the later has it", "- a|- b|- c|- d|", "- b|- a|- c|- d|", "- b|- c|- d|- a|",
    "- b|- c|- d|- a|"),
  Rule("prepended and the last dropped, by both", "- a|- b|- c|", "- n|- a|- b|", "- m|- a|- b|", "- m|- n|- a|- b|"),
  Rule(
    "an item replaced by each", "## H||- old thing|", "## H||- first idea|", "## H||- second plan|",
    "## H||- first idea|- second plan|"),
  Rule(
    "edited by both", "- alpha beta gamma|- b|", "- alpha beta delta|- b|", "- alpha beta epsilon|- b|- c|",
    "- alpha beta epsilon|- b|- c|", aside: [["", "- alpha beta epsilon|", "- alpha beta delta|"]]),
  Rule(
    "one says more than the other", "- alpha beta|", "- alpha beta gamma|", "- alpha beta gamma delta|",
    "- alpha beta gamma delta|"),
  Rule(
    "a value with a name, set by both", "- **State:** red|- b|", "- **State:** green|- b|", "- **State:** blue|- b|",
    "- **State:** blue|- b|", aside: [["", "- **State:** blue|", "- **State:** green|"]]),
  Rule(
    "a tick is not for another task in the same place", "- [ ] test the parser now|- b|",
    "- [x] test the parser now|- b|", "- [ ] test the lexer then|- b|", "- [ ] test the lexer then|- b|",
    aside: [["", "- [ ] test the lexer then|", "- [x] test the parser now|"]]),
  Rule(
    "nested further and edited", "- a|- beta gamma|", "- a|  - beta gamma|", "- a|- beta gamma delta|",
    "- a|  - beta gamma delta|"),
  Rule(
    "lines below an item", "- alpha|  more|- b|", "- alpha|  more|- b|- c|", "- [ ] alpha|  more|- b|",
    "- [ ] alpha|  more|- b|- c|"),
  Rule("numbers go on", "1. a|2. b|", "1. a|2. b|3. c|", "1. a|2. b|3. d|", "1. a|2. b|3. c|4. d|"),
  Rule("numbers that mean something stay", "1. a|1. b|", "1. a|1. b|1. c|", "1. a|1. b|1. d|", "1. a|1. b|1. c|1. d|"),
]

private let sectionRules: [Rule] = [
  Rule(
    "both add the same section", "# T|", "# T||## S||- a|", "# T||## S||- b|", "# T||## S||- a|- b|"),
  Rule(
    "renamed and filled", "# T||## S||- a|", "# T||## S2 now||- a|", "# T||## S||- a|- b|", "# T||## S2 now||- a|- b|"),
  Rule(
    "moved and filled", "## A||- a1|||## B||- b1|", "## B||- b1||## A||- a1|", "## A||- a1|- a2||## B||- b1|",
    "## B||- b1||## A||- a1|- a2|"),
  Rule(
    "deleted and an item of it edited: that and its heading stay", "## A||- alpha one|- alpha two||## B||text|",
    "## B||text|", "## A||- alpha one|- alpha two more||## B||text|", "## A||- alpha two more||## B||text|"),
  Rule(
    "deleted and filled: what is new stays", "## A||- a||## B||t|", "## B||t|", "## A||- a|- n||## B||t|",
    "## A||- n||## B||t|"),
  Rule("another level and a new name", "## A||t|", "### A||t|", "## A two||t|", "### A two||t|"),
  Rule(
    "inserted headings", "## A||p one||p two|", "## A||p one||### N||p two|", "## A||p one||p two||p three|",
    "## A||p one||p three||### N||p two|"),
  Rule(
    "a heading that both renamed", "## Old name||- a|- b|", "## First name||- a|- b|", "## Second name||- a|- b|- c|",
    "## Second name||- a|- b|- c|", aside: [["", "## Second name|", "## First name|"]]),
]

private let tableRules: [Rule] = [
  Rule(
    "a row each", "¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|", "¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|¦ 2 ¦ b ¦|",
    "¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|¦ 3 ¦ c ¦|", "¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|¦ 2 ¦ b ¦|¦ 3 ¦ c ¦|"),
  Rule(
    "two cells of a row", "¦ id ¦ s ¦ t ¦|¦---¦---¦---¦|¦ 1 ¦ a ¦ x ¦|", "¦ id ¦ s ¦ t ¦|¦---¦---¦---¦|¦ 1 ¦ b ¦ x ¦|",
    "¦ id ¦ s ¦ t ¦|¦---¦---¦---¦|¦ 1 ¦ a ¦ y ¦|", "¦ id ¦ s ¦ t ¦|¦---¦---¦---¦|¦ 1 ¦ b ¦ y ¦|"),
  Rule(
    "set wider, and a cell", "¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|¦ 2 ¦ b ¦|",
    "¦ id ¦ s  ¦|¦----¦----¦|¦ 1  ¦ a  ¦|¦ 2  ¦ b  ¦|",
    "¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|¦ 2 ¦ c ¦|", "¦ id ¦ s  ¦|¦----¦----¦|¦ 1  ¦ a  ¦|¦ 2  ¦ c ¦|"),
  Rule(
    "a column and a row", "¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|", "¦ id ¦ s ¦ t ¦|¦---¦---¦---¦|¦ 1 ¦ a ¦ x ¦|",
    "¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|¦ 2 ¦ b ¦|", "¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|¦ 2 ¦ b ¦|",
    aside: [
      ["", "¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|¦ 2 ¦ b ¦|", "¦ id ¦ s ¦ t ¦|¦---¦---¦---¦|¦ 1 ¦ a ¦ x ¦|"]
    ]),
  Rule(
    "a table right below a line of text", "text|¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|",
    "text|¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|¦ 2 ¦ b ¦|", "other text|¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|",
    "other text|¦ id ¦ s ¦|¦---¦---¦|¦ 1 ¦ a ¦|¦ 2 ¦ b ¦|"),
]

private let proseRules: [Rule] = [
  Rule("a paragraph each", "one||two|", "one||two||three|", "zero||one||two|", "zero||one||two||three|"),
  Rule(
    "the one paragraph of a section, by both", "## F||old focus|", "## F||login page|", "## F||billing run|",
    "## F||billing run|", aside: [["F", "billing run|", "login page|"]]),
  Rule(
    "stamps: the later date", "*Last updated: 2026-11-18*||text|", "*Last updated: 2026-11-20*||text|",
    "*Last updated: 2026-11-19*||text more|", "*Last updated: 2026-11-20*||text more|"),
  Rule(
    "stamps in words", "Updated November 18, 2026||t|", "Updated December 1, 2026||t|",
    "Updated November 30, 2026||t u|",
    "Updated December 1, 2026||t u|"),
  Rule(
    "stamps with zones", "---|updated: 2026-11-18T00:00:00Z|---|", "---|updated: 2026-12-01T01:00:00+02:00|---|",
    "---|updated: 2026-11-30T22:30:00Z|a: b|---|", "---|updated: 2026-12-01T01:00:00+02:00|a: b|---|"),
  Rule(
    "fields below each other", "**A:** x|**B:** y|", "**A:** x2|**B:** y|", "**A:** x|**B:** y2|",
    "**A:** x2|**B:** y2|"),
  Rule("link definitions", "text||[a]: /a|", "text||[a]: /a|[b]: /b|", "text||[a]: /a2|", "text||[a]: /a2|[b]: /b|"),
  Rule(
    "a fence is a whole", "```|a|b|```|", "```|a1|b|```|", "```|a|b1|```|", "```|a|b1|```|",
    aside: [["", "```|a|b1|```|", "```|a1|b|```|"]]),
  Rule(
    "what stands in a fence is no list", "```|- a|```||- b|", "```|- a|```||- b|- c|", "```|- a|- z|```||- b|",
    "```|- a|- z|```||- b|- c|"),
  Rule("HTML is a whole", "<p>|a|</p>||t|", "<p>|b|</p>||t|", "<p>|a|</p>||t||u|", "<p>|b|</p>||t||u|"),
]

private let frontMatterRules: [Rule] = [
  Rule("a key each", "---|a: 1|---|t|", "---|a: 1|b: 2|---|t|", "---|a: 1|c: 3|---|t|", "---|a: 1|b: 2|c: 3|---|t|"),
  Rule(
    "a key by both", "---|a: 1|---|t|", "---|a: 2|---|t|", "---|a: 3|---|t||u|", "---|a: 3|---|t||u|",
    aside: [["front matter", "a: 3|", "a: 2|"]]),
  Rule(
    "lists", "---|tags: [a, b]|---|", "---|tags: [a, b, c]|---|", "---|tags: [b, d]|---|", "---|tags: [b, c, d]|---|"),
  Rule(
    "lists of lines", "---|tags:|  - a|---|", "---|tags:|  - a|  - b|---|", "---|tags:|  - a|  - c|---|",
    "---|tags:|  - a|  - b|  - c|---|"),
  Rule("both add it", "t|", "---|a: 1|---|t|", "---|b: 2|---|t|", "---|a: 1|b: 2|---|t|"),
  Rule("one takes it away", "---|a: 1|---|t|", "t|", "---|a: 1|---|t||u|", "t||u|"),
  Rule(
    "what is no mapping is a whole", "---|{a: 1}|---|t|", "---|{a: 2}|---|t|", "---|{a: 3}|---|t|", "---|{a: 3}|---|t|",
    aside: [["front matter", "{a: 3}|", "{a: 2}|"]]),
]

@Suite("Rules of the merge")
struct RuleTests {
  @Test(
    "give what the table says",
    arguments: [listRules, sectionRules, proseRules, frontMatterRules, tableRules.map(\.withBars)].flatMap(\.self))
  func rules(_ rule: Rule) {
    let outcome = merge(rule.base, rule.earlier, rule.later)
    #expect(outcome.text == rule.merged)
    #expect(outcome.aside == rule.aside)
    #expect(outcome.refusal == nil)
  }
}

extension Rule {
  /// The same with `¦` as the bar between cells.
  fileprivate var withBars: Rule {
    Rule(copying: self) { $0.replacing("¦", with: "|") }
  }

  private init(copying rule: Rule, _ change: (String) -> String) {
    name = rule.name
    (base, earlier) = (change(rule.base), change(rule.earlier))
    (later, merged) = (change(rule.later), change(rule.merged))
    aside = rule.aside.map { $0.map(change) }
  }
}
