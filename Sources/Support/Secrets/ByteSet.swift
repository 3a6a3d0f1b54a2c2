/// A set of bytes that is asked about once per byte of a document.
struct ByteSet {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  /// The bytes of `text`, each by itself, and the ranges.
  init(_ text: StaticString, _ ranges: ClosedRange<UInt8>...) {
    for index in 0..<text.utf8CodeUnitCount { insert(text.utf8Start[index]) }
    for range in ranges { range.forEach { insert($0) } }
  }

  private mutating func insert(_ byte: UInt8) {
    let bit = UInt64(1) << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  func contains(_ byte: UInt8) -> Bool {
    let word =
      switch byte >> 6 {
      case 0: words.0
      case 1: words.1
      case 2: words.2
      default: words.3
      }
    return word >> UInt64(byte & 63) & 1 != 0
  }

  static let digits = ByteSet("", 0x30...0x39)
  static let lower = ByteSet("", 0x61...0x7a)
  static let upper = ByteSet("", 0x41...0x5a)
  static let alphanumeric = ByteSet("", 0x30...0x39, 0x41...0x5a, 0x61...0x7a)
  static let word = ByteSet("_", 0x30...0x39, 0x41...0x5a, 0x61...0x7a)
  static let urlSafe = ByteSet("_-", 0x30...0x39, 0x41...0x5a, 0x61...0x7a)
  static let dashed = ByteSet("-", 0x30...0x39, 0x41...0x5a, 0x61...0x7a)
  static let dotted = ByteSet("_-.", 0x30...0x39, 0x41...0x5a, 0x61...0x7a)
  static let slashed = ByteSet("_/", 0x30...0x39, 0x41...0x5a, 0x61...0x7a)
  static let base64 = ByteSet("+/=", 0x30...0x39, 0x41...0x5a, 0x61...0x7a)
  static let anyBase64 = ByteSet("+/=_-", 0x30...0x39, 0x41...0x5a, 0x61...0x7a)
  static let value = ByteSet("+/=_-.", 0x30...0x39, 0x41...0x5a, 0x61...0x7a)
  static let base32 = ByteSet("", 0x32...0x37, 0x41...0x5a)
  static let capitals = ByteSet("", 0x30...0x39, 0x41...0x5a)
  static let hex = ByteSet("", 0x30...0x39, 0x41...0x46, 0x61...0x66)
  static let blanks = ByteSet(" \t")
}
