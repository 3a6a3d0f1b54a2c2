import MarkdownMerge

/// What a merge came to, in words that a test can read.
struct TextOutcome: Equatable, CustomStringConvertible {
  var text: String?
  /// The parts that did not merge: where, what stands, what is aside.
  var aside: [[String]] = []
  var refusal: MergeOutcome.Refusal?

  init(_ outcome: MergeOutcome) {
    switch outcome {
    case .merged(let bytes): text = String(decoding: bytes, as: UTF8.self)
    case .partly(let bytes, let parts):
      text = String(decoding: bytes, as: UTF8.self)
      aside = parts.map {
        [
          $0.headings.joined(separator: " > "), String(decoding: $0.standing, as: UTF8.self),
          String(decoding: $0.aside, as: UTF8.self),
        ]
      }
    case .refused(let reason): refusal = reason
    }
  }

  var description: String {
    if let refusal { return "refused: \(refusal)" }
    return (text ?? "") + aside.map { "\n--- under \($0[0])\n\($0[1])--- aside\n\($0[2])" }.joined()
  }
}

/// Merges texts; the first side is the earlier one.
func merge(_ base: String, _ earlier: String, _ later: String) -> TextOutcome {
  TextOutcome(StructuralMerge.merge(base: Array(base.utf8), earlier: Array(earlier.utf8), later: Array(later.utf8)))
}
