import Support

/// The names seen in one directory, and which of them other file systems would take for one.
struct NameClashes {
  // `String` compares by canonical equivalence: composed and decomposed letters give one key.
  private var seen: [String: BankPath] = [:]

  /// The problem that the name makes with one seen before, if any.
  mutating func insert(_ name: [UInt8], _ path: BankPath) -> BankProblem? {
    let text = String(decoding: name, as: UTF8.self)
    let folded = text.lowercased()
    guard let other = seen[folded] else {
      seen[folded] = path
      return nil
    }
    // Named from the side that comes later in byte order, so that the order of the listing doesn't show.
    let (earlier, later) = path < other ? (path, other) : (other, path)
    return text == other.name
      ? BankProblem(.normalisationClash, later, "is written like '\(earlier)' in another Unicode form")
      : BankProblem(.caseClash, later, "differs from '\(earlier)' in upper and lower case only")
  }
}
