extension SecretText {
  private static let scheme = ByteSet("+.-", 0x30...0x39, 0x41...0x5a, 0x61...0x7a)
  private static let ends = ByteSet(" \t\r\n\"'`<>|\\/?#")
  private static let exampleHosts = ["example.com", "example.org", "example.net", "host", "hostname"]

  /// The password of the address whose `://` begins there.
  ///
  /// Where documents are `shown` rather than guarded, passwords count too that stand in the place of one.
  func addressPassword(at colon: Int, shown: Bool) -> Range<Int>? {
    guard colon > 1, colon + 3 < count, bytes[colon + 1] == 0x2f, bytes[colon + 2] == 0x2f,
      Self.scheme.contains(bytes[colon - 1])
    else {
      return nil
    }
    let start = colon + 3
    let bound = min(count, start + 1_024)
    var end = start
    var at = -1
    var first = -1
    while end < bound, !Self.ends.contains(bytes[end]) {
      if bytes[end] == UInt8(ascii: "@") { at = end }
      if bytes[end] == UInt8(ascii: ":"), first < 0 { first = end }
      end += 1
    }
    guard first >= 0, first < at, at - first > 1 else { return nil }
    let password = UnsafeBufferPointer(rebasing: bytes[(first + 1)..<at])
    if !shown {
      let user = UnsafeBufferPointer(rebasing: bytes[start..<first])
      if SecretPlausibility.isShownPassword(password, user: user) { return nil }
      let host = String(decoding: bytes[(at + 1)..<end].prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self).lowercased()
      let isExample =
        Self.exampleHosts.contains { host == $0 || host.hasSuffix(".\($0)") } || host.hasSuffix(".example")
      // At an address that can't exist only what looks random is a secret.
      if isExample, password.count < 12 || !password.contains(where: ByteSet.digits.contains) { return nil }
    }
    return (first + 1)..<at
  }
}
