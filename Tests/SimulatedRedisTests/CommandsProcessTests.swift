import RedisTransport
import SimulatedRedis
import Support
import TestSupport
import Testing

/// The same commands on both servers, with what they answer, count and announce.
private final class Pair {
  let real: RedisServer
  let connection: RedisConnection
  let subscriber: RedisSubscriber
  let clock = MovedClock()
  let model: SimulatedRedis
  var announced: [RedisMessage] = []

  init() throws {
    real = try RedisServer()
    connection = try real.connect()
    subscriber = try RedisSubscriber(real.address, channels: [], patterns: [Array("*".utf8)])
    model = SimulatedRedis(clock: clock, random: SeededRandom(1))
    model.subscribers = 1
    model.onMessage = { [unowned self] in announced.append($0) }
    try onBoth(["CONFIG", "SET", "notify-keyspace-events", "KAn"])
  }

  func onBoth(_ command: RedisCommand) throws {
    try connection.run(command)
    _ = model.execute(command)
  }

  /// Lets time pass: on the real server every key's end is moved nearer instead.
  func advance(milliseconds: Int64) throws {
    try onBoth(["CONFIG", "SET", "notify-keyspace-events", ""])
    for key in try connection.run("KEYS", "*").array ?? [] {
      guard let name = key.bytes, let end = try connection.run(RedisCommand("PEXPIRETIME", bytes: [name])).integer,
        end > 0
      else { continue }
      try connection.run(RedisCommand([Array("PEXPIREAT".utf8), name, Array(String(end - milliseconds).utf8)]))
    }
    clock.offset += milliseconds
    model.expireDue()
    try onBoth(["CONFIG", "SET", "notify-keyspace-events", "KAn"])
  }

  func changes() throws -> (real: Int64, model: Int64) {
    func count(_ reply: RedisValue) -> Int64 {
      let line = reply.text?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("rdb_changes_since_last_save:") }
      return line.flatMap { Int64($0.split(separator: ":")[1]) } ?? -1
    }
    return (count(try connection.run("INFO", "persistence")), count(model.execute(["INFO", "persistence"])))
  }
}

@Suite("The simulated server", .timeLimit(.minutes(2)))
struct CommandsProcessTests {
  @Test("answers, counts and announces as redis-server does", arguments: 1...30 as ClosedRange<UInt64>)
  func commands(seed: UInt64) throws {
    let pair = try Pair()
    let generator = CommandGenerator(random: SeededRandom(seed))
    for batch in 0..<25 {
      if generator.random.below(3) == 0 {
        try pair.advance(milliseconds: Int64(generator.random.pick([1_000, 20_000])) * 1000)
      }
      let before = try pair.changes()
      pair.announced = []
      let commands = (0..<40).map { _ in generator.next() }
      let real = try pair.connection.run(commands)
      let model = commands.map { pair.model.execute($0) }
      for (position, command) in commands.enumerated() {
        let expected = comparable(real[position], of: command, offset: pair.clock.offset)
        let got = comparable(model[position], of: command, offset: 0)
        guard agree(expected, got, command) else {
          Issue.record(
            "batch \(batch), \(position): \(shown(command)): \(expected) on redis-server, \(got) on the model")
          return
        }
      }
      let after = try pair.changes()
      #expect(after.real - before.real == after.model - before.model, "changes counted in batch \(batch)")
      try pair.connection.run("PUBLISH", "k-end", "")
      var messages: [RedisMessage] = []
      while messages.last?.channel != Array("k-end".utf8) { messages += try pair.subscriber.receive(timeout: 10_000) }
      let heard = messages.dropLast().map(shown)
      let told = pair.announced.map(shown)
      #expect(heard == told, "announced in batch \(batch)")
      if heard != told { return }
    }
  }

  private func shown(_ command: RedisCommand) -> String {
    command.arguments.map { String(decoding: $0, as: UTF8.self) }.description
  }

  private func shown(_ message: RedisMessage) -> String {
    String(decoding: message.channel, as: UTF8.self) + " " + String(decoding: message.payload, as: UTF8.self)
  }

  /// A reply without what the server leaves open: the order of a set, an id that was made of the time.
  private func comparable(_ reply: RedisValue, of command: RedisCommand, offset: Int64) -> RedisValue {
    switch (command.name, reply) {
    case ("HGETALL", .array(let flat)):
      let pairs = stride(from: 0, to: flat.count, by: 2).map { RedisValue.array([flat[$0], flat[$0 + 1]]) }
      return .array(pairs.sorted { "\($0)" < "\($1)" })
    case ("HKEYS", .array(let list)), ("HVALS", .array(let list)), ("KEYS", .array(let list)),
      ("SMEMBERS", .array(let list)):
      return .array(list.sorted { "\($0)" < "\($1)" })
    case ("SCAN", .array(let page)):
      guard page.count == 2, let keys = page[1].array else { return reply }
      return .array([page[0], .array(keys.sorted { "\($0)" < "\($1)" })])
    case ("EXPIRETIME", .integer(let moment)) where moment > 0: return .integer(moment + offset / 1000)
    case ("PEXPIRETIME", .integer(let moment)) where moment > 0: return .integer(moment + offset)
    default: return withoutTimes(reply)
    }
  }

  private func withoutTimes(_ reply: RedisValue) -> RedisValue {
    switch reply {
    case .array(let elements): return .array(elements.map(withoutTimes))
    case .bulk(let bytes):
      // Ids that were made of the time have thirteen digits before the dash.
      let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
      return parts.count == 2 && parts[0].count == 13 ? .status("an id") : reply
    default: return reply
    }
  }

  private func agree(_ expected: RedisValue, _ got: RedisValue, _ command: RedisCommand) -> Bool {
    if expected == got { return true }
    guard case .integer(let left) = expected, case .integer(let right) = got else { return false }
    switch command.name {
    case "TTL", "EXPIRETIME": return abs(left - right) <= 5
    case "PTTL", "PEXPIRETIME": return abs(left - right) <= 5000
    default: return false
    }
  }
}
