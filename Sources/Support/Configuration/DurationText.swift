/// Lengths of time as people write them: `90s`, `15m`, `24h`, `30d`, `2w`, `1h30m`; a bare number is seconds.
public enum DurationText {
  private static let units: [(letter: UInt8, seconds: Int64)] = [
    (UInt8(ascii: "w"), 604_800), (UInt8(ascii: "d"), 86_400), (UInt8(ascii: "h"), 3_600), (UInt8(ascii: "m"), 60),
    (UInt8(ascii: "s"), 1),
  ]

  /// The seconds that `text` says; nil when it is no length of time or doesn't fit.
  public static func seconds(_ text: some StringProtocol) -> Int64? {
    let bytes = Array(text.utf8)
    if let plain = Digits.number(bytes) { return plain }
    var total: Int64 = 0
    var digits: [UInt8] = []
    for byte in bytes {
      guard !Digits.isDigit(byte) else {
        digits.append(byte)
        continue
      }
      guard let unit = units.first(where: { $0.letter == byte | 0x20 }), let count = Digits.number(digits) else {
        return nil
      }
      let product = count.multipliedReportingOverflow(by: unit.seconds)
      let sum = total.addingReportingOverflow(product.partialValue)
      guard !product.overflow, !sum.overflow else { return nil }
      total = sum.partialValue
      digits = []
    }
    // What is left over has no unit: `1h30` could mean minutes or seconds.
    return digits.isEmpty && !bytes.isEmpty ? total : nil
  }

  /// The shortest exact way to write `seconds` in one unit, which ``seconds(_:)`` reads back.
  public static func text(_ seconds: Int64) -> String {
    guard seconds > 0 else { return "\(seconds)s" }
    // Weeks are read but never written: people compare `30d` with `7d` more easily.
    for unit in units.dropFirst() where seconds % unit.seconds == 0 {
      // 24 h is how the default is documented everywhere; 1 d would look like another value.
      if unit.letter == UInt8(ascii: "d") && seconds == unit.seconds { continue }
      return "\(seconds / unit.seconds)\(Character(UnicodeScalar(unit.letter)))"
    }
    return "\(seconds)s"
  }
}

/// Numbers written in decimal digits only: no sign, no space, no separator.
enum Digits {
  static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  static func number(_ bytes: some Collection<UInt8>) -> Int64? {
    guard !bytes.isEmpty, bytes.allSatisfy(isDigit) else { return nil }
    return Int64(String(decoding: bytes, as: UTF8.self))
  }
}
