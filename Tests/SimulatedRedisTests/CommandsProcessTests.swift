import RedisTransport
import SimulatedRedis
import Support
import TestSupport
import Testing

@Suite("The simulated server", .timeLimit(.minutes(15)))
struct CommandsProcessTests {
  @Test("answers, counts and announces as redis-server does", arguments: seeds(usually: 20))
  func commands(seed: Int) throws {
    let pair = try ServerPair()
    let subscriber = try RedisSubscriber(pair.process.address, channels: [], patterns: [Array("*".utf8)])
    let listener = pair.model.subscribe(channels: [], patterns: [Array("*".utf8)])
    try pair.onBoth(["CONFIG", "SET", "notify-keyspace-events", "KAn"])
    let generator = CommandGenerator(random: SeededRandom(UInt64(seed)))
    for batch in 0..<25 {
      if generator.random.below(3) == 0 {
        try pair.advance(milliseconds: Int64(generator.random.pick([1_000, 20_000])) * 1000)
      }
      // Full, or read-only, for the length of a batch.
      let state = generator.random.below(12)
      if state == 0 { try pair.onBoth(["CONFIG", "SET", "maxmemory", "1"]) }
      if state == 1 { try pair.onBoth(["REPLICAOF", "127.0.0.1", "1"]) }
      defer {
        if state == 0 { try? pair.onBoth(["CONFIG", "SET", "maxmemory", "0"]) }
        if state == 1 { try? pair.onBoth(["REPLICAOF", "NO", "ONE"]) }
      }
      let before = try pair.changes()
      _ = listener.receive()
      let commands = (0..<40).map { _ in generator.next() }
      let real = try pair.real.run(commands)
      let model = commands.map { pair.model.execute($0) }
      for (position, command) in commands.enumerated() {
        let expected = comparable(real[position], of: command, offset: pair.clock.offset)
        let got = comparable(model[position], of: command)
        guard agree(expected, got, of: command) else {
          Issue.record("batch \(batch), \(position): \(shown(command)): \(expected) and \(got)")
          return
        }
      }
      let after = try pair.changes()
      #expect(after.real - before.real == after.model - before.model, "changes counted in batch \(batch)")
      try pair.real.run("PUBLISH", "end", "")
      var messages: [RedisMessage] = []
      while messages.last?.channel != Array("end".utf8) { messages += try subscriber.receive(timeout: 10_000) }
      try #require(messages.dropLast() == listener.receive()[...], "announced in batch \(batch)")
    }
    #expect(try pair.differences() == [])
  }
}
