import Support

/// The names seen in one directory, and which of them other file systems would take for one.
struct NameClashes {
  // A name whose letters folded are all ASCII is compared as bytes: nearly every name, at a tenth of the cost.
  private var plain: [FoldedName: BankPath] = [:]
  // `String` compares by canonical equivalence: composed and decomposed letters give one key.
  private var others: [String: BankPath] = [:]

  /// The problem that the name makes with one seen before, if any.
  mutating func insert(_ name: [UInt8], _ path: BankPath) -> BankProblem? {
    let earlier: BankPath?
    if let folded = Self.folded(name) {
      earlier = plain[folded]
      if earlier == nil { plain[folded] = path }
    } else {
      let folded = String(decoding: name, as: UTF8.self).lowercased()
      // Some letters beyond ASCII fold into it: the Kelvin sign is a k.
      if folded.utf8.allSatisfy({ $0 < 0x80 }) {
        let folded = FoldedName(bytes: Array(folded.utf8))
        earlier = plain[folded]
        if earlier == nil { plain[folded] = path }
      } else {
        earlier = others[folded]
        if earlier == nil { others[folded] = path }
      }
    }
    return earlier.map { Self.problem(name, path, $0) }
  }

  /// An array of bytes feeds them to the hash one by one; this feeds all at once.
  private struct FoldedName: Hashable {
    let bytes: [UInt8]

    func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
  }

  private static func folded(_ name: [UInt8]) -> FoldedName? {
    var isPlain = true
    let folded = name.map { byte in
      if byte >= 0x80 { isPlain = false }
      return (0x41...0x5a).contains(byte) ? byte + 32 : byte
    }
    return isPlain ? FoldedName(bytes: folded) : nil
  }

  private static func problem(_ name: [UInt8], _ path: BankPath, _ other: BankPath) -> BankProblem {
    let text = String(decoding: name, as: UTF8.self)
    // Named from the side that comes later in byte order, so that the order of the listing doesn't show.
    let (earlier, later) = path < other ? (path, other) : (other, path)
    return text == other.name
      ? BankProblem(.normalisationClash, later, "is written like '\(earlier)' in another Unicode form")
      : BankProblem(.caseClash, later, "differs from '\(earlier)' in upper and lower case only")
  }
}
