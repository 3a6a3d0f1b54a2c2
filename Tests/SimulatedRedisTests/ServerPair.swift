import RedisTransport
import SimulatedRedis
import Support
import TestSupport

/// A redis-server and a simulated one, to be treated alike.
final class ServerPair {
  let process: RedisServer
  let real: RedisConnection
  let model: SimulatedRedis
  /// The simulated server's; the other has the machine's.
  let clock = MovedClock()

  init(model seed: UInt64 = 1) throws {
    process = try RedisServer()
    real = try process.connect()
    model = SimulatedRedis(clock: clock, random: SeededRandom(seed))
  }

  /// Carries out a command on both, whatever they answer.
  func onBoth(_ command: RedisCommand) throws {
    _ = try real.run([command])
    _ = model.execute(command)
  }

  /// Lets time pass: on the real server the end of every key comes nearer instead.
  func advance(milliseconds: Int64) throws {
    let notifications = try real.run("CONFIG", "GET", "notify-keyspace-events").array?.last?.text ?? ""
    try onBoth(["CONFIG", "SET", "notify-keyspace-events", ""])
    let names = try keys()
    let ends = try real.run(names.map { RedisCommand("PEXPIRETIME", bytes: [$0]) })
    _ = try real.run(
      zip(names, ends).compactMap { name, reply in
        guard let end = reply.integer, end > 0 else { return nil }
        return RedisCommand("PEXPIREAT", bytes: [name, Array(String(end - milliseconds).utf8)])
      })
    clock.offset += milliseconds
    model.expireDue()
    try onBoth(RedisCommand("CONFIG", "SET", "notify-keyspace-events", notifications))
  }

  /// The keys of the real server, in order.
  func keys() throws -> [[UInt8]] {
    (try real.run("KEYS", "*").array ?? []).compactMap(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// How many changes each has counted.
  func changes() throws -> (real: Int64, model: Int64) {
    func count(_ reply: RedisValue) -> Int64 {
      let line = reply.text?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("rdb_changes_since_last_save:") }
      return line.flatMap { Int64($0.split(separator: ":")[1]) } ?? -1
    }
    return (count(try real.run("INFO", "persistence")), count(model.execute(["INFO", "persistence"])))
  }

  /// What differs between the two, as sentences; TTLs may by some seconds.
  func differences() throws -> [String] {
    let names = try keys()
    if names != model.keys() { return ["keys \(names.map { shown($0) }) and \(model.keys().map { shown($0) })"] }
    let types = try real.run(names.map { RedisCommand("TYPE", bytes: [$0]) })
    let commands = zip(names, types).flatMap { Self.readers($1.text ?? "", $0) }
    return zip(commands, try real.run(commands)).compactMap { command, reply in
      let expected = comparable(reply, of: command)
      let got = comparable(model.execute(command), of: command)
      return agree(expected, got, of: command) ? nil : "\(shown(command)): \(expected) and \(got)"
    }
  }

  private static func readers(_ type: String, _ key: [UInt8]) -> [RedisCommand] {
    let read =
      switch type {
      case "string": RedisCommand("GET", bytes: [key])
      case "hash": RedisCommand("HGETALL", bytes: [key])
      case "list": RedisCommand("LRANGE", bytes: [key, Array("0".utf8), Array("-1".utf8)])
      case "set": RedisCommand("SMEMBERS", bytes: [key])
      default: RedisCommand("XRANGE", bytes: [key, Array("-".utf8), Array("+".utf8)])
      }
    return [read, RedisCommand("TYPE", bytes: [key]), RedisCommand("TTL", bytes: [key])]
  }
}

/// A reply without what the server leaves open: the order of a set, an id that was made of the time.
///
/// `offset` is how far the other clock is ahead.
func comparable(_ reply: RedisValue, of command: RedisCommand, offset: Int64 = 0) -> RedisValue {
  switch (command.name, reply) {
  case ("HGETALL", .array(let flat)):
    return sorted(stride(from: 0, to: flat.count, by: 2).map { .array([flat[$0], flat[$0 + 1]]) })
  case ("HKEYS", .array(let list)), ("HVALS", .array(let list)), ("KEYS", .array(let list)),
    ("SMEMBERS", .array(let list)):
    return sorted(list)
  case ("SCAN", .array(let page)):
    return .array(page.map { $0.array.map(sorted) ?? $0 })
  case ("EXPIRETIME", .integer(let moment)) where moment > 0: return .integer(moment + offset / 1000)
  case ("PEXPIRETIME", .integer(let moment)) where moment > 0: return .integer(moment + offset)
  default: return withoutTimes(reply)
  }
}

private func sorted(_ list: [RedisValue]) -> RedisValue { .array(list.sorted { "\($0)" < "\($1)" }) }

private func withoutTimes(_ reply: RedisValue) -> RedisValue {
  switch reply {
  case .array(let elements): return .array(elements.map(withoutTimes))
  case .bulk(let bytes):
    // Milliseconds since 1970 have thirteen digits.
    let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0].count == 13 ? .status("an id") : reply
  default: return reply
  }
}

/// Whether two replies are the same, up to the time that passed between them.
func agree(_ expected: RedisValue, _ got: RedisValue, of command: RedisCommand) -> Bool {
  if expected == got { return true }
  guard case .integer(let left) = expected, case .integer(let right) = got, left > 0, right > 0 else { return false }
  switch command.name {
  case "TTL", "EXPIRETIME": return abs(left - right) <= 5
  case "PTTL", "PEXPIRETIME": return abs(left - right) <= 5000
  default: return false
  }
}

func shown(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
func shown(_ command: RedisCommand) -> String { command.arguments.map { shown($0) }.description }
