/// Redis' glob patterns: `*`, `?`, `[a-z]`, `[^a]`, and a backslash before what is meant as it is.
func matches(_ name: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>) -> Bool {
  var name = name
  var pattern = pattern
  while let head = pattern.first {
    switch head {
    case UInt8(ascii: "*"):
      while pattern.dropFirst().first == UInt8(ascii: "*") { pattern = pattern.dropFirst() }
      let rest = pattern.dropFirst()
      if rest.isEmpty { return true }
      while !name.isEmpty {
        if matches(name, pattern: rest) { return true }
        name = name.dropFirst()
      }
      return false
    case UInt8(ascii: "?"):
      guard !name.isEmpty else { return false }
      name = name.dropFirst()
    case UInt8(ascii: "["):
      guard let byte = name.first else { return false }
      guard matchesSet(byte, &pattern) else { return false }
      name = name.dropFirst()
      // The set's closing bracket was taken; what follows is next.
      continue
    default:
      if head == UInt8(ascii: "\\"), pattern.count > 1 { pattern = pattern.dropFirst() }
      guard let byte = name.first, byte == pattern.first else { return false }
      name = name.dropFirst()
    }
    pattern = pattern.dropFirst()
    if name.isEmpty {
      while pattern.first == UInt8(ascii: "*") { pattern = pattern.dropFirst() }
      break
    }
  }
  return name.isEmpty && pattern.isEmpty
}

/// Takes a set such as `[^a-c]` off the pattern; a set that isn't closed ends with the pattern.
private func matchesSet(_ byte: UInt8, _ pattern: inout ArraySlice<UInt8>) -> Bool {
  pattern = pattern.dropFirst()
  let negated = pattern.first == UInt8(ascii: "^")
  if negated { pattern = pattern.dropFirst() }
  var matched = false
  while let head = pattern.first {
    if head == UInt8(ascii: "\\"), pattern.count >= 2 {
      pattern = pattern.dropFirst()
      if pattern.first == byte { matched = true }
    } else if head == UInt8(ascii: "]") {
      pattern = pattern.dropFirst()
      break
    } else if pattern.count >= 3, pattern.dropFirst().first == UInt8(ascii: "-"), let last = pattern.dropFirst(2).first
    {
      if (min(head, last)...max(head, last)).contains(byte) { matched = true }
      pattern = pattern.dropFirst(2)
    } else if head == byte {
      matched = true
    }
    pattern = pattern.dropFirst()
  }
  return matched != negated
}
