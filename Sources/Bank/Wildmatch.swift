/// Git's pattern matching (`wildmatch.c`), on bytes.
///
/// `*` and `?` do not match a slash when `isPath` is set, `**` between slashes matches any number of directories.
struct Wildmatch {
  // An abort says that nothing further right can match either; without it a few stars take exponential time.
  private enum Outcome { case match, noMatch, abortAll, abortToDoubleStar }

  private let pattern: ArraySlice<UInt8>
  private let text: ArraySlice<UInt8>
  private let isPath: Bool

  /// Whether all of `text` matches all of `pattern`.
  static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>, isPath: Bool) -> Bool {
    let matcher = Wildmatch(pattern: pattern, text: text, isPath: isPath)
    return matcher.run(pattern.startIndex, text.startIndex) == .match
  }

  private init(pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>, isPath: Bool) {
    self.pattern = pattern
    self.text = text
    self.isPath = isPath
  }

  // 0 stands for the end, as in C: neither a pattern nor a name holds NUL.
  private func p(_ index: Int) -> UInt8 { index < pattern.endIndex ? pattern[index] : 0 }
  private func t(_ index: Int) -> UInt8 { index < text.endIndex ? text[index] : 0 }

  private func run(_ patternStart: Int, _ textStart: Int) -> Outcome {
    var i = patternStart
    var j = textStart
    while p(i) != 0 {
      let character = t(j)
      if character == 0 && p(i) != UInt8(ascii: "*") { return .abortAll }
      switch p(i) {
      case UInt8(ascii: "?"):
        if isPath && character == UInt8(ascii: "/") { return .noMatch }
      case UInt8(ascii: "*"):
        if let outcome = star(&i, &j) { return outcome }
      case UInt8(ascii: "["):
        guard let isMember = bracket(&i, character) else { return .abortAll }
        if !isMember || (isPath && character == UInt8(ascii: "/")) { return .noMatch }
      case UInt8(ascii: "\\"):
        i += 1
        if character != p(i) { return .noMatch }
      default:
        if character != p(i) { return .noMatch }
      }
      i += 1
      j += 1
    }
    return t(j) == 0 ? .match : .noMatch
  }

  // Nil: go on after the slash that `i` and `j` stand at.
  private func star(_ i: inout Int, _ j: inout Int) -> Outcome? {
    let slash = UInt8(ascii: "/")
    let before = i - 1
    var crossesSlashes = !isPath
    i += 1
    if p(i) == UInt8(ascii: "*") {
      while p(i) == UInt8(ascii: "*") { i += 1 }
      let startsComponent = before < pattern.startIndex || pattern[before] == slash
      let endsComponent = p(i) == 0 || p(i) == slash || (p(i) == UInt8(ascii: "\\") && p(i + 1) == slash)
      if isPath && startsComponent && endsComponent {
        // `a/**/b` matches `a/b` too: the stars and one slash may stand for nothing.
        if p(i) == slash {
          let outcome = run(i + 1, j)
          // What can't match here or further right won't behind one of the slashes either; git looks all the same, and
          // takes twice the time for each more of these.
          if outcome == .match || outcome == .abortAll { return outcome }
        }
        crossesSlashes = true
      }
    }
    if p(i) == 0 {
      return crossesSlashes || !text[j...].contains(slash) ? .match : .noMatch
    }
    if !crossesSlashes && p(i) == slash {
      guard let next = text[j...].firstIndex(of: slash) else { return .noMatch }
      j = next
      return nil
    }
    while t(j) != 0 {
      let outcome = run(i, j)
      if outcome != .noMatch {
        if !crossesSlashes || outcome != .abortToDoubleStar { return outcome }
      } else if !crossesSlashes && t(j) == slash {
        return .abortToDoubleStar
      }
      j += 1
    }
    return .abortAll
  }

  // Leaves `i` at the closing bracket; nil when there is none or a class has an unknown name.
  private func bracket(_ i: inout Int, _ character: UInt8) -> Bool? {
    i += 1
    let isNegated = p(i) == UInt8(ascii: "!") || p(i) == UInt8(ascii: "^")
    if isNegated { i += 1 }
    var previous: UInt8 = 0
    var isMember = false
    repeat {
      var current = p(i)
      switch current {
      case 0: return nil
      case UInt8(ascii: "\\"):
        i += 1
        current = p(i)
        if current == 0 { return nil }
        if character == current { isMember = true }
      case UInt8(ascii: "-") where previous != 0 && p(i + 1) != 0 && p(i + 1) != UInt8(ascii: "]"):
        i += 1
        if p(i) == UInt8(ascii: "\\") { i += 1 }
        if p(i) == 0 { return nil }
        if (previous...max(previous, p(i))).contains(character) && p(i) >= previous { isMember = true }
        current = 0
      case UInt8(ascii: "[") where p(i + 1) == UInt8(ascii: ":"):
        let start = i + 2
        guard let end = pattern[min(start, pattern.endIndex)...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
        if end == start || pattern[end - 1] != UInt8(ascii: ":") {
          if character == current { isMember = true }
        } else {
          guard let isInClass = Self.named(pattern[start..<(end - 1)], character) else { return nil }
          if isInClass { isMember = true }
          i = end
          current = 0
        }
      default:
        if character == current { isMember = true }
      }
      previous = current
      i += 1
    } while p(i) != UInt8(ascii: "]")
    return isMember != isNegated
  }

  private static func named(_ name: ArraySlice<UInt8>, _ character: UInt8) -> Bool? {
    let isDigit = (0x30...0x39).contains(character)
    let isUpper = (0x41...0x5a).contains(character)
    let isLower = (0x61...0x7a).contains(character)
    let isGraph = (0x21...0x7e).contains(character)
    switch String(decoding: name, as: UTF8.self) {
    case "alnum": return isDigit || isUpper || isLower
    case "alpha": return isUpper || isLower
    case "blank": return character == 0x20 || character == 0x09
    case "cntrl": return character < 0x20 || character == 0x7f
    case "digit": return isDigit
    case "graph": return isGraph
    case "lower": return isLower
    case "print": return isGraph || character == 0x20
    case "punct": return isGraph && !(isDigit || isUpper || isLower)
    case "space": return character == 0x20 || (0x09...0x0d).contains(character)
    case "upper": return isUpper
    case "xdigit": return isDigit || (0x41...0x46).contains(character) || (0x61...0x66).contains(character)
    default: return nil
    }
  }
}
