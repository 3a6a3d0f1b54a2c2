/// A text in one line that steers no terminal, whatever names or answers it quotes.
///
/// Control characters stand as `\n`, `\t` or `\u{1b}`, and so do the marks that turn the direction of text around: they
/// make a line read as another.
public func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: steersTerminals) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case _ where steersTerminals(scalar): result += "\\u{" + String(scalar.value, radix: 16) + "}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

private func steersTerminals(_ scalar: Unicode.Scalar) -> Bool {
  scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || (0x202a...0x202e).contains(scalar.value)
    || (0x2066...0x2069).contains(scalar.value)
}
