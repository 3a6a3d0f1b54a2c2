import Testing

@testable import RedisTransport

@Suite("Replies")
struct ReplyReaderTests {
  private func read(_ text: String) throws -> ReplyReader.Next {
    guard let reader = ReplyReader() else { throw RedisError(.closed, operation: "read", operand: "", message: "") }
    let bytes = Array(text.utf8)
    #expect(bytes.withUnsafeBytes { reader.feed($0) })
    return reader.next()
  }

  @Test(
    "that claim more elements than any reply has are refused before memory is asked for",
    arguments: ["*2147483647\r\n", "*1\r\n*2147483647\r\n", "*4194305\r\n"])
  func claims(text: String) throws {
    guard case .notRESP = try read(text) else {
      Issue.record("memory for \(text) was to be had")
      return
    }
  }

  @Test("of many elements are read")
  func many() throws {
    let count = 100_000
    guard case .reply(let value) = try read("*\(count)\r\n" + String(repeating: ":1\r\n", count: count)) else {
      Issue.record("\(count) elements were not read")
      return
    }
    #expect(value.array?.count == count)
  }
}
