/// Texts that look like Markdown and mean harm: every kind of block, half of them broken, in no order.
public struct Soup: Sendable {
  /// What both sides came from.
  public let base: [UInt8]
  /// What one side made of it.
  public let one: [UInt8]
  /// What the other made of it.
  public let other: [UInt8]

  private static let lines: [String] = [
    "", "", "", "", "   ", "\t", "# Alpha", "## Beta", "## Beta", "### Gamma ###", "####### seven", "Setext", "===",
    "---",
    "***", "- - -", "- alpha", "- beta", "- [ ] task one", "- [x] task two", "- [ ] task three", "* star item",
    "+ plus item", "  - nested one", "  - [ ] nested two", "    - deep item", "      more of it", "\t- tab item",
    "1. first", "2. second", "3. third", "10. tenth", "1) paren", "   1. inner", "continued line", "   indented line",
    "    code line", "```", "```swift", "~~~", "let code = 1", "> quoted", "> - in quote", "| a | b |", "|---|---|",
    "| one | two |", "| D-1 | open |", "| ragged |", "a | b", "--- | ---", "<div>", "</div>", "<!-- note", "-->",
    "<details>", "<script>", "</script>", "[link]: http://example.org", "[^1]: footnote text", "**Status:** open",
    "**Owner:** Ada", "Plain: value", "updated: 2026-11-20", "*Last updated: 2026-11-19*", "title: soup",
    "tags: [alpha, beta]", "- - double", "-", "1.", "#", "\\- escaped", "über allem", "日本語の行", "emoji 🎉 line",
    "a\u{2028}b", "trailing spaces  ", "`unclosed", "*unclosed emphasis", "![image](x.png)", "- item with `code`",
    "- [ ]", "* * *", "___", "+++", "key: [broken", "...", "\u{feff}mark", "&amp; entity", "{% tag %}",
  ]

  /// The texts of a seed.
  public init(seed: UInt64) {
    var dice = Dice(seed)
    var lines = (0..<dice.within(1...50)).map { _ in dice.pick(Self.lines) }
    if dice.below(4) == 0 { lines = ["---", "title: soup", "updated: 2026-11-18", "tags: [alpha]", "---"] + lines }
    base = Self.text(lines, &dice)
    one = Self.text(Self.edited(lines, &dice), &dice)
    other = Self.text(Self.edited(lines, &dice), &dice)
  }

  private static func text(_ lines: [String], _ dice: inout Dice) -> [UInt8] {
    var text = lines.joined(separator: dice.below(12) == 0 ? "\r\n" : "\n")
    if dice.below(6) != 0 { text += "\n" }
    return Array(text.utf8)
  }

  private static func edited(_ lines: [String], _ dice: inout Dice) -> [String] {
    var lines = lines
    for _ in 0..<dice.within(1...6) {
      let place = dice.below(lines.count + 1)
      let run = min(lines.count - place, dice.within(1...4))
      switch dice.below(9) {
      case 0, 1: lines.insert(contentsOf: (0..<dice.within(1...3)).map { _ in dice.pick(Self.lines) }, at: place)
      case 2: lines.insert("new \(dice.pick(["ant", "bee", "cow", "doe", "eel"])) \(dice.below(1000))", at: place)
      case 3: lines.insert("- new \(dice.pick(["fox", "gnu", "hen", "ibis"])) \(dice.below(1000))", at: place)
      case 4: lines.removeSubrange(place..<place + run)
      case 5:
        let moved = Array(lines[place..<place + run])
        lines.removeSubrange(place..<place + run)
        lines.insert(contentsOf: moved, at: dice.below(lines.count + 1))
      case 6: lines.insert(contentsOf: Array(lines[place..<place + run]), at: dice.below(lines.count + 1))
      default:
        guard place < lines.count else { continue }
        lines[place] = changed(lines[place], &dice)
      }
    }
    return lines
  }

  private static func changed(_ line: String, _ dice: inout Dice) -> String {
    switch dice.below(7) {
    case 0: line + " and more"
    case 1: line.replacing("[ ]", with: "[x]")
    case 2: "  " + line
    case 3: String(line.drop { $0 == " " })
    case 4: String(line.dropLast(dice.below(4)))
    case 5: dice.pick(lines)
    default: line.replacing("e", with: "ee")
    }
  }
}
