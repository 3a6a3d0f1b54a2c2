import Glibc
import RedisTransport
import TestSupport
import Testing

@Suite("A connection to a real server", .timeLimit(.minutes(15)))
struct RedisConnectionProcessTests {
  @Test("carries out commands and keeps every byte")
  func bytes() throws {
    let server = try RedisServer()
    let connection = try server.connect()
    let value = (0...255).map { UInt8($0) } + Array("\r\n$5\r\n".utf8)
    let replies = try connection.run([
      RedisCommand("SET", "k", bytes: [value]), ["GET", "k"], ["GET", "none"], ["INCR", "n"], ["LPUSH", "k", "x"],
      ["EVAL", "return {1, {'a', false}, redis.status_reply('FINE')}", "0"],
    ])
    #expect(replies[0] == .status("OK"))
    #expect(replies[1] == .bulk(value))
    #expect(replies[2] == .null)
    #expect(replies[3] == .integer(1))
    #expect(replies[4].error?.hasPrefix("WRONGTYPE") == true)
    // A null ends a Lua table, so the inner one has a single element.
    #expect(replies[5] == .array([.integer(1), .array([.bulk(Array("a".utf8)), .null]), .status("FINE")]))
  }

  @Test("passes large values and long pipelines both ways")
  func large() throws {
    let server = try RedisServer()
    let client = try server.connect()
    let value = [UInt8](repeating: 7, count: 12_000_000)
    let set = RedisCommand("SET", "k", bytes: [value])
    let replies = try client.run([set, ["GET", "k"], set, ["GET", "k"], ["GET", "k"]])
    #expect(replies[4] == .bulk(value))
    let many = try client.run((0..<20_000).map { RedisCommand("ECHO", "\($0)") })
    #expect(many.count == 20_000)
    #expect(many.last?.text == "19999")
  }

  @Test("reaches a socket whose path is longer than a socket address")
  func longPath() throws {
    let server = try RedisServer()
    let directory = try TemporaryDirectory()
    let deep = directory.path + String(repeating: "/" + String(repeating: "d", count: 40), count: 5)
    try makeDirectories(deep)
    try makeLink(at: deep + "/redis.sock", to: server.socket)
    let connection = try RedisConnection(RedisAddress(.unix(path: deep + "/redis.sock")))
    #expect(try connection.run("PING") == .status("PONG"))
  }

  @Test("uses password, user and database")
  func credentials() throws {
    var options = RedisServer.Options()
    options.password = "s:p@ce %"
    options.users = ["bank on >geheim ~membank:* &* +@all"]
    options.tcp = true
    let server = try RedisServer(options)
    let named = try RedisAddress(parsing: "redis://bank:geheim@127.0.0.1:\(server.port)/3")
    let connection = try RedisConnection(named)
    try connection.run("SET", "membank:k", "v")
    let other = try RedisConnection(RedisAddress(parsing: "redis://:s:p@ce%20%25@127.0.0.1:\(server.port)/3"))
    #expect(try other.run("GET", "membank:k").text == "v")
    #expect(try server.run("GET", "membank:k").isNull)
    let denied = #expect(throws: RedisError.self) { try connection.run("SET", "elsewhere", "v") }
    #expect(denied?.kind == .permission)
    #expect(denied?.haltsRemote == true)
  }

  @Test("tells wrong credentials apart", arguments: ["", "wrong@", ":wrong@", "nobody:wrong@"])
  func wrongCredentials(text: String) throws {
    var options = RedisServer.Options()
    options.password = "right"
    options.tcp = true
    let server = try RedisServer(options)
    let address = try RedisAddress(parsing: "redis://\(text)127.0.0.1:\(server.port)")
    let failure = #expect(throws: RedisError.self) { try RedisConnection(address) }
    #expect(failure?.kind == .credentials)
    #expect(failure?.description.contains("wrong@") == false)
  }

  @Test("says that nobody is there")
  func unreachable() throws {
    let directory = try TemporaryDirectory()
    let port = try RedisServer.freePort()
    for url in ["unix://\(directory.path)/none.sock", "redis://127.0.0.1:\(port)", "redis://no-such-host.invalid"] {
      let failure = #expect(throws: RedisError.self) { try RedisConnection(RedisAddress(parsing: url)) }
      #expect(failure?.kind == .unreachable)
      #expect(failure?.isTransient == true)
    }
  }

  @Test("recognises a stranger")
  func stranger() throws {
    let listener = try StrangerServer(saying: "HTTP/1.1 400 Bad Request\r\n\r\n")
    let failure = #expect(throws: RedisError.self) {
      try RedisConnection(RedisAddress(.tcp(host: "127.0.0.1", port: listener.port)))
    }
    #expect(failure?.kind == .protocolViolation)
    #expect(failure?.haltsRemote == true)
  }

  @Test("gives up on a frozen server and is closed then")
  func frozen() throws {
    let server = try RedisServer()
    let connection = try RedisConnection(server.address, timeouts: RedisTimeouts(connect: 1000, command: 50))
    server.pause()
    let failure = #expect(throws: RedisError.self) { try connection.run("INCR", "n") }
    #expect(failure?.kind == .timeout)
    server.resume()
    let closed = #expect(throws: RedisError.self) { try connection.run("PING") }
    #expect(closed?.kind == .closed)
    // The command was on its way: only what is repeatable may be sent again.
    #expect(try server.run("GET", "n").text == "1")
  }

  @Test("ends with the server")
  func restart() throws {
    let server = try RedisServer()
    let connection = try server.connect()
    try server.restart()
    let failure = #expect(throws: RedisError.self) { try connection.run("PING") }
    #expect(failure?.kind == .closed)
    #expect(failure?.endsConnection == true)
    #expect(try server.run("PING") == .status("PONG"))
  }

  @Test("stops waiting when asked to")
  func cancelled() throws {
    let server = try RedisServer()
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let connection = try RedisConnection(server.address, cancellation: ends[0])
    server.pause()
    defer { server.resume() }
    _ = write(ends[1], "x", 1)
    let failure = #expect(throws: RedisError.self) { try connection.run("PING") }
    #expect(failure?.kind == .cancelled)
  }

  @Test("runs a script that the server does not know yet, and again after it forgot")
  func scripts() throws {
    let server = try RedisServer()
    let connection = try server.connect()
    let script = RedisScript(name: "sum", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")
    for sum in 1...3 {
      let value = try connection.evaluate(script, keys: [Array("k".utf8)], arguments: [Array("2".utf8)])
      #expect(value == .integer(Int64(sum * 2)))
      if sum == 2 { try server.run("SCRIPT", "FLUSH") }
    }
    try server.run("SCRIPT", "FLUSH")
    let several = try connection.evaluate(
      script, (1...3).map { (keys: [Array("k\($0)".utf8)], arguments: [Array("\($0)".utf8)]) })
    #expect(several == [.integer(1), .integer(2), .integer(3)])
    let failure = #expect(throws: RedisError.self) {
      try connection.evaluate(
        script, keys: [Array("k".utf8)], arguments: [Array("2".utf8)], after: [["LPUSH", "k", "x"]])
    }
    #expect(failure?.kind == .wrongType)
  }
}
