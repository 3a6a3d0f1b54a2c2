import Glibc
import Support

/// What the daemon of a small bank needs when nothing happens.
enum IdleBenchmark {
  static func run(_ workshop: Workshop) throws -> [Row] {
    let bank = try SmallBank(workshop)
    return try rows(bank.daemon, workshop, documents: SmallBank.count, mostMemory: 40)
  }

  /// Memory and wake-ups of a daemon that is left alone.
  static func rows(_ daemon: Daemon, _ workshop: Workshop, documents: Int, mostMemory: Double) throws -> [Row] {
    // Until what the start left to do (making durable, renewing) is done.
    sleep(4)
    let seconds = workshop.options.quick ? 2 : 10
    let before = try daemon.measure()
    sleep(UInt32(seconds))
    let after = try daemon.measure()
    let perMinute = 60 / Double(seconds)
    return [
      Row("idle daemon, \(documents) documents: RSS", after.memory, "MiB", atMost: mostMemory),
      Row(
        "idle daemon, \(documents) documents: wake-ups", Double(after.wakeUps - before.wakeUps) * perMinute, "/min",
        atMost: 10),
      Row(
        "idle daemon, \(documents) documents: CPU", Double(after.cpu - before.cpu) / 1_000_000 * perMinute * 60 / 1000,
        "s/h", atMost: 0.1),
    ]
  }
}
