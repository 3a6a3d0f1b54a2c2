@testable import Support

extension FuzzTarget {
  /// Messages for the log, which quote what others wrote; the first lines are secrets.
  static let logLines = FuzzTarget(
    "log-lines",
    words: ["redis://u:pass@h", "token=", "password: ", "\u{1b}[31m", "\u{202e}", "%", "ghp_", "\n", "-----BEGIN "],
    seeds: [
      "secret\nother secret\nERR secret is not\u{1b}[0m a %73ecret", "aaaa\naaaaa\naaaaaaaaa",
      "pass%word\n\npass%25word",
    ]
  ) { input in
    var lines = input.lines()
    let message = String(decoding: lines.popLast() ?? [], as: UTF8.self)
    var redaction = LogRedaction()
    var secrets: [String] = []
    for line in lines.prefix(4) {
      let secret = String(decoding: line, as: UTF8.self)
      redaction.add(secret)
      // Shorter ones are not hidden, and the mask itself can't be.
      if secret.utf8.count >= 4, !secret.contains("*") { secrets.append(secret) }
    }
    let clean = redaction.clean(message)
    try hold(
      clean.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) },
      "the line steers a terminal: \(clean.debugDescription)")
    // A secret with control characters in it is escaped besides; one that stood there must be gone.
    for secret in secrets where !secret.unicodeScalars.contains(where: { $0.value < 0x20 || $0 == "\\" }) {
      try hold(!holds(clean, secret) || !holds(message, secret), "\(secret) is still in \(clean)")
    }
  }

  private static func holds(_ text: String, _ part: String) -> Bool {
    SecretPlausibility.holds(Array(part.utf8), Array(text.utf8))
  }
}
