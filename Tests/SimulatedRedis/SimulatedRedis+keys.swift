// What all commands use to reach keys.
extension SimulatedRedis {
  /// Where a key is; nil also when it has expired, which ends it here.
  func position(_ key: Bytes) -> Int? {
    let (position, found) = keyspace.find(key)
    guard found else { return nil }
    if let expiry = keyspace.values[position].expiry, expiry < now {
      // A replica waits for its master to say so.
      if !facts.isReplica { expire(at: position) }
      return nil
    }
    return position
  }

  private func expire(at position: Int) {
    let key = keyspace.keys[position]
    keyspace.remove(at: position)
    facts.expiredKeys += 1
    changed(key, .expired, "expired", by: 0)
  }

  /// Ends all keys whose time has come.
  func expireAll() {
    guard !facts.isReplica else { return }
    for key in keyspace.keys.indices.filter({ keyspace.values[$0].expiry.map { $0 < now } ?? false }).map({
      keyspace.keys[$0]
    }) {
      _ = position(key)
    }
  }

  /// The keys that are there, in order.
  var presentKeys: [Bytes] {
    expireAll()
    guard facts.isReplica else { return keyspace.keys }
    return zip(keyspace.keys, keyspace.values).filter { $0.1.expiry.map { $0 >= now } ?? true }.map(\.0)
  }

  func value(_ key: Bytes) -> StoredValue? { position(key).map { keyspace.values[$0].value } }

  func string(_ key: Bytes) throws(Refusal) -> Bytes? {
    switch value(key) {
    case .string(let bytes): return bytes
    case nil: return nil
    default: throw .wrongType
    }
  }

  func hash(_ key: Bytes) throws(Refusal) -> SortedMap<Bytes>? {
    switch value(key) {
    case .hash(let map): return map
    case nil: return nil
    default: throw .wrongType
    }
  }

  func list(_ key: Bytes) throws(Refusal) -> [Bytes]? {
    switch value(key) {
    case .list(let elements): return elements
    case nil: return nil
    default: throw .wrongType
    }
  }

  func set(_ key: Bytes) throws(Refusal) -> SortedMap<Bytes>? {
    switch value(key) {
    case .set(let members): return members
    case nil: return nil
    default: throw .wrongType
    }
  }

  func stream(_ key: Bytes) throws(Refusal) -> EntryStream? {
    switch value(key) {
    case .stream(let stream): return stream
    case nil: return nil
    default: throw .wrongType
    }
  }

  /// Replaces a key's value; it keeps its expiry, if any.
  func store(_ value: StoredValue, in key: Bytes) {
    let (position, found) = keyspace.find(key)
    if found {
      keyspace.values[position].value = value
    } else {
      keyspace.set(key, to: StoredEntry(value: value, expiry: nil))
      changed(key, .new, "new", by: 0)
    }
  }

  /// Takes a value out, to be changed in place and stored again: a second reference to it would copy all of it.
  func take(_ key: Bytes) -> StoredValue? {
    guard let position = position(key) else { return nil }
    let value = keyspace.values[position].value
    keyspace.values[position].value = .string([])
    return value
  }

  /// Removes a key; returns whether it was there.
  @discardableResult
  func remove(_ key: Bytes) -> Bool {
    guard let position = position(key) else { return false }
    keyspace.remove(at: position)
    return true
  }
}
