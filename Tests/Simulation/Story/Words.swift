/// What people write: every line is unlike any other, so that a lost one can be told.
enum Words {
  private static let words = [
    "auth", "token", "cache", "queue", "parser", "build", "deploy", "review", "metric", "schema", "retry", "index",
    "socket", "commit", "branch", "merge", "backup", "release", "budget", "owner",
  ]

  static func line(_ who: String, _ operation: Int, _ choice: UInt64) -> String {
    let one = words[Int(choice % 20)]
    let other = words[Int(choice / 20 % 20)]
    return "- \(who)#\(operation) \(one) \(other)"
  }

  static func file(_ who: String, _ operation: Int, _ choice: UInt64) -> [UInt8] {
    var text = "# \(words[Int(choice % 20)])\n\n"
    for index in 0..<(1 + choice / 7 % 6) { text += "\(line(who, operation, choice &+ index &* 31)).\(index)\n" }
    return Array(text.utf8)
  }

  static func append(_ line: String, to bytes: [UInt8]) -> [UInt8] {
    bytes + (bytes.isEmpty || bytes.last == 10 ? [] : [10]) + Array(line.utf8) + [10]
  }

  /// Changes a line (or adds one before it).
  static func change(_ bytes: [UInt8], _ line: String, at choice: UInt64, inserting: Bool) -> [UInt8] {
    var lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
    let place = Int(choice % UInt64(lines.count))
    if inserting { lines.insert(Array(line.utf8), at: place) } else { lines[place] = Array(line.utf8) }
    return Array(lines.joined(separator: [10]))
  }

  /// A text in which a secret stands.
  static func secret(_ operation: Int, _ choice: UInt64) -> [UInt8] {
    let letters = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    var state = choice
    var text = "# keys \(operation)\n\ngithub: ghp_"
    for _ in 0..<36 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      text.append(letters[Int(state >> 33) % letters.count])
    }
    return Array((text + "\n").utf8)
  }

  /// Whether a whole token stands in them: what a power cut left of one is none.
  static func holdSecret(_ bytes: [UInt8]) -> Bool {
    bytes.indices.contains { start in
      guard bytes[start...].starts(with: "ghp_".utf8) else { return false }
      let token = bytes[(start + 4)...].prefix {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20)
      }
      return token.count >= 36
    }
  }
}
