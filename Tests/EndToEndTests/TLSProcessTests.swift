import Support
import TestSupport
import Testing

@Suite("A Redis over TLS")
struct TLSProcessTests {
  @Test(
    "is mirrored to and listened to, trusted by a file that the environment or .membank names",
    arguments: [true, false])
  func mirrors(byVariable: Bool) async throws {
    let certificate = try TestCertificate()
    var options = RedisServer.Options()
    options.certificate = certificate
    options.password = "geheim"
    options.notifications = "KA"
    try await play(.server(options)) { stage in
      let one = try stage.machine()
      let port = try #require(stage.redis?.port)
      try one.write("a.md", "a\n")
      if byVariable {
        one.environment["REDIS_URL"] = "rediss://:geheim@127.0.0.1:\(port)"
        let refused = try await one.membank("sync", "--once", one.bank)
        #expect(refused.status == 3 && refused.text.contains("certificate"), "\(refused.text)")
        #expect(try stage.keys() == [])
        one.environment["SSL_CERT_FILE"] = certificate.authority
      } else {
        one.environment["REDIS_URL"] = nil
        one.environment["REDIS_PASSWORD"] = "geheim"
        _ = try await one.membank("init")
        try one.write(
          ".membank",
          try #require(one.read(".membank"))
            + "[remote \"safe\"]\n\turl = rediss://127.0.0.1:\(port)\n\tca-file = \(certificate.authority)\n")
        let plan = try #require(try await one.status()["halts"]?.elements?.first?["plan"]?.text)
        #expect(try await one.membank("approve", plan).status == 0)
      }
      try await one.sync()
      #expect(try stage.document("a.md") == "a\n")
      try await one.daemon()
      try await one.flush()
      // Told of by the server, or found by the first look after that: both ways go through TLS.
      _ = try stage.redis?.run("SET", stage.key("doc:a.md"), "foreign\n", "EX", "100")
      #expect(try await eventually { one.read("a.md") == "foreign\n" })
      #expect(!(try await one.membank("status").text.contains("geheim")))
    }
  }
}
