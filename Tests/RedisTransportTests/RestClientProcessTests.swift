import FoundationEssentials
import Glibc
import HTTPClient
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("A client over REST", .timeLimit(.minutes(15)))
struct RestClientProcessTests {
  @Test(
    "carries out commands and keeps every byte", arguments: [[:], ["plain-statuses": true], ["encode-nested-ok": true]])
  func bytes(variants: [String: Bool]) throws {
    let standIn = try UpstashStandIn(try RedisServer())
    try standIn.control(["variants": .object(variants.map { JSONMember($0.key, .bool($0.value)) })])
    let client = try standIn.client()
    let value = (0...255).map { UInt8($0) } + Array("\r\n\"\\/%&=+?#".utf8)
    let replies = try client.run([
      RedisCommand("SET", "k ä/%?#&=+", bytes: [value, Array("EX".utf8), Array("100".utf8)]), ["GET", "k ä/%?#&=+"],
      ["GET", "none"], ["INCR", "n"], ["LPUSH", "n", "x"], ["EVAL", "return {1, {'a', false}, 'OK', ''}", "0"],
      ["SET", "t", "text ü\n\t\u{1}\u{7f}\"\\"], ["GET", "t"], ["TTL", "k ä/%?#&=+"], ["SET", "e", ""], ["GET", "e"],
    ])
    #expect(replies[0] == .status("OK"))
    #expect(replies[1] == .bulk(value))
    #expect(replies[2] == .null)
    #expect(replies[3] == .integer(1))
    #expect(replies[4].error?.hasPrefix("WRONGTYPE") == true)
    #expect(
      replies[5]
        == .array([.integer(1), .array([.bulk([0x61]), .null]), .bulk(Array("OK".utf8)), .bulk([])]))
    #expect(replies[7].text == "text ü\n\t\u{1}\u{7f}\"\\")
    #expect((90...100).contains(replies[8].integer ?? 0))
    #expect(replies[10] == .bulk([]))
    #expect(try standIn.redis.run("GET", "k ä/%?#&=+").bytes == value)
  }

  @Test("names keys that are no text by themselves, and says where that is not possible")
  func binaryKeys() throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let client = try standIn.client()
    let key: [UInt8] = [0x61, 0xff, 0x2f, 0x25]
    let replies = try client.run([
      RedisCommand([Array("SET".utf8), key, Array("v".utf8)]), RedisCommand("EXPIRE", bytes: [key, Array("90".utf8)]),
      RedisCommand("TTL", bytes: [key]), RedisCommand([Array("SET".utf8), key, []]), ["GET", "other"],
    ])
    #expect(replies[0] == .status("OK"))
    #expect(replies[2].integer == 90)
    #expect(replies[3].error?.contains("empty argument") == true)
    #expect(replies[4] == .null)
    #expect(try standIn.redis.connect().run(RedisCommand("GET", bytes: [key])).text == "v")
  }

  @Test("keeps one connection, sends what fits into one request, and splits the rest in order")
  func requests() throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let client = try standIn.client()
    func requests(_ commands: [RedisCommand]) throws -> [String] {
      try standIn.resetMeter()
      let replies = try client.run(commands)
      #expect(replies.count == commands.count)
      return try (standIn.control()["log"]?.elements ?? []).compactMap { $0["path"]?.text }
    }
    #expect(try requests([["SET", "k", "v"]]) == ["/"])
    #expect(try requests([["SET", "k", "v"], ["GET", "k"]]) == ["/pipeline"])
    #expect(
      try requests([["GET", "k"], ["GET", "k"], RedisCommand("SET", "b", bytes: [[0xff]]), ["GET", "b"]])
        == ["/pipeline", "/SET/b", "/"])
    #expect(try requests((0..<2500).map { RedisCommand("ECHO", "\($0)") }).count == 3)
    let large = String(repeating: "\n", count: 3_000_000)
    #expect(try requests((0..<3).map { RedisCommand("SET", "l\($0)", large) }).count == 3)
    #expect(client.connectionsMade == 0)
    let log = try standIn.control()["log"]?.elements ?? []
    #expect(Set(log.compactMap { $0["connection"]?.integer }).count == 1)
    client.close()
    #expect(try client.run("GET", "k").text == "v")
    #expect(client.connectionsMade == 1)
    // The replies belong to their commands.
    #expect(try client.run((0..<2500).map { RedisCommand("ECHO", "\($0)") }).map(\.text) == (0..<2500).map { "\($0)" })
  }

  @Test("carries out a transaction whole or not at all")
  func transaction() throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let client = try standIn.client()
    let replies = try client.run([["MULTI"], ["SET", "k", "1"], ["INCR", "k"], ["EXEC"]])
    #expect(replies.count == 4)
    #expect(replies[3] == .array([.status("OK"), .integer(2)]))
    let failure = #expect(throws: RedisError.self) {
      try client.run([["MULTI"], ["SET", "k", "9"], ["SET", "k"], ["EXEC"]])
    }
    #expect(failure?.kind == .command("ERR"))
    #expect(try client.run("GET", "k").text == "2")
  }

  @Test("reads what it wrote, however far replicas lag")
  func syncToken() throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let client = try standIn.client()
    try client.run("SET", "k", "old")
    try standIn.control(["lag": true])
    #expect(try standIn.client().run("GET", "k").text == "old")
    try client.run("SET", "k", "new")
    #expect(try client.run("GET", "k").text == "new")
    // Another one, that knows nothing of the write, sees what the replica has.
    #expect(try standIn.client().run("GET", "k").text == "old")
    try standIn.resetMeter()
    _ = try client.run([["GET", "k"], RedisCommand("SET", "b", bytes: [[0xff]]), ["GET", "b"]])
    client.close()
    #expect(try client.run("GET", "k").text == "new")
    let log = try standIn.control()["log"]?.elements ?? []
    for (earlier, later) in zip(log, log.dropFirst()) { #expect(earlier["token"] == later["sync"]) }
  }

  @Test("reads a token's file again when the token is refused")
  func rotation() throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let directory = try TemporaryDirectory()
    let file = directory.path + "/token"
    func write(_ token: String) throws { try Data((token + "\n").utf8).write(to: URL(filePath: file)) }
    try write(standIn.token)
    let client = RestClient(try RestAddress(standIn.url, token: .file(file)))
    try client.run("SET", "k", "v")
    let next = try standIn.control(["rotate": true])
    // Refused, and asked no more before the file has changed.
    for _ in 0..<3 {
      let failure = #expect(throws: RedisError.self) { try client.run("GET", "k") }
      #expect(failure?.kind == .credentials)
      #expect(failure?.pauseSeconds == 15)
    }
    let log = try standIn.control()["log"]?.elements ?? []
    #expect(log.count { $0["status"]?.integer == 401 } == 1)
    try write(next["token"]?.text ?? "")
    #expect(try client.run("GET", "k").text == "v")
    // Rotated again, and the file first: not even one command fails.
    let last = try standIn.control(["rotate": true])
    try write(last["token"]?.text ?? "")
    #expect(try client.run("GET", "k").text == "v")
  }

  @Test("trusts nobody but whom it should", arguments: ["own", "name", "ended", "stranger"])
  func certificates(_ what: String) throws {
    let certificate = try TestCertificate(
      names: what == "name" ? "DNS:elsewhere.example" : "IP:127.0.0.1", days: what == "ended" ? -1 : 2)
    let standIn = try UpstashStandIn(try RedisServer(), certificate: certificate)
    let trusted = what == "stranger" ? try TestCertificate().authority : certificate.authority
    let client = RestClient(try RestAddress(standIn.url, token: .value(standIn.token), authorities: trusted))
    if what == "own" {
      try client.run("SET", "k", "v")
      #expect(try client.run("GET", "k").text == "v")
      #expect(client.connectionsMade == 0)
    } else {
      let failure = #expect(throws: RedisError.self) { try client.run("GET", "k") }
      #expect(failure?.kind == .untrusted)
      #expect(failure?.isTransient == true)
      #expect(failure?.description.contains("ca-file") == true)
    }
  }

  @Test("can be ended from outside, and gives up by itself")
  func waiting() throws {
    let standIn = try UpstashStandIn(try RedisServer())
    // Only what never answers may meet a time as short as this: a busy machine takes its time.
    let hasty = RestClient(try standIn.address, timeouts: RedisTimeouts(command: 50))
    try standIn.fail(["kind": "hang"])
    let late = #expect(throws: RedisError.self) { try hasty.run("GET", "k") }
    #expect(late?.kind == .timeout)
    try standIn.heal()
    let client = try standIn.client()
    #expect(try client.run("GET", "k").isNull)

    let stop = try Channel<Bool>()
    let stopped = RestClient(try standIn.address, cancellation: stop.descriptor)
    stop.send(true)
    let failure = #expect(throws: RedisError.self) { try stopped.run("GET", "k") }
    #expect(failure?.kind == .cancelled)
    standIn.redis.stop()
    let down = #expect(throws: RedisError.self) { try client.run("GET", "k") }
    #expect(down?.kind == .unavailable)
    let nobody = RestClient(try RestAddress("http://127.0.0.1:\(try RedisServer.freePort())", token: .value("t")))
    #expect(#expect(throws: RedisError.self) { try nobody.run("GET", "k") }?.kind == .unreachable)
  }
}
