import Support
import Testing

@Suite("What is quoted")
struct PrintableTextTests {
  @Test(
    "is one line that steers no terminal",
    arguments: [
      ("plain é ✓", "plain é ✓"), ("a\nb\tc", "a\\nb\\tc"), ("\u{1b}[31m", "\\u{1b}[31m"), ("a\r\nb", "a\\u{d}\\nb"),
      ("\u{9b}x\u{7f}", "\\u{9b}x\\u{7f}"), ("\u{202e}gnp.exe", "\\u{202e}gnp.exe"), ("\u{2066}", "\\u{2066}"),
      ("", ""),
    ])
  func lines(text: String, printed: String) {
    #expect(printable(text).utf8.elementsEqual(printed.utf8))
  }

  @Test("in the complaints about a configuration and a variable")
  func complaints() {
    let configuration = #expect(throws: ConfigurationError.self) {
      try Configuration(parsing: Array("[membank]\n\tbank = \"x\u{1b}[2J\"\n".utf8), file: ".membank")
    }
    #expect(configuration?.description.contains("\\u{1b}[2J") == true)
    let warned = try? Configuration(parsing: Array("[remote \"\u{1b}[2J\"]\n\tx = 1\n".utf8), file: ".membank")
    #expect(warned?.warnings.allSatisfy { !$0.description.contains("\u{1b}") } ?? true)
    let variable = #expect(throws: EnvironmentError.self) { try Environment(["LOG_LEVEL": "\u{1b}[2J"]) }
    #expect(variable?.description.contains("\\u{1b}[2J") == true)
  }
}
