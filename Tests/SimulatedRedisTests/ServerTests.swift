import RedisTransport
import SimulatedRedis
import Support
import Testing

@Suite("A simulated server's life")
struct SimulatedServerTests {
  private let clock = SetClock()
  private let server: SimulatedRedis

  init() { server = SimulatedRedis(clock: clock, random: SeededRandom(1)) }

  private func runID() -> String? {
    server.execute(["INFO", "server"]).text?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("run_id:") }.map {
      String($0)
    }
  }

  @Test("starts again with the data of a snapshot, under another id, without scripts")
  func restored() {
    server.execute(["SET", "a", "one", "EX", "100"])
    let digest = server.execute(["SCRIPT", "LOAD", "return 1"]).text ?? ""
    let snapshot = server.snapshot()
    server.execute(["SET", "a", "two"])
    server.execute(["SET", "b", "two"])
    #expect(server.snapshot() != snapshot)
    let before = runID()
    server.restore(snapshot)
    #expect(server.snapshot() == snapshot)
    #expect(server.execute(["TTL", "a"]) == .integer(100))
    #expect(runID() != before)
    #expect(server.execute(RedisCommand("EVALSHA", digest, "0")).error?.hasPrefix("NOSCRIPT") == true)
    #expect(server.execute(["EVAL", "return 1", "0"]) == .integer(1))
  }

  @Test("ends keys when their time has come, whoever looks first, and says so once")
  func expiry() {
    var events: [String] = []
    server.onWrite = { events.append("\(shown($0)) \($1)") }
    for key in ["a", "b", "c"] { server.execute(RedisCommand("SET", key, "x", "PX", "1000")) }
    server.execute(["SET", "d", "x"])
    events = []
    clock.wallMilliseconds += 1000
    #expect(server.execute(["GET", "a"]).text == "x")
    clock.wallMilliseconds += 1
    #expect(server.keys() == [Array("d".utf8)])
    #expect(events == [])
    #expect(server.execute(["GET", "b"]).isNull)
    #expect(events == ["b expired"])
    server.expireDue()
    #expect(events == ["b expired", "a expired", "c expired"])
    // A clock that is set back brings nothing back.
    clock.wallMilliseconds -= 10_000
    #expect(server.execute(["GET", "b"]).isNull)
  }

  @Test("stands still in a script")
  func scriptTime() {
    server.execute(["SET", "a", "x", "PX", "1"])
    let clock = clock
    server.onWrite = { _, _ in clock.wallMilliseconds += 10 }
    let reply = server.execute([
      "EVAL", "redis.call('SET', 'b', 'x') return {redis.call('GET', 'a'), redis.call('TIME')}", "0",
    ])
    #expect(reply.array?[0].text == "x")
    #expect(server.execute(["GET", "a"]).isNull)
  }

  @Test("loses keys to eviction and a flush")
  func lost() {
    var events: [String] = []
    server.onWrite = { events.append("\(shown($0)) \($1)") }
    for key in ["a", "b", "c"] { server.execute(RedisCommand("SET", key, "x")) }
    events = []
    #expect(server.evict(Array("a".utf8)))
    #expect(!server.evict(Array("a".utf8)))
    server.flush()
    #expect(events == ["a evicted"])
    #expect(server.keys() == [])
  }

  @Test("tells of a change once the command is through, and takes commands then")
  func reentered() {
    let server = server
    var seen: [RedisValue] = []
    server.onWrite = { [unowned server] key, event in
      guard event == "set" else { return }
      seen.append(server.execute(["GET", "b"]))
      if seen.count == 1 { server.execute(["SET", "c", "x"]) }
    }
    server.execute(["EVAL", "redis.call('SET', 'a', 1) redis.call('SET', 'b', 2) error('late')", "0"])
    // What a script has written stays, whatever happens then.
    #expect(seen.map(\.text) == ["2", "2", "2"])
  }

  @Test("tells subscribers what the configuration asks for, and forgets those that went away")
  func subscribers() throws {
    var heard: [RedisMessage] = []
    server.onMessage = { heard.append($0) }
    do {
      let subscriber = server.subscribe(channels: [Array("news".utf8)], patterns: [Array("__keyspace@0__:a*".utf8)])
      #expect(server.execute(["PUBLISH", "news", "one"]) == .integer(1))
      server.execute(["SET", "a", "x"])
      server.execute(["CONFIG", "SET", "notify-keyspace-events", "K$"])
      server.execute(["SET", "a", "x", "EX", "10"])
      server.execute(["SET", "b", "x"])
      let told = subscriber.receive().map { "\(shown($0.channel)) \(shown($0.payload))" }
      #expect(told == ["news one", "__keyspace@0__:a set"])
      #expect(subscriber.receive() == [])
    }
    #expect(server.execute(["PUBLISH", "news", "two"]) == .integer(0))
    #expect(heard.count == 4)
  }

  @Test("finds by pages whatever is there all the while", arguments: 1...20)
  func scan(seed: Int) throws {
    let random = SeededRandom(UInt64(seed))
    server.scanLimit = 1 + random.below(5)
    let staying = Set((0..<40).map { Array("stays\($0)".utf8) })
    for key in staying { server.execute(RedisCommand("SET", bytes: [key, []])) }
    var found: Set<[UInt8]> = []
    var cursor = "0"
    var pages = 0
    repeat {
      let page = try #require(server.execute(RedisCommand("SCAN", cursor, "COUNT", "1000")).array)
      found.formUnion(page[1].array?.compactMap(\.bytes) ?? [])
      cursor = try #require(page[0].text)
      pages += 1
      server.execute(RedisCommand("SET", "passing\(random.below(30))", "x"))
      server.execute(RedisCommand("DEL", "passing\(random.below(30))"))
    } while cursor != "0" && pages < 200
    #expect(found.isSuperset(of: staying))
    #expect(pages > 8 && pages < 200)
  }

  @Test("is the same each time for the same commands and times")
  func deterministic() {
    func story() -> [String] {
      let clock = SetClock()
      let server = SimulatedRedis(clock: clock, random: SeededRandom(7))
      let generator = CommandGenerator(random: SeededRandom(7))
      var lines: [String] = []
      server.onWrite = { lines.append("\(shown($0)) \($1)") }
      for _ in 0..<3000 {
        clock.wallMilliseconds += Int64(generator.random.below(3_000_000))
        lines.append("\(server.execute(generator.next()))")
      }
      return lines + [server.snapshot().description, server.execute(["INFO"]).text ?? ""]
    }
    #expect(story() == story())
  }
}
