import FoundationEssentials

/// How a document's bytes stand in Redis: as they are when they are text, else marked and encoded.
///
/// What is not UTF-8 stands as `membank:base64:` and base64, so that every client and transport can carry it. Text
/// that happens to begin with the mark is escaped by `membank:text:`.
public enum StoredForm {
  private static let mark = Array("membank:".utf8)
  private static let text = Array("membank:text:".utf8)
  private static let base64 = Array("membank:base64:".utf8)

  /// The form in which a document is written; always the same for the same bytes.
  public static func encode(_ bytes: [UInt8]) -> [UInt8] {
    if !isUTF8(bytes) { return base64 + Data(bytes).base64EncodedData() }
    return bytes.starts(with: mark) ? text + bytes : bytes
  }

  /// The document that a value stands for; nil when it claims to be base64 and isn't.
  ///
  /// Every form is accepted: bytes that somebody stored as they are, and a mark that nobody knows, which is then
  /// plain text.
  public static func decode(_ stored: [UInt8]) -> [UInt8]? {
    guard stored.starts(with: mark) else { return stored }
    if stored.starts(with: text) { return Array(stored[text.count...]) }
    guard stored.starts(with: base64) else { return stored }
    // A line feed at the end is what `base64` on a command line leaves.
    let digits = stored[base64.count...].filter { $0 != 10 && $0 != 13 }
    return Data(base64Encoded: Data(digits)).map { Array($0) }
  }

  private static func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
}
