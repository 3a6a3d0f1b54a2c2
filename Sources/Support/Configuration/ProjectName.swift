/// The name of a bank in Redis: `[A-Za-z0-9._-]{1,64}`.
public enum ProjectName {
  /// Directory names that say where a bank is, not whose it is.
  private static let generic = ["memory-bank", ".kilocode", "rules", "docs"]

  /// Whether `name` may stand in a key.
  public static func isValid(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count) && name.utf8.allSatisfy(isAllowed)
  }

  /// The default for a bank at `directory` (an absolute path): the nearest directory name upwards that is not a
  /// generic one and keeps a letter or digit when it is cut to the allowed characters; `bank` when there is none.
  public static func proposed(forDirectory directory: String) -> String {
    for component in directory.utf8.split(separator: UInt8(ascii: "/")).reversed() {
      let name = String(decoding: component, as: UTF8.self)
      guard !generic.contains(name) else { continue }
      let cut = component.filter(isAllowed).prefix(64)
      guard cut.contains(where: isAlphanumeric) else { continue }
      return String(decoding: cut, as: UTF8.self)
    }
    return "bank"
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    Digits.isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26
  }
}

/// The first part of every key of a bank, before the braces.
public enum KeyPrefix {
  /// What it is when nothing says otherwise.
  public static let standard = "membank"

  /// Whether `prefix` may begin a key: not empty, at most 128 bytes, no braces (they are the cluster's hash tag),
  /// no blanks or control characters.
  public static func isValid(_ prefix: String) -> Bool {
    (1...128).contains(prefix.utf8.count)
      && prefix.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "}") }
  }
}

/// The identity of a bank: a random UUID, in lower case.
public enum BankIdentity {
  /// A new one (RFC 9562, version 4).
  public static func random(_ source: any RandomSource) -> String {
    let high = source.next() & ~0xf000 | 0x4000
    let low = source.next() & ~(0b11 << 62) | 0b10 << 62
    let digits = Array(padded(high) + padded(low))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
  }

  /// Whether `text` is a UUID in lower case.
  public static func isValid(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return parts.map(\.count) == [8, 4, 4, 4, 12]
      && parts.allSatisfy {
        $0.allSatisfy { Digits.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
      }
  }

  private static func padded(_ word: UInt64) -> String {
    let text = String(word, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
