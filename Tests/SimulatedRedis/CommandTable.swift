import RedisTransport

/// What a command is called, takes and does.
struct CommandSpecification: Sendable {
  /// What the server has to know before it runs one.
  struct Flags: OptionSet, Sendable {
    let rawValue: Int
    /// Refused by a read-only server.
    static let writes = Flags(rawValue: 1)
    /// Refused by a full server.
    static let enlarges = Flags(rawValue: 2)
    /// Not for scripts.
    static let notInScripts = Flags(rawValue: 4)
  }

  /// In lower case.
  let name: String
  /// The number of words; the least, when it is negative.
  let arity: Int
  let flags: Flags
  let run: @Sendable (SimulatedRedis, [Bytes]) throws(Refusal) -> RedisValue

  init(
    _ name: String, _ arity: Int, _ flags: Flags = [],
    _ run: @escaping @Sendable (SimulatedRedis, [Bytes]) throws(Refusal) -> RedisValue
  ) {
    self.name = name
    self.arity = arity
    self.flags = flags
    self.run = run
  }

  func accepts(_ count: Int) -> Bool { arity >= 0 ? count == arity : count >= -arity }
}

/// The commands that the model knows: what the mirror and its scripts send, and what foreign writers and tests do.
enum CommandTable {
  static func command(_ name: Bytes) -> CommandSpecification? { all[upperCase(name)] }

