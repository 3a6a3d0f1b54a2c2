import RedisTransport
import Support

/// What a bank in Redis looks like from afar; to be compared with an earlier one.
public struct Glance: Hashable, Sendable {
  /// A digest of the head, the documents' names, lengths and moments of expiry.
  public let digest: String

  /// A glance taken before.
  public init(digest: String) { self.digest = digest }
}

extension Mirror {
  /// Looks whether anything may have changed, without reading the documents; about five times as fast as an inspection.
  ///
  /// Take it before an inspection, keep it when that finds nothing; as long as it stays the same, another inspection
  /// would find nothing either. What escapes it is a write of the same length that keeps the key's TTL (`SET … KEEPTTL`,
  /// `SETRANGE`): from time to time an inspection is due all the same.
  ///
  /// - Returns: nil when the server can't tell when keys expire (before Redis 7).
  /// - Throws: ``MirrorError``.
  public func glance() throws(MirrorError) -> Glance? {
    let replies = try run(
      [RedisCommand("HGETALL", bytes: [keys.head]), RedisCommand("HKEYS", bytes: [keys.index])], "glance")
    guard let fields = replies[0].fields else { return nil }
    let index = try accepted(replies[1], "glance", key: keys.index)
    let indexed = Set((index.array ?? []).compactMap { $0.bytes.map { keys.documentPrefix + $0 } })
    let names = indexed.union(try scan(keys.documentPrefix, "glance")).sorted { $0.lexicographicallyPrecedes($1) }
    var summary: [UInt8] = []
    for (name, value) in fields.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      summary += name + [0] + value + [0]
    }
    for name in names {
      summary += name
      // A document without an entry is another thing than an entry without a document.
      summary.append(indexed.contains(name) ? 0 : 1)
    }
    let carried = names.filter(carries)
    let requests = stride(from: 0, to: carried.count, by: 2000).map { start in
      (keys: Array(carried[start..<min(start + 2000, carried.count)]), arguments: [[UInt8]]())
    }
    do throws(RedisError) {
      for reply in try client.evaluate(GlanceScript.script, requests) {
        guard let digest = reply.bytes, !digest.isEmpty else { return nil }
        summary += digest
      }
    } catch {
      throw MirrorError(error, operation: "glance")
    }
    return Glance(digest: sha256(summary))
  }
}
