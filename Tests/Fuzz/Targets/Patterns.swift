import Support

@testable import Bank

extension FuzzTarget {
  /// Lines of gitignore syntax, and a path at the end.
  static let patterns = FuzzTarget(
    "patterns", longest: 512,
    words: [
      "*", "**", "**/", "/**", "/**/", "?", "[a-z]", "[!a]", "[[:alpha:]]", "[[:", ":]]", "]", "\\", "!", "#", "\\ ",
      "a/", "\n",
    ],
    seeds: [
      "*.md\na.md", "a/**/z\na/b/c/z", "!keep\nd/\nd/keep", "[a-c]?\nbx", "**/**/**/**/x\na/a/a/a/a/a/y",
      "trail \\ \ntrail  ",
      "*a*a*a*b\naaaaaaaaaaaa", "[]-a]\nb", "foo/\\**\nfoo/*x",
    ]
  ) { input in
    var lines = input.lines()
    guard let path = lines.popLast().flatMap({ try? BankPath($0) }) else { return }
    // A configuration with a NUL in it is refused.
    let texts = lines.filter { !$0.contains(0) }.map { String(decoding: $0, as: UTF8.self) }
    let nameStart = path.bytes.count - path.name.utf8.count
    for text in texts {
      guard let pattern = IgnorePattern(text) else { continue }
      let present = NameBytes(path.bytes[nameStart...])
      for isDirectory in [false, true] {
        let quick = pattern.matches(path.bytes, nameStart: nameStart, isDirectory: isDirectory, having: present)
        try hold(
          quick == pattern.matches(path.bytes, nameStart: nameStart, isDirectory: isDirectory),
          "the bytes of \(path) are not those that \(text) needs")
      }
      try holdSame(text, path)
    }
    let rules = IgnoreRules(patterns: texts)
    // Below the deepest directory that a path may have there is none.
    if rules.ignores(path, isDirectory: true), let below = try? path.appending(Array("x".utf8)) {
      try hold(rules.ignores(below, isDirectory: false), "\(below) is not ignored, and what it stands in is")
    }
  }

  /// Compares our matcher with one that only says what the syntax means.
  private static func holdSame(_ text: String, _ path: BankPath) throws {
    let pattern = Array(text.utf8)
    guard pattern.count <= 64, path.bytes.count <= 64, !pattern.contains(0) else { return }
    for isPath in [false, true] {
      let ours = Wildmatch.matches(pattern[...], path.bytes[...], isPath: isPath)
      guard let theirs = PlainMatcher(pattern, path.bytes, isPath: isPath).matches() else { continue }
      try hold(
        ours == theirs, "\(text.debugDescription) \(ours ? "matches" : "doesn't match") \(path), isPath \(isPath)")
    }
  }
}

/// The meaning of git's patterns, brackets left out, by trying every way to match.
private struct PlainMatcher {
  private let pattern: [UInt8]
  private let text: [UInt8]
  private let isPath: Bool
  private var known: [Int: Bool] = [:]

  init(_ pattern: [UInt8], _ text: [UInt8], isPath: Bool) {
    self.pattern = pattern
    self.text = text
    self.isPath = isPath
  }

  /// Nil when the pattern has something in it that is not judged here.
  func matches() -> Bool? {
    // A backslash at the very end matches nothing, in git by way of the NUL that follows it.
    guard !pattern.contains(UInt8(ascii: "[")), pattern.last != UInt8(ascii: "\\") else { return nil }
    var matcher = self
    return matcher.match(0, 0)
  }

  private mutating func match(_ i: Int, _ j: Int) -> Bool {
    if let answer = known[i << 16 | j] { return answer }
    let answer = decide(i, j)
    known[i << 16 | j] = answer
    return answer
  }

  private mutating func decide(_ i: Int, _ j: Int) -> Bool {
    let slash = UInt8(ascii: "/")
    guard i < pattern.count else { return j == text.count }
    switch pattern[i] {
    case UInt8(ascii: "*"):
      var end = i
      while end < pattern.count, pattern[end] == UInt8(ascii: "*") { end += 1 }
      let startsComponent = i == 0 || pattern[i - 1] == slash
      let endsComponent =
        end == pattern.count || pattern[end] == slash
        || pattern[end] == UInt8(ascii: "\\") && end + 1 < pattern.count && pattern[end + 1] == slash
      let isDouble = end - i >= 2 && startsComponent && endsComponent
      let crosses = !isPath || isDouble
      if isPath, isDouble, end < pattern.count, pattern[end] == slash, match(end + 1, j) { return true }
      var next = j
      while true {
        if match(end, next) { return true }
        guard next < text.count, crosses || text[next] != slash else { return false }
        next += 1
      }
    case UInt8(ascii: "?"): return j < text.count && !(isPath && text[j] == slash) && match(i + 1, j + 1)
    case UInt8(ascii: "\\"): return j < text.count && text[j] == pattern[i + 1] && match(i + 2, j + 1)
    default: return j < text.count && text[j] == pattern[i] && match(i + 1, j + 1)
    }
  }
}