  private static func upperCase(_ name: Bytes) -> Bytes {
    name.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) ? $0 - 32 : $0 }
  }

  private static let all: [Bytes: CommandSpecification] = {
    let commands = strings + keys + hashes + collections + streams + server
    return Dictionary(uniqueKeysWithValues: commands.map { (upperCase(bytes($0.name)), $0) })
  }()

  private static let strings: [CommandSpecification] = [
    .init("get", 2) { server, words throws(Refusal) in try server.get(words) },
    .init("set", -3, [.writes, .enlarges]) { server, words throws(Refusal) in try server.set(words) },
    .init("setnx", 3, [.writes, .enlarges]) { server, words throws(Refusal) in
      try server.set([words[0], words[1], words[2], bytes("NX")]).isNull ? .integer(0) : .integer(1)
    },
    .init("setex", 4, [.writes, .enlarges]) { server, words throws(Refusal) in
      try server.set([words[0], words[1], words[3], bytes("EX"), words[2]])
    },
    .init("psetex", 4, [.writes, .enlarges]) { server, words throws(Refusal) in
      try server.set([words[0], words[1], words[3], bytes("PX"), words[2]])
    },
    .init("mget", -2) { server, words throws(Refusal) in server.mget(words) },
    .init("strlen", 2) { server, words throws(Refusal) in .integer(Int64(try server.string(words[1])?.count ?? 0)) },
    .init("getrange", 4) { server, words throws(Refusal) in try server.getrange(words) },
    .init("append", 3, [.writes, .enlarges]) { server, words throws(Refusal) in try server.append(words) },
    .init("setrange", 4, [.writes, .enlarges]) { server, words throws(Refusal) in try server.setrange(words) },
  ]

  private static let keys: [CommandSpecification] = [
    .init("del", -2, .writes) { server, words throws(Refusal) in server.del(words) },
    .init("unlink", -2, .writes) { server, words throws(Refusal) in server.del(words) },
    .init("exists", -2) { server, words throws(Refusal) in
      .integer(Int64(words.dropFirst().count { server.position($0) != nil }))
    },
    .init("type", 2) { server, words throws(Refusal) in .status(server.value(words[1])?.typeName ?? "none") },
    .init("expire", -3, .writes) { server, words throws(Refusal) in try server.expire(words, unit: 1000) },
    .init("pexpire", -3, .writes) { server, words throws(Refusal) in try server.expire(words, unit: 1) },
    .init("expireat", -3, .writes) { server, words throws(Refusal) in
      try server.expire(words, unit: 1000, absolute: true)
    },
    .init("pexpireat", -3, .writes) { server, words throws(Refusal) in
      try server.expire(words, unit: 1, absolute: true)
    },
    .init("ttl", 2) { server, words throws(Refusal) in server.timeToLive(words) { ($0 + 500) / 1000 } },
    .init("pttl", 2) { server, words throws(Refusal) in server.timeToLive(words) { $0 } },
    .init("expiretime", 2) { server, words throws(Refusal) in server.expiry(words) { ($0 + 500) / 1000 } },
    .init("pexpiretime", 2) { server, words throws(Refusal) in server.expiry(words) { $0 } },
    .init("persist", 2, .writes) { server, words throws(Refusal) in server.persist(words) },
    .init("rename", 3, .writes) { server, words throws(Refusal) in try server.rename(words) },
    .init("copy", -3, [.writes, .enlarges]) { server, words throws(Refusal) in try server.copy(words) },
    .init("dump", 2) { server, words throws(Refusal) in server.dump(words) },
    .init("keys", 2) { server, words throws(Refusal) in
      .array(server.presentKeys.filter { matches($0[...], pattern: words[1][...]) }.map { .bulk($0) })
    },
    .init("scan", -2) { server, words throws(Refusal) in try server.scan(words) },
    .init("dbsize", 1) { server, _ throws(Refusal) in .integer(Int64(server.keyspace.count)) },
    .init("flushall", -1, .writes) { server, words throws(Refusal) in try server.flush(words) },
    .init("flushdb", -1, .writes) { server, words throws(Refusal) in try server.flush(words) },
  ]

  private static let hashes: [CommandSpecification] = [
    .init("hset", -4, [.writes, .enlarges]) { server, words throws(Refusal) in try server.hset(words) },
    .init("hmset", -4, [.writes, .enlarges]) { server, words throws(Refusal) in
      _ = try server.hset(words)
      return .status("OK")
    },
    .init("hget", 3) { server, words throws(Refusal) in .optional(try server.hash(words[1])?[words[2]]) },
    .init("hmget", -3) { server, words throws(Refusal) in
      let map = try server.hash(words[1])
      return .array(words.dropFirst(2).map { .optional(map?[$0]) })
    },
    .init("hgetall", 2) { server, words throws(Refusal) in try server.hgetall(words) },
    .init("hkeys", 2) { server, words throws(Refusal) in .bulks(try server.hash(words[1])?.keys ?? []) },
    .init("hvals", 2) { server, words throws(Refusal) in .bulks(try server.hash(words[1])?.values ?? []) },
    .init("hlen", 2) { server, words throws(Refusal) in .integer(Int64(try server.hash(words[1])?.count ?? 0)) },
    .init("hexists", 3) { server, words throws(Refusal) in
      .integer(try server.hash(words[1])?.find(words[2]).found == true ? 1 : 0)
    },
    .init("hdel", -3, .writes) { server, words throws(Refusal) in try server.hdel(words) },
  ]

  private static let collections: [CommandSpecification] = [
    .init("lpush", -3, [.writes, .enlarges]) { server, words throws(Refusal) in try server.push(words, atFront: true) },
    .init("rpush", -3, [.writes, .enlarges]) { server, words throws(Refusal) in
      try server.push(words, atFront: false)
    },
    .init("llen", 2) { server, words throws(Refusal) in .integer(Int64(try server.list(words[1])?.count ?? 0)) },
    .init("lrange", 4) { server, words throws(Refusal) in try server.lrange(words) },
    .init("sadd", -3, [.writes, .enlarges]) { server, words throws(Refusal) in try server.sadd(words) },
    .init("srem", -3, .writes) { server, words throws(Refusal) in try server.srem(words) },
    .init("scard", 2) { server, words throws(Refusal) in .integer(Int64(try server.set(words[1])?.count ?? 0)) },
    .init("smembers", 2) { server, words throws(Refusal) in .bulks(try server.set(words[1])?.keys ?? []) },
  ]

  private static let streams: [CommandSpecification] = [
    .init("xadd", -5, [.writes, .enlarges]) { server, words throws(Refusal) in try server.xadd(words) },
    .init("xlen", 2) { server, words throws(Refusal) in
      .integer(Int64(try server.stream(words[1])?.entries.count ?? 0))
    },
    .init("xrange", -4) { server, words throws(Refusal) in try server.xrange(words, reversed: false) },
    .init("xrevrange", -4) { server, words throws(Refusal) in try server.xrange(words, reversed: true) },
    .init("xread", -4) { server, words throws(Refusal) in try server.xread(words) },
    .init("xtrim", -4, .writes) { server, words throws(Refusal) in try server.xtrim(words) },
  ]

  private static let server: [CommandSpecification] = [
    .init("ping", -1) { _, words throws(Refusal) in words.count > 1 ? .bulk(words[1]) : .status("PONG") },
    .init("echo", 2) { _, words throws(Refusal) in .bulk(words[1]) },
    .init("publish", 3) { server, words throws(Refusal) in
      .integer(Int64(server.publish(RedisMessage(channel: words[1], payload: words[2]))))
    },
    .init("time", 1) { server, _ throws(Refusal) in
      .bulks([bytes(String(server.now / 1000)), bytes(String(server.now % 1000 * 1000))])
    },
    .init("info", -1) { server, words throws(Refusal) in .bulk(bytes(server.information(words.dropFirst().map(text))))
    },
    .init("config", -2, .notInScripts) { server, words throws(Refusal) in try server.configure(words) },
    .init("client", -2, .notInScripts) { _, words throws(Refusal) in
      isWord(words[1], "ID") ? .integer(1) : .status("OK")
    },
    .init("select", 2) { _, words throws(Refusal) in
      if try wholeNumber(words[1]) != 0 { throw Refusal("ERR DB index is out of range") }
      return .status("OK")
    },
    .init("replicaof", 3, .notInScripts) { server, words throws(Refusal) in
      server.facts.isReplica = !isWord(words[1], "NO")
      return .status("OK")
    },
    .init("save", 1, .notInScripts) { server, _ throws(Refusal) in
      server.facts.dirty = 0
      server.facts.savedAt = server.now
      return .status("OK")
    },
    .init("eval", -3, .notInScripts) { server, words throws(Refusal) in try server.eval(words) },
    .init("evalsha", -3, .notInScripts) { server, words throws(Refusal) in try server.evalsha(words) },
    .init("script", -2, .notInScripts) { server, words throws(Refusal) in try server.script(words) },
  ]
}

extension RedisValue {
  static func optional(_ bytes: Bytes?) -> RedisValue { bytes.map { .bulk($0) } ?? .null }
  static func bulks(_ list: [Bytes]) -> RedisValue { .array(list.map { .bulk($0) }) }
}
