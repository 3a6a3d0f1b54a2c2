import RedisTransport
import TestSupport
import Testing

@Suite("A subscriber", .timeLimit(.minutes(15)))
struct RedisSubscriberProcessTests {
  @Test("hears channels, patterns and keyspace events")
  func hears() throws {
    var options = RedisServer.Options()
    options.notifications = "K$g"
    let server = try RedisServer(options)
    let subscriber = try RedisSubscriber(
      server.address, channels: [Array("events".utf8)], patterns: [Array("__keyspace@0__:doc:*".utf8)])
    #expect(try subscriber.receive(timeout: 0).isEmpty)
    try server.run("PUBLISH", "events", "one")
    try server.run("SET", "doc:a", "x")
    try server.run("SET", "other", "x")
    try subscriber.ping()
    try server.run("DEL", "doc:a")
    var heard: [String] = []
    while heard.count < 3 {
      heard += try subscriber.receive(timeout: 10_000).map {
        String(decoding: $0.channel, as: UTF8.self) + " " + String(decoding: $0.payload, as: UTF8.self)
      }
    }
    #expect(heard == ["events one", "__keyspace@0__:doc:a set", "__keyspace@0__:doc:a del"])
  }

  @Test("notices that the server is gone")
  func lost() throws {
    let server = try RedisServer()
    let subscriber = try RedisSubscriber(server.address, channels: [Array("events".utf8)])
    server.stop()
    let failure = #expect(throws: RedisError.self) { try subscriber.receive(timeout: 10_000) }
    #expect(failure?.kind == .closed)
  }

  @Test("may be refused")
  func refused() throws {
    var options = RedisServer.Options()
    options.users = ["silent on >p ~* resetchannels +@all"]
    let server = try RedisServer(options)
    let address = RedisAddress(.unix(path: server.socket), user: "silent", password: "p")
    let failure = #expect(throws: RedisError.self) {
      try RedisSubscriber(address, channels: [Array("events".utf8)])
    }
    #expect(failure?.kind == .permission)
  }
}
