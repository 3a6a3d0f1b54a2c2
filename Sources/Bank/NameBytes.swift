/// Which bytes occur in a name: what tells at once that most patterns can't match it.
struct NameBytes: Hashable, Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  /// No bytes.
  init() {}

  /// The bytes of a name; those beyond ASCII are not told apart.
  init(_ name: ArraySlice<UInt8>) {
    for byte in name { insert(byte) }
  }

  /// The bytes without which a pattern of gitignore syntax matches nothing; some that it needs may be missing.
  init(requiredBy pattern: ArraySlice<UInt8>) {
    var depth = 0
    var isQuoted = false
    for byte in pattern {
      switch byte {
      case _ where isQuoted: isQuoted = false
      case UInt8(ascii: "\\"): isQuoted = true
      case UInt8(ascii: "["): depth += 1
      // Whatever a bracket holds is one of several, and where it ends is the matcher's business.
      case _ where depth > 0: break
      // Stars between slashes may stand for nothing, and take a slash along.
      case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "/"): break
      default: insert(byte)
      }
    }
  }

  func contains(_ other: NameBytes) -> Bool { low & other.low == other.low && high & other.high == other.high }

  private mutating func insert(_ byte: UInt8) {
    let byte = min(byte, 0x80 - 1)
    if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
  }
}
