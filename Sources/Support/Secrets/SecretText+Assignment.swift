extension SecretText {
  private static let keywords = words(
    "password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "privatekey", "authkey",
    "signingkey", "encryptionkey", "masterkey", "accountkey", "sessionkey", "servicekey", "credential", "authorization")
  /// Names that hold a keyword and still don't name a secret.
  private static let harmless = words(
    "public", "pubkey", "hash", "sha1", "sha256", "sha512", "md5", "checksum", "digest", "fingerprint", "commit",
    "tokenizer", "placeholder", "example", "nexttoken", "pagetoken", "starttoken", "pagination", "continuation",
    "synctoken", "csrftoken")
  private static let harmlessEnds = words(
    "file", "path", "url", "uri", "name", "arn", "endpoint", "length", "size", "ttl", "type", "count", "expiry",
    "expires", "pattern", "regex", "format", "prefix")
  private static let dressing = ByteSet(" \t\"'`*_)]}\\")
  private static let name = ByteSet("_.-", 0x30...0x39, 0x41...0x5a, 0x61...0x7a)
  private static let opening = ByteSet(" \t\"'`*>\\")

  /// The value that is assigned to a name that speaks of a secret, by the `=`, the `:` or the bar of a table there.
  ///
  /// Where documents are `shown` rather than guarded, any value counts that `=` assigns, however short and plain.
  func assignedSecret(at separator: Int, shown: Bool) -> Range<Int>? {
    var start = run(of: Self.opening, from: separator + 1, limit: 8)
    if startsIgnoringCase("bearer ", at: start) {
      start += 7
    } else if startsIgnoringCase("basic ", at: start) {
      start += 6
    }
    let end = run(of: .value, from: start, limit: 513)
    // Most values are short, which is quicker to see than what the name says.
    let isLongEnough =
      shown ? end - start >= 6 && bytes[separator] == UInt8(ascii: "=") : (32...512).contains(end - start)
    guard isLongEnough, isAssignment(separator), namesSecret(before: separator) else { return nil }
    if shown { return start..<end }
    let value = UnsafeBufferPointer(rebasing: bytes[start..<end])
    guard end == count || !Array("([{$:@\\".utf8).contains(bytes[end]), isRandom(value), shape(at: start) == nil,
      webToken(at: start) == nil, upstashToken(at: start) == nil
    else { return nil }
    return start..<end
  }

  private func isAssignment(_ separator: Int) -> Bool {
    let before = separator > 0 ? bytes[separator - 1] : 0
    let after = separator + 1 < count ? bytes[separator + 1] : 0
    switch bytes[separator] {
    case UInt8(ascii: "="): return !Array("=!<>~".utf8).contains(before) && after != UInt8(ascii: "=")
    case UInt8(ascii: ":"): return before != UInt8(ascii: ":") && !Array(":=/".utf8).contains(after)
    default: return true
    }
  }

  private func namesSecret(before separator: Int) -> Bool {
    var end = separator
    if end > 0, bytes[separator] == UInt8(ascii: "="), bytes[end - 1] == UInt8(ascii: ":") { end -= 1 }
    var budget = 8
    while end > 0, budget > 0, Self.dressing.contains(bytes[end - 1]) {
      end -= 1
      budget -= 1
    }
    let bound = max(0, end - 64)
    var start = end
    while start > bound, Self.name.contains(bytes[start - 1]) { start -= 1 }
    var name = plain(start..<end)
    // `API key`, `access key`.
    if name == Self.key || name == Self.keys, start > bound, ByteSet.blanks.contains(bytes[start - 1]) {
      let last = start - 1
      start = last
      while start > bound, Self.name.contains(bytes[start - 1]) { start -= 1 }
      name = plain(start..<last) + name
    }
    let holds = SecretPlausibility.holds
    guard name.count >= 3, Self.keywords.contains(where: { holds($0, name) }) else { return false }
    return !Self.harmless.contains { holds($0, name) }
      && !Self.harmlessEnds.contains { name.suffix($0.count).elementsEqual($0) }
  }

  private static let key = Array("key".utf8)
  private static let keys = Array("keys".utf8)

  private static func words(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }

  /// Small letters and digits only: `API-Key`, `apiKey` and `api_key` are one name.
  private func plain(_ range: Range<Int>) -> [UInt8] {
    bytes[range].filter(ByteSet.alphanumeric.contains).map { $0 | 0x20 }
  }

  private func isRandom(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    if SecretPlausibility.isUUID(value) || SecretPlausibility.isPlaceholder(value) { return false }
    let entropy = SecretPlausibility.entropy(value)
    if value.allSatisfy(ByteSet.hex.contains) { return entropy >= 3 && !value.allSatisfy(ByteSet.digits.contains) }
    let digits = value.count { ByteSet.digits.contains($0) }
    guard entropy >= 4.5, digits > 0, digits < value.count else { return false }
    // Code: `config.services.auth`; a real value with points in it is longer and has digits all over.
    if value.contains(UInt8(ascii: ".")), digits < 3 || value.count < 40 { return false }
    // A path.
    let slashes = value.count { $0 == UInt8(ascii: "/") }
    if slashes >= 4 || slashes >= 2 && Array("/.~".utf8).contains(value[0]) { return false }
    // A checksum that says so (`sha256-…`).
    return !["sha", "md5"].contains { value.starts(with: $0.utf8) }
  }
}
