/// A place where a secret seems to stand; it never holds the secret itself.
public struct SecretFinding: Hashable, Sendable, CustomStringConvertible {
  /// The name of the rule that found it.
  public let rule: String
  /// The line that it begins in, from 1.
  public let line: Int
  /// 16 hexadecimal digits that stand for this secret under this rule, to allow it by.
  public let fingerprint: String

  init(rule: String, line: Int, secret: some Sequence<UInt8>) {
    self.rule = rule
    self.line = line
    fingerprint = String(sha256(Array(rule.utf8) + secret).prefix(16))
  }

  /// Line, rule and fingerprint.
  public var description: String { "line \(line): \(rule) [\(fingerprint)]" }

  /// Whether `text` has the form of a fingerprint.
  public static func isFingerprint(_ text: String) -> Bool {
    text.utf8.count == 16
      && text.utf8.allSatisfy { Digits.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
  }
}
