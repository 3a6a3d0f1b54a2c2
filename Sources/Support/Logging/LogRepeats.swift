/// Lets the first messages of a kind through and counts the rest.
struct LogRepeats {
  /// Messages of one key that pass within one window.
  static let burst = 5
  /// Nanoseconds from the first of them until the next may pass.
  static let window: Int64 = 60_000_000_000
  /// Keys that are remembered at most.
  static let limit = 512

  private struct Record {
    var since: Int64
    var passed = 0
    var held = 0
    var level: LogLevel
    var sample: String
  }

  /// What was held back of one kind of message.
  struct Summary {
    let level: LogLevel
    let text: String
  }

  private var records: [String: Record] = [:]

  /// Whether a message may pass now.
  mutating func admits(_ key: String, _ level: LogLevel, _ message: String, at now: Int64) -> Bool {
    var record = records[key] ?? Record(since: now, level: level, sample: message)
    defer { records[key] = record }
    record.level = min(record.level, level)
    guard record.passed < Self.burst else {
      record.held += 1
      record.sample = message
      return false
    }
    record.passed += 1
    return true
  }

  /// Takes the counts of windows that are over (`all`: of every window), the oldest first.
  mutating func summaries(at now: Int64, all: Bool) -> [Summary] {
    let crowded = records.count > Self.limit
    let over = records.filter { all || crowded || now - $0.value.since >= Self.window }
    for key in over.keys { records[key] = nil }
    return over.values.filter { $0.held > 0 }.sorted { $0.since < $1.since }.map { record in
      Summary(level: record.level, text: "\(record.sample) (\(record.held) more like this)")
    }
  }
}
