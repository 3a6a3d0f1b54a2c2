import Support

/// Readings of values that the API writes in more than one way.
extension JSONValue {
  /// An integer, also one that stands as text or with a fraction.
  var looseInteger: Int64? {
    if let integer { return integer }
    if let number { return Int64(exactly: number.rounded()) }
    return text.flatMap { Int64($0) }
  }

  /// A number, also one that stands as text.
  var looseNumber: Double? { number ?? text.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil } }

  /// A truth value, also one that stands as text.
  var looseBool: Bool? {
    switch text {
    case "true": true
    case "false": false
    default: bool
    }
  }

  /// Texts; what is none is left out.
  var texts: [String] { (elements ?? []).compactMap(\.text) }
}
