import RedisTransport
public import Support

/// How an exchange of packs in the head's list went; in all cases but the first nothing was changed.
public enum SwapOutcome: Hashable, Sendable {
  /// The head lists the new packs instead of the old ones.
  case swapped(MirrorHead)
  /// The head is another one by now, or lists not all of the old packs.
  case headMoved(HeadReading)
  /// These new packs are not there.
  case missingPacks([String])
}

extension Mirror {
  /// Fetches packs.
  ///
  /// - Returns: Those that are there and whose bytes have that id; a damaged one counts as missing.
  /// - Throws: ``MirrorError``.
  public func packs(_ ids: [String]) throws(MirrorError) -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    // One at a time: a pack may be as large as a reply may get.
    for id in ids where isPackID(id) {
      let reply = try run([RedisCommand("GET", bytes: [keys.pack(id)])], "packs")[0]
      if reply.error?.hasPrefix("WRONGTYPE") == true { continue }
      if let text = reply.error, RedisError(reply: text, operation: "GET", operand: "").kind == .tooLarge {
        // Hosted servers bound a reply, and may count it as it is on the wire.
        if let bytes = try packInWindows(id), packID(bytes) == id { result[id] = bytes }
      } else if let bytes = try accepted(reply, "packs").bytes, packID(bytes) == id {
        result[id] = bytes
      }
    }
    return result
  }

  private func packInWindows(_ id: String) throws(MirrorError) -> [UInt8]? {
    var bytes: [UInt8] = []
    while true {
      let window = RedisCommand([
        argument("GETRANGE"), keys.pack(id), argument(bytes.count), argument(bytes.count + limits.chunkBytes - 1),
      ])
      guard let part = try accepted(try run([window], "packs")[0], "packs", key: keys.pack(id)).bytes else {
        return nil
      }
      bytes += part
      if part.count < limits.chunkBytes { return bytes }
    }
  }

  /// How large packs are, in bytes; those that are not there are left out.
  ///
  /// - Throws: ``MirrorError``.
  public func packSizes(_ ids: [String]) throws(MirrorError) -> [String: Int] {
    guard !ids.isEmpty else { return [:] }
    var sizes: [String: Int] = [:]
    for (id, reply) in zip(ids, try run(ids.map { RedisCommand("STRLEN", bytes: [keys.pack($0)]) }, "packSizes")) {
      if let length = reply.integer, length > 0 { sizes[id] = Int(length) }
    }
    return sizes
  }

  /// Which packs are not there; their bytes are not checked.
  ///
  /// - Throws: ``MirrorError``.
  public func missingPacks(_ ids: [String]) throws(MirrorError) -> [String] {
    guard !ids.isEmpty else { return [] }
    // Where each command is billed, one asks for all.
    if limits.billsCommands {
      let present = try run([RedisCommand("EXISTS", bytes: ids.map { keys.pack($0) })], "missingPacks")[0]
      if try accepted(present, "missingPacks").integer == Int64(ids.count) { return [] }
    }
    let replies = try run(ids.map { RedisCommand("STRLEN", bytes: [keys.pack($0)]) }, "missingPacks")
    var missing: [String] = []
    for (id, reply) in zip(ids, replies) {
      // A key of another type is as good as none: uploading replaces it.
      let mistyped = reply.error?.hasPrefix("WRONGTYPE") == true
      let length = mistyped ? 0 : try accepted(reply, "missingPacks").integer
      if length ?? 0 == 0 { missing.append(id) }
    }
    return missing
  }

  /// Stores packs; those that no head lists yet end after an hour (``MirrorLimits/unlistedPackSeconds``).
  ///
  /// - Throws: ``MirrorError``.
  public func upload(_ packs: [(id: String, bytes: [UInt8])]) throws(MirrorError) {
    var rest = packs[...]
    while !rest.isEmpty {
      var part: [(id: String, bytes: [UInt8])] = []
      var size = 0
      while let next = rest.first, part.isEmpty || size + next.bytes.count <= limits.uploadBytes, part.count < 100 {
        part.append(next)
        size += next.bytes.count
        rest = rest.dropFirst()
      }
      _ = try evaluate(
        PackScripts.keep, keys: [keys.head] + part.map { keys.pack($0.id) },
        arguments: [argument(ttl.pack)] + part.map { argument($0.id) },
        after: part.map { uploadCommand($0, seconds: limits.unlistedPackSeconds) }, "upload")
      Failpoint.publishUploaded.pass()
    }
  }

  /// Replaces packs of the head's list by others that hold the same objects; the old ones stay ten minutes
  /// (``MirrorLimits/retiredPackSeconds``) for whoever is fetching them.
  ///
  /// Packs that are not named are not touched.
  ///
  /// - Parameters:
  ///   - expected: The commit that the head must have.
  ///   - from: The old packs; all must be listed.
  ///   - to: The new ones, already uploaded; they take the place of the first old one in the list.
  /// - Returns: The new head, or why nothing was changed.
  /// - Throws: ``MirrorError``.
  public func swapPacks(expected: ObjectID, from: [String], to: [String]) throws(MirrorError) -> SwapOutcome {
    let numbers = [
      argument(to.count), argument(from.count), argument(ttl.pack), argument(limits.retiredPackSeconds),
      argument(ttl.head),
    ]
    let (word, rest) = try evaluate(
      PackScripts.swap, keys: [keys.head] + (to + from).map { keys.pack($0) },
      arguments: [argument(expected.description)] + numbers + (to + from).map { argument($0) }, "swapPacks")
    switch word {
    case "moved": return .headMoved(try reading(rest, "swapPacks"))
    case "packs":
      return .missingPacks(rest.compactMap { $0.integer.map(Int.init) }.filter(to.indices.contains).map { to[$0] })
    case "swapped":
      guard let head = try reading(rest, "swapPacks").head else { throw unexpected("swapPacks") }
      return .swapped(head)
    default: throw unexpected("swapPacks")
    }
  }

  /// Lets packs end soon that the head doesn't list any more.
  func retire(_ ids: [String]) throws(MirrorError) {
    guard !ids.isEmpty else { return }
    _ = try evaluate(
      PackScripts.retire, keys: [keys.head] + ids.map { keys.pack($0) },
      arguments: [argument(limits.retiredPackSeconds)] + ids.map { argument($0) }, "publish")
  }

  func uploadCommand(_ pack: (id: String, bytes: [UInt8]), seconds: Int64) -> RedisCommand {
    RedisCommand([argument("SET"), keys.pack(pack.id), pack.bytes, argument("EX"), argument(seconds)])
  }
}
