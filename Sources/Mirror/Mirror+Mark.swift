import RedisTransport
import Support

/// A server's own account of what was changed in it.
///
/// As long as it is the same, nothing in that server was: no key was written, expired or evicted.
public struct ServerMark: Hashable, Sendable {
  /// The account as text, to be kept from one run to the next.
  public let text: String

  /// A mark that was kept.
  public init(text: String) { self.text = text }

  /// What an answer to `INFO` says; nil when it does not say enough.
  ///
  /// Redis counts every write in `rdb_changes_since_last_save`: that is how it knows what to pass on to replicas.
  /// Saving counts it down, which shows in the time of the save; a save within the last seconds could hide in it.
  init?(info: String) {
    var facts: [Substring: Substring] = [:]
    for line in info.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      facts[line[..<colon]] = line[line.index(after: colon)...]
    }
    // Servers that only speak like Redis may count otherwise.
    guard facts["redis_mode"] != nil, facts["dragonfly_version"] == nil, facts["role"] == "master",
      facts["loading"] == "0", let now = facts["server_time_usec"].flatMap({ Int64($0) }),
      let saved = facts["rdb_last_save_time"].flatMap({ Int64($0) }), now / 1_000_000 - 2 > saved
    else { return nil }
    var parts: [Substring] = []
    for name in [
      "run_id", "master_replid", "rdb_changes_since_last_save", "rdb_last_save_time", "expired_keys", "evicted_keys",
    ] {
      guard let value = facts[Substring(name)] else { return nil }
      parts.append(value)
    }
    text = parts.joined(separator: " ")
  }
}

extension Mirror {
  /// The server's mark; nil where it tells too little of itself.
  ///
  /// - Throws: ``MirrorError`` when it can't be reached.
  public func mark() throws(MirrorError) -> ServerMark? {
    let replies = try run(
      [RedisCommand("EXISTS", bytes: [keys.head])] + Self.markSections.map { RedisCommand("INFO", $0) }, "mark")
    return ServerMark(info: replies.dropFirst().map { $0.text ?? "" }.joined(separator: "\n"))
  }

  static let markSections = ["server", "persistence", "stats", "replication"]
}
