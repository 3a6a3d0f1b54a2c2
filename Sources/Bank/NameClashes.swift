import Support

/// The names seen in one directory, and which of them other file systems would take for one.
struct NameClashes {
  // A name whose letters folded are all ASCII is told by a number made of its bytes: nearly every name, at a twentieth
  // of the cost.
  private var plain: [UInt64: BankPath] = [:]
  // `String` compares by canonical equivalence: composed and decomposed letters give one key. Numbers that are the same
  // for two names send the second here, too.
  private var others: [String: BankPath] = [:]

  /// The problem that the last component of a path makes with one seen before, if any.
  mutating func insert(_ path: BankPath, nameStart: Int) -> BankProblem? {
    let name = path.bytes[nameStart...]
    if let number = Self.number(of: name) {
      guard let earlier = plain[number] else {
        plain[number] = path
        return nil
      }
      if Self.folded(earlier.bytes[nameStart...]) == Self.folded(name) { return Self.problem(path, earlier) }
    }
    let folded = Self.folded(name)
    // Some letters beyond ASCII fold into it: the Kelvin sign is a k.
    if let number = Self.number(of: Array(folded.utf8)[...]) {
      guard let earlier = plain[number] else {
        plain[number] = path
        return nil
      }
      if Self.folded(earlier.bytes[nameStart...]) == folded { return Self.problem(path, earlier) }
    }
    if let earlier = others[folded] { return Self.problem(path, earlier) }
    others[folded] = path
    return nil
  }

  private static func folded(_ name: ArraySlice<UInt8>) -> String { String(decoding: name, as: UTF8.self).lowercased() }

  /// FNV-1a of the folded bytes; nil where letters beyond ASCII are among them.
  private static func number(of name: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name {
      if byte >= 0x80 { return nil }
      number = (number ^ UInt64((0x41...0x5a).contains(byte) ? byte + 32 : byte)) &* 0x100_0000_01b3
    }
    return number
  }

  private static func problem(_ path: BankPath, _ other: BankPath) -> BankProblem {
    // Named from the side that comes later in byte order, so that the order of the listing doesn't show.
    let (earlier, later) = path < other ? (path, other) : (other, path)
    return path.name == other.name
      ? BankProblem(.normalisationClash, later, "is written like '\(earlier)' in another Unicode form")
      : BankProblem(.caseClash, later, "differs from '\(earlier)' in upper and lower case only")
  }
}
