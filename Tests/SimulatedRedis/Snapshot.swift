import Support

extension SimulatedRedis {
  /// All data of a server at one moment.
  public struct Snapshot: Equatable, Sendable, CustomStringConvertible {
    let keyspace: SortedMap<StoredEntry>

    /// The keys, in order.
    public var keys: [[UInt8]] { keyspace.keys }

    /// A line for each key: name, type, moment of expiry, value.
    public var description: String {
      zip(keyspace.keys, keyspace.values).map { key, entry in
        "\(printable(key)) \(entry.value.typeName) \(entry.expiry.map(String.init) ?? "-") \(entry.value)"
      }.joined(separator: "\n")
    }
  }

  /// All data, keys included that have expired and that nobody has noticed.
  public func snapshot() -> Snapshot { Snapshot(keyspace: keyspace) }

  /// Starts again with this data, as from a file that was saved then.
  public func restore(_ snapshot: Snapshot) {
    keyspace = snapshot.keyspace
    restart()
  }

  /// Starts again with the data that is there: scripts are forgotten, and the run has another id.
  public func restart() {
    now = clock.wallMilliseconds
    facts = ServerFactsheet(random: random, now: now)
    knownScripts = []
  }

  /// Removes everything, as `FLUSHALL` does: nobody is told.
  public func flush() {
    facts.dirty += keyspace.count
    keyspace = SortedMap()
  }

  /// Ends every key whose time has come, as the server's background work does sooner or later.
  public func expireDue() {
    now = clock.wallMilliseconds
    expireAll()
    deliver()
  }

  /// Removes a key for lack of memory.
  ///
  /// - Returns: Whether it was there.
  @discardableResult
  public func evict(_ key: [UInt8]) -> Bool {
    now = clock.wallMilliseconds
    defer { deliver() }
    guard remove(key) else { return false }
    facts.evictedKeys += 1
    changed(key, .evicted, "evicted", by: 0)
    return true
  }

  /// The keys that are there and begin so, in order; nothing expires by looking.
  public func keys(withPrefix prefix: [UInt8] = []) -> [[UInt8]] {
    let present = clock.wallMilliseconds
    let start = keyspace.find(prefix).position
    var result: [Bytes] = []
    for position in start..<keyspace.count {
      guard keyspace.keys[position].starts(with: prefix) else { break }
      if let expiry = keyspace.values[position].expiry, expiry < present { continue }
      result.append(keyspace.keys[position])
    }
    return result
  }

  /// When a key ends, in milliseconds since 1970; nil for a key that isn't there or has no end.
  public func expiry(of key: [UInt8]) -> Int64? { keyspace[key]?.expiry }
}

extension StoredValue: CustomStringConvertible {
  var description: String {
    func words(_ list: [Bytes]) -> String { list.map { "\"\(printable($0))\"" }.joined(separator: " ") }
    switch self {
    case .string(let value): return words([value])
    case .hash(let map): return words(zip(map.keys, map.values).flatMap { [$0.0, $0.1] })
    case .list(let elements): return words(elements)
    case .set(let members): return words(members.keys)
    case .stream(let stream):
      let entries = stream.entries.map { "\(printable($0.id.text)) \(words($0.fields))" }
      return "[\(entries.joined(separator: ", "))] last \(printable(stream.last.text))"
    }
  }
}

/// Bytes as printable ASCII.
func printable(_ bytes: Bytes) -> String {
  var result = ""
  for byte in bytes {
    if (0x20..<0x7f).contains(byte), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      result.unicodeScalars.append(Unicode.Scalar(byte))
    } else {
      let digits = String(byte, radix: 16)
      result += "\\x" + (digits.count < 2 ? "0" : "") + digits
    }
  }
  return result
}
