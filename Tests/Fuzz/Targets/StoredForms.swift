import Mirror

extension FuzzTarget {
  /// Documents as they stand in Redis.
  static let storedForms = FuzzTarget(
    "stored-forms",
    words: ["membank:", "membank:text:", "membank:base64:", "=", "==", "/w==", "\n", "\r\n"],
    seeds: ["# Title\n", "membank:base64:/w==\n", "membank:text:membank:", "membank:base64:!", "membank:base64:"],
    bytes: [[0xff, 0xfe], [0]]
  ) { input in
    let bytes = input.rest()
    let stored = StoredForm.encode(bytes)
    try hold(StoredForm.decode(stored) == bytes, "other bytes after a round trip")
    try hold(String(validating: stored, as: UTF8.self) != nil, "stored as something that is no text")
    if let decoded = StoredForm.decode(bytes) {
      try hold(StoredForm.decode(StoredForm.encode(decoded)) == decoded, "what was decoded can't be stored")
    } else {
      try hold(bytes.starts(with: Array("membank:base64:".utf8)), "text can't be decoded")
    }
  }
}
