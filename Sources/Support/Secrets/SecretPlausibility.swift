import Glibc

/// Tells what looks random from what people write in documents in the place of a secret.
enum SecretPlausibility {
  /// Shannon's entropy, in bits per byte; of the first 1,024 bytes, which is as good.
  static func entropy(_ bytes: UnsafeBufferPointer<UInt8>) -> Double {
    let total = min(bytes.count, 1_024)
    guard total > 0 else { return 0 }
    return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 256) { counts in
      counts.initialize(repeating: 0)
      for index in 0..<total { counts[Int(bytes[index])] += 1 }
      var sum = 0.0
      for index in 0..<256 where counts[index] > 0 {
        let share = Double(counts[index]) / Double(total)
        sum -= share * log2(share)
      }
      return sum
    }
  }

  /// Whether small letters, capitals and digits all occur.
  static func isMixed(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.contains(where: ByteSet.lower.contains) && bytes.contains(where: ByteSet.upper.contains)
      && bytes.contains(where: ByteSet.digits.contains)
  }

  /// Whether it is a UUID.
  static func isUUID(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard bytes.count == 36 else { return false }
    return bytes.indices.allSatisfy { index in
      [8, 13, 18, 23].contains(index) ? bytes[index] == UInt8(ascii: "-") : ByteSet.hex.contains(bytes[index])
    }
  }

  private static let markers = [
    "example", "placeholder", "changeme", "change-me", "change_me", "your-", "your_", "yourkey", "yourtoken",
    "yourpass", "yoursecret", "my-secret", "my_secret", "mysecret", "my-token", "my_token", "xxxx", "redacted", "dummy",
    "sample", "insert-", "insert_", "replace", "-here", "_here", "keyhere", "tokenhere", "fake", "notreal",
    "not-a-real",
    "not_a_real", "....", "****", "abcdefgh", "01234567", "12345678", "87654321",
  ].map { Array($0.utf8) }

  /// Whether it is what documents show instead of a real one: `your-api-key`, `xxxx`, `abcd1234…`, `AKIA…EXAMPLE`.
  static func isPlaceholder(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let text = bytes.prefix(512).map { ByteSet.upper.contains($0) ? $0 | 0x20 : $0 }
    return markers.contains { holds($0, text) } || isPatterned(text)
  }

  /// Whether it repeats itself or counts.
  private static func isPatterned(_ text: [UInt8]) -> Bool {
    var same = 0
    var longest = 0
    var steps = 0
    for (one, next) in zip(text, text.dropFirst()) {
      same = one == next ? same + 1 : 0
      longest = max(longest, same)
      if next == one &+ 1 { steps += 1 }
    }
    if longest >= 5 || steps * 2 > text.count { return true }
    return (2...16).contains { period in
      text.count >= period * 2 && zip(text, text.dropFirst(period)).allSatisfy { $0 == $1 }
    }
  }

  /// Whether `marker` stands anywhere in `text`.
  static func holds(_ marker: [UInt8], _ text: [UInt8]) -> Bool {
    guard text.count >= marker.count else { return false }
    for start in 0...(text.count - marker.count) where text[start] == marker[0] {
      if text[start..<(start + marker.count)].elementsEqual(marker) { return true }
    }
    return false
  }

  private static let weakPasswords: Set<String> = [
    "password", "passwd", "pass", "pwd", "secret", "token", "user", "username", "test", "testing", "admin", "root",
    "guest",
    "default", "changeme", "foobared", "mypassword", "mysecret", "mypass", "redispassword", "postgres", "redis",
    "mysql",
    "hunter2", "p4ssw0rd", "passw0rd", "pa55word", "letmein", "key", "apikey", "api-key", "api_key", "host", "name",
  ]

  /// Whether the password of an address is one that documents show, or none at all.
  static func isShownPassword(_ password: UnsafeBufferPointer<UInt8>, user: UnsafeBufferPointer<UInt8>) -> Bool {
    guard password.count >= 4, password.count <= 512 else { return true }
    // `{{ var }}`, `[password]`; also `scheme://[user[:password]@]host`. A real one has these percent-encoded.
    if password.contains(where: ByteSet("[]{}").contains) { return true }
    // `$VAR`, `%s`, `*****`, an ellipsis.
    if Array("$%*.".utf8).contains(password[0]) || starts(password, with: [0xe2, 0x80, 0xa6]) {
      // A percent-encoded byte is no format letter.
      let isEncoded = password[0] == UInt8(ascii: "%") && ByteSet.hex.contains(password[1])
      if !(isEncoded && ByteSet.hex.contains(password[2])) { return true }
    }
    if password.elementsEqual(user) || isPlaceholder(password) { return true }
    return weakPasswords.contains(String(decoding: password, as: UTF8.self).lowercased())
  }

  private static func starts(_ bytes: UnsafeBufferPointer<UInt8>, with prefix: [UInt8]) -> Bool {
    bytes.prefix(prefix.count).elementsEqual(prefix)
  }
}
