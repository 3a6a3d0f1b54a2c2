/// Addresses of servers as text, `scheme://user:password@host/…`.
enum ConnectionText {
  /// Whether a password stands in it.
  static func hasPassword(_ url: String) -> Bool {
    let bytes = Array(url.utf8)
    guard let range = password(in: bytes) else { return false }
    return !range.isEmpty
  }

  /// Where the password stands in a URL that is all of `bytes`.
  static func password(in bytes: [UInt8]) -> Range<Int>? {
    var start = 0
    while start + 2 < bytes.count, bytes[start..<(start + 3)] != [0x3a, 0x2f, 0x2f] { start += 1 }
    start += 3
    guard start < bytes.count else { return nil }
    let end = bytes[start...].firstIndex { $0 == 0x2f || $0 == 0x3f || $0 == 0x23 } ?? bytes.count
    guard let at = bytes[start..<end].lastIndex(of: 0x40), let colon = bytes[start..<at].firstIndex(of: 0x3a)
    else { return nil }
    return (colon + 1)..<at
  }

  /// The text with its `%41`s replaced; nil when that is no UTF-8 text or there are none.
  static func percentDecoded(_ bytes: some Collection<UInt8>) -> String? {
    var result: [UInt8] = []
    var rest = Array(bytes)[...]
    guard rest.contains(UInt8(ascii: "%")) else { return nil }
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.allSatisfy(ByteSet.hex.contains),
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), digits.count == 2
      {
        result.append(value)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte)
      }
    }
    return String(validating: result, as: UTF8.self)
  }
}
