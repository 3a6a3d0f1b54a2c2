import MarkdownMerge
import Testing

@Suite("Line ends, byte order mark, final newline")
struct ShapeTests {
  private static let base = "# A\n\n- one\n- two\n- three\n"

  @Test(
    "are merged as properties of the whole text",
    arguments: [
      (
        "# A\r\n\r\n- one\r\n- two\r\n- three\r\n", "# A\n\n- one\n- two\n- three\n- four\n",
        "# A\r\n\r\n- one\r\n- two\r\n- three\r\n- four\r\n"
      ),
      (
        "# A\n\n- one\n- two\n- three", "# A\n\n- zero\n- one\n- two\n- three\n", "# A\n\n- zero\n- one\n- two\n- three"
      ),
      (
        "\u{feff}# A\n\n- one\n- two\n- three\n", "# A\n\n- one\n- 2\n- three\n", "\u{feff}# A\n\n- one\n- 2\n- three\n"
      ),
    ])
  func shapes(one: String, other: String, merged: String) {
    #expect(merge(Self.base, one, other).text == merged)
    #expect(merge(Self.base, other, one).text == merged)
  }
}
