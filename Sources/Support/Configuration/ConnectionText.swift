/// Addresses of servers as text, `scheme://user:password@host/…`.
public enum ConnectionText {
  /// What stands before `://`, and where the rest begins; nil when there is no such mark.
  public static func scheme(of bytes: [UInt8]) -> (name: String, end: Int)? {
    guard let mark = bytes.indices.first(where: { bytes[$0...].starts(with: "://".utf8) }) else { return nil }
    return (String(decoding: bytes[..<mark], as: UTF8.self).lowercased(), mark + 3)
  }

  /// Where user and password stand, without the `@` that ends them; nil when there are none.
  ///
  /// In an address of the web they stand before the first slash. In one of a Redis server all before the last `@` is
  /// theirs: people paste passwords that hold anything. Before the path of a socket the first `@/` ends them.
  public static func credentials(in bytes: [UInt8]) -> Range<Int>? {
    guard let (scheme, start) = scheme(of: bytes) else { return nil }
    let rest = bytes[start...]
    let end: Int?
    switch scheme {
    case "redis", "rediss": end = rest.lastIndex(of: UInt8(ascii: "@"))
    case "unix", "redis+unix", "redis-socket":
      guard rest.first != UInt8(ascii: "/") else { return nil }
      let bound = rest.lastIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
      end = (start..<bound).first { rest[$0..<bound].starts(with: "@/".utf8) }
    default:
      let authority = rest.prefix { !"/?#".utf8.contains($0) }
      end = authority.lastIndex(of: UInt8(ascii: "@"))
    }
    return end.map { start..<$0 }
  }

  /// Whether a password stands in it.
  static func hasPassword(_ url: String) -> Bool {
    guard let range = password(in: Array(url.utf8)) else { return false }
    return !range.isEmpty
  }

  /// Where the password stands in a URL that is all of `bytes`.
  static func password(in bytes: [UInt8]) -> Range<Int>? {
    guard let range = credentials(in: bytes), let colon = bytes[range].firstIndex(of: UInt8(ascii: ":")) else {
      return nil
    }
    return (colon + 1)..<range.upperBound
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
