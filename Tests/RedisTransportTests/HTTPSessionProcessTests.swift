import Glibc
import HTTPClient
import Support
import TestSupport
import Testing

@Suite("A session of HTTP", .timeLimit(.minutes(15)))
struct HTTPSessionProcessTests {
  @Test("speaks HTTP/2 with who can, over one connection")
  func version2() throws {
    let certificate = try TestCertificate()
    let directory = try TemporaryDirectory()
    let port = try RedisServer.freePort()
    let server = try ChildProcess(
      ["nghttpd", "-a", "127.0.0.1", "-d", directory.path, "\(port)", certificate.key, certificate.certificate],
      log: directory.path + "/log")
    let session = HTTPSession(HTTPLimits(), authorities: certificate.authority)
    let request = HTTPRequest(.post, "https://127.0.0.1:\(port)/none", body: Array("body".utf8))
    var first: HTTPResponse?
    // It listens a moment after it was started.
    for _ in 0..<2000 where first == nil {
      do throws(HTTPError) { first = try session.send(request) } catch {
        try #require(error.kind == .unreachable, "\(error)")
        usleep(2000)
      }
    }
    #expect(first?.status == 404)
    #expect(session.version == 2)
    #expect(session.connectionsMade == 1)
    #expect(try session.send(request).status == 404)
    #expect(session.connectionsMade == 0)
    withExtendedLifetime(server) {}
  }

  @Test("takes no more than it is to take")
  func bounded() throws {
    let standIn = try UpstashStandIn(try RedisServer())
    try standIn.fail([
      "kind": "status", "status": 200, "body": .string(String(repeating: "x", count: 5000)), "count": -1,
    ])
    let request = HTTPRequest(
      .post, standIn.url, headers: [("Authorization", "Bearer \(standIn.token)")], body: Array(#"["PING"]"#.utf8))
    #expect(try HTTPSession(HTTPLimits(body: 5000)).send(request).body.count == 5000)
    let failure = #expect(throws: HTTPError.self) { try HTTPSession(HTTPLimits(body: 4999)).send(request) }
    #expect(failure?.kind == .tooLarge)
    #expect(failure?.description.contains(standIn.token) == false)
  }

  @Test("makes no request out of a header that would be several")
  func headers() throws {
    let failure = #expect(throws: HTTPError.self) {
      try HTTPSession().send(HTTPRequest(.get, "http://localhost:1/", headers: [("A", "b\r\nC: d")]))
    }
    #expect(failure?.kind == .misuse)
  }

  @Test("says so when the other side speaks something else", arguments: ["-ERR unknown command\r\n", "220 smtp\r\n"])
  func stranger(words: String) throws {
    let stranger = try StrangerServer(saying: words)
    let failure = #expect(throws: HTTPError.self) {
      try HTTPSession().send(HTTPRequest(.post, "http://127.0.0.1:\(stranger.port)/", body: [0x7b]))
    }
    #expect(failure?.kind == .misuse || failure?.kind == .notHTTP, "\(String(describing: failure))")
  }
}
