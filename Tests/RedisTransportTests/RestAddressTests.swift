import FoundationEssentials
import HTTPClient
import RedisTransport
import TestSupport
import Testing

@Suite("Addresses over HTTP")
struct HTTPAddressTests {
  @Test(
    "are read",
    arguments: [
      ("https://Name-1.Upstash.io", "https://name-1.upstash.io"), ("https://h/", "https://h"),
      ("HTTPS://h:8443//", "https://h:8443"), ("https://h/base/", "https://h/base"),
      ("https://[::1]:7", "https://[::1]:7"),
      ("http://localhost:1", "http://localhost:1"), ("http://127.9.9.9", "http://127.9.9.9"),
      ("http://x.localhost", "http://x.localhost"), ("http://[::1]", "http://[::1]"),
    ])
  func read(text: String, address: String) throws {
    #expect(try HTTPAddress(parsing: text).description == address)
  }

  @Test(
    "are refused with a reason",
    arguments: [
      ("h.upstash.io", HTTPAddressError.noScheme), ("", .noScheme), ("redis://h", .otherScheme("redis")),
      ("ftp://h", .otherScheme("ftp")), ("http://h.upstash.io", .unencrypted),
      ("http://127.0.0.1.example", .unencrypted),
      ("http://127.0.0.1@example.com", .credentials), ("https://u:p@h", .credentials), ("https://h?_token=x", .query),
      ("https://h/#x", .query), ("https://", .malformed), ("https://h:x", .malformed), ("https://h x", .malformed),
    ])
  func refused(text: String, problem: HTTPAddressError) { #expect(throws: problem) { try HTTPAddress(parsing: text) } }
}

@Suite("Addresses of databases over REST")
struct RestAddressTests {
  @Test(
    "are refused where they are something else's",
    arguments: [
      ("https://api.upstash.com/v2/redis", RestAddressError.managementAddress),
      ("https://console.upstash.com/redis/1-2-3", .consoleAddress), ("https://upstash.com", .consoleAddress),
      ("rediss://default:p@h.upstash.io:6379", .tcpAddress), ("h.upstash.io", .address(.noScheme)),
      ("http://h.upstash.io", .address(.unencrypted)),
    ])
  func refused(url: String, problem: RestAddressError) {
    #expect(throws: problem) { try RestAddress(url, token: .value("t")) }
    #expect(!problem.description.contains("1-2-3"))
  }

  @Test(
    "refuse what can't be a token",
    arguments: ["", "a b", "\"quoted\"", "https://h", "UPSTASH_REDIS_REST_TOKEN=x", "ä"])
  func token(text: String) throws {
    let error = #expect(throws: RestAddressError.self) { try RestAddress("https://h", token: .value(text)) }
    guard case .badToken = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(text.isEmpty || error?.description.contains("=x") == false)
  }

  @Test("take the first line of a token's file")
  func file() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/token"
    #expect(throws: RestAddressError.unreadableToken(path)) { try RestAddress("https://h", token: .file(path)) }
    try Data("  s3cr3t-t0ken \r\nmore\n".utf8).write(to: URL(filePath: path))
    #expect(try RestTokenSource.file(path).read() == "s3cr3t-t0ken")
  }

  @Test("never show the token")
  func secrets() throws {
    let address = try RestAddress("https://h.upstash.io", token: .value("geheim"))
    for text in ["\(address)", String(reflecting: address), "\(address.token)", String(reflecting: address.token)] {
      #expect(!text.contains("geheim"))
    }
  }
}
