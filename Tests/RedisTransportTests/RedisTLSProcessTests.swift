import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("A connection over TLS", .timeLimit(.minutes(15)))
struct RedisTLSProcessTests {
  private func server(_ certificate: TestCertificate, password: String? = nil) throws -> RedisServer {
    var options = RedisServer.Options()
    options.certificate = certificate
    options.password = password
    options.notifications = "KA"
    return try RedisServer(options)
  }

  @Test("carries any bytes, large values and long pipelines both ways")
  func bytes() throws {
    let server = try server(try TestCertificate(), password: "geheim")
    let client = try RedisRouter(server.tcpAddress)
    #expect(client.address == "rediss://127.0.0.1:\(server.port)")
    let value = (0...255).map { UInt8($0) }
    try client.run(RedisCommand("SET", "k", bytes: [value]))
    #expect(try server.run("GET", "k").bytes == value)
    let large = [UInt8](repeating: 7, count: 12_000_000)
    let set = RedisCommand("SET", "l", bytes: [large])
    let replies = try client.run([set, ["GET", "l"], set, ["GET", "l"], ["GET", "l"]])
    #expect(replies[4] == .bulk(large))
    let many = try client.run((0..<20_000).map { RedisCommand("ECHO", "\($0)") })
    #expect(many.count == 20_000)
    #expect(many.last?.text == "19999")
  }

  @Test("brings messages as they come")
  func messages() throws {
    let server = try server(try TestCertificate())
    let subscriber = try RedisSubscriber(server.tcpAddress, channels: [Array("c".utf8)])
    for number in 0..<100 { try server.run("PUBLISH", "c", "\(number)") }
    var payloads: [String] = []
    while payloads.count < 100 {
      payloads += try subscriber.receive(timeout: 10_000).map { String(decoding: $0.payload, as: UTF8.self) }
    }
    #expect(payloads == (0..<100).map { "\($0)" })
    #expect(try subscriber.receive(timeout: 0) == [])
  }

  @Test("is refused to whom it should not trust", arguments: ["stranger", "name", "ended", "no file"])
  func untrusted(_ what: String) throws {
    let certificate = try TestCertificate(
      names: what == "name" ? "DNS:elsewhere.example,IP:127.0.0.2" : "IP:127.0.0.1", days: what == "ended" ? -1 : 2)
    var options = RedisServer.Options()
    options.password = "never-sent"
    options.certificate = certificate
    let server = try RedisServer(options)
    let authority =
      switch what {
      case "stranger": try TestCertificate().authority
      case "no file": "/nonexistent"
      default: certificate.authority
      }
    let address = RedisAddress(
      .tcp(host: "127.0.0.1", port: server.port), password: "never-sent", security: .tls(authorities: authority))
    let failure = #expect(throws: RedisError.self) { try RedisConnection(address) }
    #expect(failure?.kind == .untrusted, "\(String(describing: failure))")
    #expect(failure?.haltsRemote == false)
    #expect(failure?.description.contains("never-sent") == false)
  }

  @Test("says what is wrong when one side speaks TLS alone")
  func oneSided() throws {
    let server = try server(try TestCertificate())
    let plain = RedisAddress(.tcp(host: "127.0.0.1", port: server.port))
    let failure = #expect(throws: RedisError.self) { try RedisConnection(plain) }
    #expect(failure?.kind == .closed || failure?.kind == .protocolViolation)
    var options = RedisServer.Options()
    options.tcp = true
    let other = try RedisServer(options)
    let encrypted = RedisAddress(.tcp(host: "127.0.0.1", port: other.port), security: .tls(authorities: nil))
    let waiting = #expect(throws: RedisError.self) {
      try RedisConnection(encrypted, timeouts: RedisTimeouts(connect: 100))
    }
    #expect(waiting?.operation == "connect" && waiting?.isTransient == true)
  }

  @Test("names the host that it means")
  func serverName() throws {
    // A server that has the right certificate only for those who ask for it by name.
    let (named, other) = (
      try TestCertificate(names: "DNS:localhost"), try TestCertificate(names: "DNS:elsewhere.example")
    )
    let port = try RedisServer.freePort()
    let directory = try TemporaryDirectory()
    let server = try ChildProcess(
      [
        "openssl", "s_server", "-accept", "\(port)", "-cert", other.certificate, "-key", other.key, "-servername",
        "localhost", "-cert2", named.certificate, "-key2", named.key, "-quiet",
      ], log: directory.path + "/log")
    let address = RedisAddress(
      .tcp(host: "localhost", port: port), security: .tls(authorities: named.authority))
    var failure: RedisError?
    // It listens a moment after it was started.
    for _ in 0..<2000 where failure == nil || failure?.kind == .unreachable {
      failure = #expect(throws: RedisError.self) {
        try RedisConnection(address, timeouts: RedisTimeouts(connect: 3000, command: 100))
      }
      usleep(2000)
    }
    // The handshake stands; what answers is no Redis.
    #expect(failure?.operation != "connect" && failure?.kind != .untrusted, "\(String(describing: failure))")
    withExtendedLifetime(server) {}
  }

  @Test("ends with the server, and can be ended from outside")
  func ends() throws {
    let server = try server(try TestCertificate())
    let stop = try Channel<Bool>()
    let client = try RedisConnection(server.tcpAddress, cancellation: stop.descriptor)
    let subscriber = try RedisSubscriber(
      server.tcpAddress, channels: [Array("c".utf8)], cancellation: stop.descriptor)
    stop.send(true)
    #expect(#expect(throws: RedisError.self) { try subscriber.receive(timeout: -1) }?.kind == .cancelled)
    _ = stop.takeAll()
    server.stop()
    #expect(#expect(throws: RedisError.self) { try client.run("PING") }?.kind == .closed)
  }
}
