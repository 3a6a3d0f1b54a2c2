import RedisTransport
public import Support

extension Mirror {
  /// Replaces a replica's sign of life, which ends by itself when nothing follows.
  ///
  /// - Parameters:
  ///   - id: The replica.
  ///   - fields: What it says: host, version, the last commit it saw.
  /// - Throws: ``MirrorError``.
  public func heartbeat(replica id: String, fields: [(String, String)]) throws(MirrorError) {
    let values = (fields.isEmpty ? [("at", String(clock.wallMilliseconds))] : fields).flatMap {
      [argument($0.0), argument($0.1)]
    }
    // Both end soon where nothing follows: one script sees to both where each command is billed.
    let also = limits.billsCommands ? [keys.cacheIndex] : []
    do throws(RedisError) {
      _ = try client.evaluate(
        RenewScript.heartbeat, keys: [keys.replica(id)] + also,
        arguments: [argument(ttl.presence), argument(ttl.cache)] + values)
    } catch {
      throw MirrorError(error, operation: "heartbeat")
    }
  }

  /// The same, for whoever knows the server's mark: what it was when the sign of life was written, and is now.
  ///
  /// - Parameters:
  ///   - id: The replica.
  ///   - fields: What it says.
  /// - Returns: The marks before and after; nil where the server tells too little of itself.
  /// - Throws: ``MirrorError``.
  public func markedHeartbeat(
    replica id: String, fields: [(String, String)]
  ) throws(MirrorError) -> (before: ServerMark, after: ServerMark)? {
    let values = fields.flatMap { [argument($0.0), argument($0.1)] }
    let reply: RedisValue
    do throws(RedisError) {
      reply = try client.evaluate(
        RenewScript.markedHeartbeat, keys: [keys.replica(id)], arguments: [argument(ttl.presence)] + values)
    } catch {
      throw MirrorError(error, operation: "heartbeat")
    }
    guard let texts = reply.array, texts.count == 2, let before = texts[0].text, let after = texts[1].text else {
      throw unexpected("heartbeat")
    }
    guard let before = ServerMark(info: before), let after = ServerMark(info: after) else { return nil }
    return (before, after)
  }

  /// The replicas that gave a sign of life lately, with what they said, in order of their ids.
  ///
  /// - Throws: ``MirrorError``.
  public func replicas() throws(MirrorError) -> [(id: String, fields: [String: String])] {
    _ = try run([RedisCommand("EXISTS", bytes: [keys.head])], "replicas")
    let prefix = keys.replica("")
    let names = Set(try scan(prefix, "replicas")).sorted {
      $0.lexicographicallyPrecedes($1)
    }
    guard !names.isEmpty else { return [] }
    let replies = try run(names.map { RedisCommand("HGETALL", bytes: [$0]) }, "replicas")
    return zip(names, replies).compactMap { name, reply in
      guard let fields = reply.fields, !fields.isEmpty else { return nil }
      let texts = fields.map { (String(decoding: $0.key, as: UTF8.self), String(decoding: $0.value, as: UTF8.self)) }
      return (escaped(Array(name[prefix.count...])), Dictionary(texts) { first, _ in first })
    }
  }

  /// Keeps versions of documents under their own keys for the TTL of snapshots.
  ///
  /// - Throws: ``MirrorError``.
  public func snapshot(_ documents: [(path: BankPath, bytes: [UInt8], at: Int64)]) throws(MirrorError) {
    let commands = documents.map { document in
      RedisCommand([
        argument("SET"), keys.snapshot(document.path, milliseconds: document.at), StoredForm.encode(document.bytes),
        argument("EX"), argument(ttl.snapshot),
      ])
    }
    for reply in try run(commands, "snapshot") { _ = try accepted(reply, "snapshot") }
  }

  /// Moves a key of another type than it should have out of the way, to `P:displaced:…`, where it ends after the TTL of
  /// snapshots; what a publication complained of as ``MirrorError/Kind/wrongType``.
  ///
  /// - Parameter name: The key as the error names it: the head, the index, the changes or a document's.
  /// - Returns: Whether something was moved; false also for a key that this program doesn't keep.
  /// - Throws: ``MirrorError``.
  public func displace(_ name: String) throws(MirrorError) -> Bool {
    let key = Array(name.utf8)
    let type: String
    switch key {
    case keys.head, keys.index: type = "hash"
    case keys.changes: type = "stream"
    case _ where keys.path(ofDocumentKey: key) != nil: type = "string"
    default: return false
    }
    let start = "\(keys.root):"
    let target = "\(start)displaced:\(clock.wallMilliseconds):\(random.hex(8)):\(name.dropFirst(start.count))"
    do throws(RedisError) {
      let moved = try client.evaluate(
        RenewScript.displace, keys: [key, argument(target)], arguments: [argument(type), argument(ttl.snapshot)])
      return moved.integer == 1
    } catch {
      throw MirrorError(error, operation: "displace")
    }
  }
}
