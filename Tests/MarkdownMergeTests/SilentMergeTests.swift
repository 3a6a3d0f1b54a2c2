import MarkdownMerge
import Testing

/// Where git's merge of lines ends clean and wrong.
@Suite("What git merges silently and wrongly")
struct SilentMergeTests {
  @Test("a line that both insert at different places stands once", arguments: ["- ", ""])
  func sameLineTwice(marker: String) {
    let lines = ["alpha one", "beta two", "gamma three", "delta four", "epsilon five", "zeta six"]
    func text(_ lines: [String]) -> String {
      lines.map { marker + $0 + "\n" }.joined(separator: marker.isEmpty ? "\n" : "")
    }
    var (one, other) = (lines, lines)
    one.insert("the new one", at: 1)
    other.insert("the new one", at: 5)
    for (earlier, later) in [(one, other), (other, one)] {
      #expect(merge(text(lines), text(earlier), text(later)) == TextOutcome(.merged(Array(text(later).utf8))))
    }
  }

  @Test("a line that both move to different places stands once", arguments: ["- ", ""])
  func movedTwice(marker: String) {
    let lines = ["moved on", "alpha one", "beta two", "gamma three", "delta four", "epsilon five"]
    func text(_ lines: [String]) -> String {
      lines.map { marker + $0 + "\n" }.joined(separator: marker.isEmpty ? "\n" : "")
    }
    let rest = Array(lines.dropFirst())
    let one = Array(rest[..<2]) + ["moved on"] + Array(rest[2...])
    let other = rest + ["moved on"]
    #expect(merge(text(lines), text(one), text(other)).text == text(other))
    #expect(merge(text(lines), text(other), text(one)).text == text(one))
  }

  @Test("of two equal lines, of which each side deletes another, one stays", arguments: ["- ", ""])
  func twinsDeleted(marker: String) {
    func text(_ lines: [String]) -> String {
      lines.map { marker + $0 + "\n" }.joined(separator: marker.isEmpty ? "\n" : "")
    }
    let base = ["alpha", "twin", "beta", "gamma", "delta", "twin", "epsilon"]
    var (one, other) = (base, base)
    one.remove(at: 1)
    other.remove(at: 5)
    for (earlier, later) in [(one, other), (other, one)] {
      #expect(merge(text(base), text(earlier), text(later)).text == text(later))
    }
  }

  @Test("of two equal lines, one deleted and one edited, nothing is lost")
  func twinDeletedAndEdited() {
    let outcome = merge("- twin\n- b\n- twin\n", "- b\n- twin\n", "- twin\n- b\n- twin, but better\n")
    #expect(outcome.text == "- twin\n- b\n- twin, but better\n")
  }

  @Test("of two equal lines, each edited by another side, one edit is set aside")
  func twinsEdited() {
    let outcome = merge("- twin one\n- twin one\n", "- twin one two\n- twin one\n", "- twin one\n- twin one three\n")
    #expect(outcome.text == "- twin one\n- twin one three\n")
    #expect(outcome.aside == [["", "- twin one\n", "- twin one two\n"]])
  }
}
