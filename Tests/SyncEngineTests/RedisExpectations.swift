import RedisTransport
import Testing

extension RedisClient {
  /// Carries out a command that a table holds.
  func run(words: [String]) throws -> RedisValue { try run(RedisCommand(words.map { Array($0.utf8) })) }

  /// A string key's text, nil when there is none.
  func text(_ key: String) throws -> String? {
    guard case .bulk(let bytes) = try run("GET", key) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The keys that match.
  func keys(_ pattern: String) throws -> [String] {
    guard case .array(let keys) = try run("KEYS", pattern) else { return [] }
    return keys.compactMap { if case .bulk(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil } }
  }

  /// Fails the test for each key without a TTL.
  func expectEveryKeyHasTTL(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let keys = try keys("*")
    #expect(!keys.isEmpty, sourceLocation: sourceLocation)
    for key in keys {
      guard case .integer(let seconds) = try run("TTL", key) else { continue }
      #expect(seconds > 0, "\(key) has no TTL", sourceLocation: sourceLocation)
    }
  }
}
