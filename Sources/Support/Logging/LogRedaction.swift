/// Takes out of a log line what must not stand in it: secrets, and bytes that steer terminals or forge lines.
struct LogRedaction {
  /// Shorter ones would tear harmless words apart.
  private static let shortest = 4
  private static let mask = Array("***".utf8)

  private var secrets: [[UInt8]] = []

  /// Hides a string, also in its percent-encoded form, wherever it turns up from now on.
  mutating func add(_ secret: String) {
    for form in [Array(secret.utf8), Self.percentEncoded(secret)] where form.count >= Self.shortest {
      if !secrets.contains(form) { secrets.append(form) }
    }
    // A secret that contains another goes first, or its rest would stay.
    secrets.sort { $0.count > $1.count }
  }

  /// The line without secrets.
  func clean(_ line: String) -> String {
    var bytes = Array(line.utf8)
    for secret in secrets { bytes = Self.replacing(secret, in: bytes) }
    for range in SecretScanner.ranges(in: bytes).reversed() { bytes.replaceSubrange(range, with: Self.mask) }
    return printable(String(decoding: bytes, as: UTF8.self))
  }

  private static func replacing(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= secret.count, let first = secret.first else { return bytes }
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == first, bytes.count - index >= secret.count,
        bytes[index..<(index + secret.count)].elementsEqual(secret)
      {
        result += mask
        index += secret.count
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }

  private static func percentEncoded(_ text: String) -> [UInt8] {
    let plain = Array("-._~".utf8)
    return text.utf8.flatMap { byte -> [UInt8] in
      let isPlain = Digits.isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26 || plain.contains(byte)
      return isPlain ? [byte] : [UInt8(ascii: "%")] + Array(hexadecimal([byte]).uppercased().utf8)
    }
  }
}
