import RedisTransport
import Support

/// Sleeps until a key of a server is written, and reads it then.
final class KeyWatch {
  private let subscriber: RedisSubscriber
  private let connection: RedisConnection

  init(_ server: Server) throws {
    connection = try server.connect()
    subscriber = try RedisSubscriber(
      server.address, channels: [], patterns: [Array("__keyspace@0__:\(Replica.documents)*".utf8)])
  }

  func value(_ path: String) throws -> [UInt8]? {
    try connection.run(RedisCommand("GET", Replica.documents + path)).bytes
  }

  /// Waits until the document is `text`.
  ///
  /// - Returns: When a client had read it, in monotonic nanoseconds.
  func wait(for path: String, _ text: [UInt8], seconds: Int64 = 10) throws -> Int64 {
    let clock = SystemClock()
    let end = clock.monotonicNanoseconds + seconds * 1_000_000_000
    while clock.monotonicNanoseconds < end {
      let messages = try subscriber.receive(timeout: 1_000)
      let channel = Array("__keyspace@0__:\(Replica.documents)\(path)".utf8)
      guard messages.contains(where: { $0.channel == channel }) || messages.isEmpty else { continue }
      if try value(path) == text { return clock.monotonicNanoseconds }
    }
    throw BenchmarkError("\(path) was not mirrored")
  }

  /// Waits until every document is as wanted.
  func waitForAll(_ wanted: [String: [UInt8]], seconds: Int64 = 60) throws -> Int64 {
    let clock = SystemClock()
    let end = clock.monotonicNanoseconds + seconds * 1_000_000_000
    var open = wanted
    let prefix = "__keyspace@0__:\(Replica.documents)".utf8.count
    while !open.isEmpty, clock.monotonicNanoseconds < end {
      let messages = try subscriber.receive(timeout: 200)
      var paths = Set(messages.map { String(decoding: $0.channel.dropFirst(prefix), as: UTF8.self) })
      if messages.isEmpty { paths = Set(open.keys) }
      for path in paths {
        if let text = open[path], try value(path) == text { open[path] = nil }
      }
    }
    guard open.isEmpty else { throw BenchmarkError("\(open.count) documents were not mirrored") }
    return clock.monotonicNanoseconds
  }

  /// Forgets what was said so far.
  func drain() throws { while try !subscriber.receive(timeout: 0).isEmpty {} }
}
