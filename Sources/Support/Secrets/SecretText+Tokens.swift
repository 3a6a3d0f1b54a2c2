extension SecretText {
  /// A JSON web token that begins at `start`: header, claims and signature in base64.
  func webToken(at start: Int) -> Range<Int>? {
    guard start + 2 < count, bytes[start] == UInt8(ascii: "e"), bytes[start + 1] == UInt8(ascii: "y"),
      bytes[start + 2] == UInt8(ascii: "J")
    else { return nil }
    let header = run(of: .urlSafe, from: start, limit: 16_384)
    guard header - start >= 10, starts(with: Array(".eyJ".utf8), at: header) else { return nil }
    let claims = run(of: .urlSafe, from: header + 1, limit: 65_536)
    guard claims - header > 8, claims < count, bytes[claims] == UInt8(ascii: ".") else { return nil }
    let end = run(of: .urlSafe, from: claims + 1, limit: 16_384)
    let signature = UnsafeBufferPointer(rebasing: bytes[(claims + 1)..<end])
    guard signature.count >= 20, SecretPlausibility.entropy(signature) >= 3,
      !SecretPlausibility.isPlaceholder(signature),
      // The token that jwt.io and every tutorial show.
      !starts(with: Array("SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c".utf8), at: claims + 1)
    else { return nil }
    return start..<end
  }

  /// A token of Upstash's REST interface that begins at `start`.
  ///
  /// It is the base64 of 1 (read-only: 2), a port in two bytes, a byte, then either the lengths of an id and a
  /// password and the id, a UUID; or 2, a length and text that begins `p1`.
  func upstashToken(at start: Int) -> Range<Int>? {
    guard bytes[start] == UInt8(ascii: "A") else { return nil }
    let end = run(of: .anyBase64, from: start, limit: 200)
    guard (50..<200).contains(end - start) else { return nil }
    let decoded = Self.decoded(bytes[start..<(start + 32)])
    guard decoded.count == 24, decoded[0] == 1 || decoded[0] == 2 else { return nil }
    let old = decoded[4] == 0x24 && decoded[14] == UInt8(ascii: "-") && decoded[6..<14].allSatisfy(ByteSet.hex.contains)
    let new = decoded[4] == 2 && decoded[6] == UInt8(ascii: "p") && ByteSet.digits.contains(decoded[7])
    return old || new ? start..<end : nil
  }

  private static func decoded(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8] {
    var result: [UInt8] = []
    var word: UInt32 = 0
    var bits = 0
    for byte in text {
      let value: UInt8
      switch byte {
      case 0x41...0x5a: value = byte - 0x41
      case 0x61...0x7a: value = byte - 0x61 + 26
      case 0x30...0x39: value = byte - 0x30 + 52
      case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
      case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
      default: return []
      }
      word = word << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        result.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    return result
  }

  /// A private key in PEM that begins at `start`, as far as its body goes; the secret is the body's base64.
  func privateKey(at start: Int) -> (range: Range<Int>, secret: [UInt8])? {
    guard start + 1 < count, bytes[start + 1] == UInt8(ascii: "-") else { return nil }
    let begin = Array("-----BEGIN ".utf8)
    guard starts(with: begin, at: start) else { return nil }
    let title = run(of: Self.title, from: start + begin.count, limit: 40)
    guard starts(with: Array("-----".utf8), at: title) else { return nil }
    let words = String(decoding: bytes[(start + begin.count)..<title], as: UTF8.self)
    guard words.hasSuffix("PRIVATE KEY") || words.hasSuffix("PRIVATE KEY BLOCK") else { return nil }
    var secret: [UInt8] = []
    var index = title + 5
    let bound = min(count, index + 65_536)
    while index < bound {
      let byte = bytes[index]
      if ByteSet.base64.contains(byte) {
        secret.append(byte)
      } else if byte == UInt8(ascii: "-"), starts(with: Array("-----".utf8), at: index) {
        break
      } else if byte == UInt8(ascii: "\\"), index + 1 < bound, Array("nr".utf8).contains(bytes[index + 1]) {
        // Line ends in quoted text.
        index += 1
      } else if !Self.between.contains(byte) {
        break
      }
      index += 1
    }
    let isSecret = secret.withUnsafeBufferPointer { body in
      body.count >= 48 && SecretPlausibility.entropy(body) >= 4 && !SecretPlausibility.isPlaceholder(body)
    }
    return isSecret ? (start..<index, secret) : nil
  }

  private static let title = ByteSet(" ", 0x41...0x5a, 0x30...0x39)
  /// What stands between the lines of a key: line ends, marks of quotation, headers such as `Proc-Type: 4,ENCRYPTED`.
  private static let between = ByteSet(" \t\r\n>|:,-*#\"'")
}
