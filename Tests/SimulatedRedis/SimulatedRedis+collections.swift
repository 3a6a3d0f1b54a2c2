import RedisTransport

// Commands on hashes, lists and sets.
extension SimulatedRedis {
  func hset(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    guard words.count.isMultiple(of: 2) else { throw .arity(text(words[0]).lowercased()) }
    _ = try hash(words[1])
    var map = SortedMap<Bytes>()
    if case .hash(let old) = take(words[1]) { map = old }
    var added: Int64 = 0
    for index in stride(from: 2, to: words.count, by: 2) where map.set(words[index], to: words[index + 1]) {
      added += 1
    }
    store(.hash(map), in: words[1])
    changed(words[1], .hash, "hset", by: (words.count - 2) / 2)
    return .integer(added)
  }

  func hgetall(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    guard let map = try hash(words[1]) else { return .array([]) }
    var flat: [RedisValue] = []
    flat.reserveCapacity(map.count * 2)
    for (name, value) in zip(map.keys, map.values) {
      flat.append(.bulk(name))
      flat.append(.bulk(value))
    }
    return .array(flat)
  }

  func hdel(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    guard try hash(words[1]) != nil, case .hash(var map) = take(words[1]) else { return .integer(0) }
    let removed = words.dropFirst(2).count { map.remove($0) != nil }
    finish(.hash(map), isEmpty: map.isEmpty, words[1], .hash, "hdel", removed)
    return .integer(Int64(removed))
  }

  func push(_ words: [Bytes], atFront: Bool) throws(Refusal) -> RedisValue {
    var elements = try list(words[1]) ?? []
    for element in words.dropFirst(2) {
      if atFront { elements.insert(element, at: 0) } else { elements.append(element) }
    }
    store(.list(elements), in: words[1])
    changed(words[1], .list, atFront ? "lpush" : "rpush", by: words.count - 2)
    return .integer(Int64(elements.count))
  }

  func lrange(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    let first = try wholeNumber(words[2])
    let last = try wholeNumber(words[3])
    let elements = try list(words[1]) ?? []
    return inclusiveRange(first, last, of: elements.count).map { .bulks(Array(elements[$0])) } ?? .array([])
  }

  func sadd(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    var members = try set(words[1]) ?? SortedMap()
    let added = words.dropFirst(2).count { members.set($0, to: []) }
    if added > 0 {
      store(.set(members), in: words[1])
      changed(words[1], .set, "sadd", by: added)
    }
    return .integer(Int64(added))
  }

  func srem(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    guard var members = try set(words[1]) else { return .integer(0) }
    let removed = words.dropFirst(2).count { members.remove($0) != nil }
    finish(.set(members), isEmpty: members.isEmpty, words[1], .set, "srem", removed)
    return .integer(Int64(removed))
  }

  /// Puts a value back from which something may have been removed; an empty one ends its key.
  private func finish(
    _ value: StoredValue, isEmpty: Bool, _ key: Bytes, _ kind: EventKind, _ event: String, _ removed: Int
  ) {
    store(value, in: key)
    if removed > 0 { changed(key, kind, event, by: removed) }
    if isEmpty {
      remove(key)
      changed(key, .generic, "del", by: 0)
    }
  }
}
