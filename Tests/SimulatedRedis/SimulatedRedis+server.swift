import RedisTransport

// Commands about the server, and the scan.
extension SimulatedRedis {
  /// A page of keys.
  ///
  /// As on the real server the order looks like chance, and a key that is there all the while comes in some page. The
  /// cursor is the digest of the first key of the next page, so nothing has to be remembered.
  func scan(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    guard let cursor = UInt64(text(words[1])) else { throw Refusal("ERR invalid cursor") }
    var pattern: Bytes?
    var count = Int64(10)
    var type: String?
    for position in stride(from: 2, to: words.count, by: 2) {
      guard position + 1 < words.count else { throw .syntax }
      if isWord(words[position], "MATCH") {
        pattern = words[position + 1]
      } else if isWord(words[position], "COUNT") {
        count = try wholeNumber(words[position + 1])
        guard count > 0 else { throw .syntax }
      } else if isWord(words[position], "TYPE") {
        type = text(words[position + 1]).lowercased()
      } else {
        throw .syntax
      }
    }
    var waiting = presentKeys.map { (digest: Self.digest($0), key: $0) }.filter { $0.digest >= cursor }
    waiting.sort { $0.digest == $1.digest ? compare($0.key, $1.key) < 0 : $0.digest < $1.digest }
    var end = min(waiting.count, Int(clamping: count), max(scanLimit, 1))
    // Keys with the same digest stay together: the next page begins after them.
    while end > 0, end < waiting.count, waiting[end].digest == waiting[end - 1].digest { end += 1 }
    let next = end < waiting.count ? waiting[end].digest : 0
    let found = waiting[..<end].map(\.key).filter { key in
      (pattern.map { matches(key[...], pattern: $0[...]) } ?? true) && (type.map { value(key)?.typeName == $0 } ?? true)
    }
    return .array([.bulk(bytes(String(next))), .bulks(found)])
  }

  // FNV-1a; 0 is the cursor that begins and ends a scan.
  private static func digest(_ key: Bytes) -> UInt64 {
    max(1, key.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
  }

  func configure(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    if isWord(words[1], "GET"), words.count > 2 {
      let patterns = words.dropFirst(2).map { bytes(text($0).lowercased()) }
      var flat: [Bytes] = []
      for (name, value) in zip(configuration.values.keys, configuration.values.values)
      where patterns.contains(where: { matches(name[...], pattern: $0[...]) }) {
        flat += [name, value]
      }
      return .bulks(flat)
    }
    if isWord(words[1], "SET"), words.count > 3, words.count.isMultiple(of: 2) {
      // All of it or nothing.
      var changed = configuration
      for index in stride(from: 2, to: words.count, by: 2) { try changed.set(words[index], to: words[index + 1]) }
      configuration = changed
      return .status("OK")
    }
    if isWord(words[1], "RESETSTAT") {
      facts.expiredKeys = 0
      facts.evictedKeys = 0
      return .status("OK")
    }
    throw Refusal("ERR unknown subcommand '\(text(words[1]))'. Try CONFIG HELP.")
  }

  /// `INFO`: all sections, or those named.
  func information(_ names: [String]) -> String {
    let wanted = Set(names.map { $0.lowercased() })
    let everything = wanted.isEmpty || !wanted.isDisjoint(with: ["all", "everything", "default"])
    return ["Server", "Memory", "Persistence", "Stats", "Replication", "Keyspace"]
      .filter { everything || wanted.contains($0.lowercased()) }
      .map { name in "# \(name)\r\n" + section(name).map { "\($0.0):\($0.1)\r\n" }.joined() }
      .joined(separator: "\r\n")
  }

  private func section(_ name: String) -> [(String, String)] {
    switch name {
    case "Server":
      [
        ("redis_version", Self.version), ("redis_mode", "standalone"), ("run_id", facts.runID),
        ("server_time_usec", String(now * 1000)), ("uptime_in_seconds", String((now - facts.startedAt) / 1000)),
      ]
    case "Memory":
      [
        ("used_memory", String(usedMemory)), ("maxmemory", String(configuration.maximumMemory)),
        ("maxmemory_policy", text(configuration.values[bytes("maxmemory-policy")] ?? [])),
      ]
    case "Persistence":
      [
        ("loading", "0"), ("rdb_changes_since_last_save", String(facts.dirty)),
        ("rdb_last_save_time", String(facts.savedAt / 1000)),
      ]
    case "Stats": [("expired_keys", String(facts.expiredKeys)), ("evicted_keys", String(facts.evictedKeys))]
    case "Replication": [("role", facts.isReplica ? "slave" : "master"), ("master_replid", facts.replicationID)]
    default: keyspace.isEmpty ? [] : [("db0", "keys=\(keyspace.count)")]
    }
  }

  static let version = "7.0.15"
}
