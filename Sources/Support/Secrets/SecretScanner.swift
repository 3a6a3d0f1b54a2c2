/// Finds secrets in documents: well-known key shapes, private keys, addresses with passwords, and assignments of
/// values that look random.
///
/// It errs on the side of silence where documents usually show something else: commit ids, UUIDs, checksums, images
/// in base64, placeholders. One pass, linear in the length whatever stands there.
public struct SecretScanner: Sendable {
  /// Findings after which a document is not searched further.
  public static let limit = 1_000

  /// A scanner; it has no state.
  public init() {}

  /// What seems to be a secret, in the order of the text, at most ``limit``.
  public func findings(in bytes: [UInt8]) -> [SecretFinding] {
    Self.search(bytes, shown: false) { match, text in
      let secret = match.secret ?? Array(text[match.range])
      return SecretFinding(rule: match.rule, line: match.line, secret: secret)
    }
  }

  /// Where something stands that must not be logged: secrets, and also passwords and tokens that a document might
  /// show as an example.
  static func ranges(in bytes: [UInt8]) -> [Range<Int>] { search(bytes, shown: true) { match, _ in match.range } }

  private struct Match {
    let rule: String
    let range: Range<Int>
    let line: Int
    var secret: [UInt8]?
  }

  private static func search<T>(
    _ bytes: [UInt8], shown: Bool, _ make: (Match, UnsafeBufferPointer<UInt8>) -> T
  ) -> [T] {
    bytes.withUnsafeBufferPointer { buffer in
      triggers.withUnsafeBufferPointer { triggers in
        let text = SecretText(bytes: buffer)
        var found: [T] = []
        var line = 1
        var index = 0
        while index < buffer.count {
          let trigger = triggers[Int(buffer[index])]
          guard trigger != 0 else {
            index += 1
            continue
          }
          if trigger == Trigger.lineEnd {
            line += 1
            index += 1
            continue
          }
          guard let match = match(in: text, at: index, line: line, shown: shown) else {
            index += 1
            continue
          }
          found.append(make(match, buffer))
          if found.count == limit { break }
          // What a private key's body or a value spans is not searched again, but its lines count.
          for byte in buffer[index..<match.range.upperBound] where byte == UInt8(ascii: "\n") { line += 1 }
          index = match.range.upperBound
        }
        return found
      }
    }
  }

  private static func match(in text: SecretText, at index: Int, line: Int, shown: Bool) -> Match? {
    switch text.bytes[index] {
    case UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "|"):
      if text.bytes[index] == UInt8(ascii: ":"), let range = text.addressPassword(at: index, shown: shown) {
        return Match(rule: "url-password", range: range, line: line)
      }
      guard let range = text.assignedSecret(at: index, shown: shown) else { return nil }
      return Match(rule: "assigned-secret", range: range, line: line)
    case UInt8(ascii: "-"):
      guard let key = text.privateKey(at: index) else { return nil }
      return Match(rule: "private-key", range: key.range, line: line, secret: key.secret)
    default:
      guard text.isBoundary(index) else { return nil }
      if let (rule, range) = text.shape(at: index) { return Match(rule: rule, range: range, line: line) }
      if let range = text.webToken(at: index) { return Match(rule: "web-token", range: range, line: line) }
      if let range = text.upstashToken(at: index) { return Match(rule: "upstash-token", range: range, line: line) }
      return nil
    }
  }

  private enum Trigger {
    static let lineEnd: UInt8 = 1
    static let other: UInt8 = 2
  }

  /// What each byte may begin: most begin nothing, and cost one look into this table.
  private static let triggers: [UInt8] = {
    var table = SecretShape.byFirstByte.map { $0.isEmpty ? UInt8(0) : Trigger.other }
    for byte in ":=|-eA".utf8 { table[Int(byte)] = Trigger.other }
    table[0x0a] = Trigger.lineEnd
    return table
  }()
}
