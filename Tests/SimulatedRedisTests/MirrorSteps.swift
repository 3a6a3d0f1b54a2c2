import Mirror
import RedisTransport
import Support

/// Random steps of replicas and strangers on one bank, the same for every server.
struct MirrorSteps {
  /// A step: its name for messages, what it does with a mirror, or a command of a stranger.
  enum Step {
    case mirror(String, (Mirror) throws -> String)
    case stranger(RedisCommand)
    case time(Int64)
  }

  let random: SeededRandom
  let keys: MirrorKeys

  private static let paths = ["a.md", "b.md", "notes/ü.md", "d.md"]
  private static let texts = ["one", "two", "", "membank:text:x", "long\n"]
  private static let root = "membank:{b}:"

  func next() throws -> Step {
    switch random.below(20) {
    case 0..<6: return try publishing()
    case 6..<8: return try projecting()
    case 8..<15: return .stranger(foreignCommand())
    case 15: return .time(Int64(random.pick([1_000, 40_000, 90_000, 600_000])) * 1000)
    default: return try looking()
    }
  }

  // What replicas do.

  private func publishing() throws -> Step {
    let publication = try publication()
    let uploads = publication.packs.indices.filter { _ in random.below(3) > 0 }.map { publication.packs[$0] }
    let packs = (1...5).map(Self.pack).filter { uploads.contains($0.id) }
    switch random.below(6) {
    case 0:
      return .mirror("replaceDamagedHead") { "\(try $0.replaceDamagedHead(with: publication, uploading: packs))" }
    case 1:
      let changed = random.below(3) == 0
      return .mirror("replaceLostHead") { mirror in
        guard var seen = try mirror.readHead().head else { return "no head" }
        if changed { seen.seq += 1 }
        return "\(try mirror.replaceLostHead(seen: seen, with: publication, uploading: packs))"
      }
    default:
      // Most of the time as a replica that has just looked.
      let stale = random.below(5) == 0
      return .mirror("publish") { mirror in
        var publication = publication
        let head = try mirror.readHead().head
        if !stale { publication.expected = head?.commit }
        do {
          return "\(try mirror.publish(publication, uploading: packs))"
        } catch let error as MirrorError where error.kind == .wrongType {
          // As the engine does it: what is in the way is moved.
          return "\(error.operand) in the way, moved: \(try mirror.displace(error.operand))"
        }
      }
    }
  }

  private func publication() throws -> Publication {
    let documents = try self.documents()
    let head = commit()
    let changes = documents.map {
      ChangeRecord(
        op: $0.kind == .deleted ? .delete : .update, path: $0.path, blob: $0.blob, commit: head, by: "r1", at: 17)
    }
    var publication = Publication(
      expected: random.below(3) == 0 ? nil : commit(), head: head, bank: random.below(20) == 0 ? "other" : "bank",
      epoch: 0, minimumSeq: Int64(random.below(3)),
      packs: (1...5).filter { _ in random.below(2) == 0 }.map { Self.pack($0).id },
      documents: documents, projectedAfter: random.below(2) == 0, changes: changes, by: "r1")
    if random.below(3) == 0 { publication.cacheIndex = Array("{}".utf8) }
    return publication
  }

  private func documents() throws -> [DocumentUpdate] {
    try Self.paths.filter { _ in random.below(2) == 0 }.map { path in
      let text: [UInt8] = random.below(6) == 0 ? [0xff, 0] : Array(random.pick(Self.texts).utf8)
      let kind = [DocumentUpdate.Kind.text(text), .text(text), .text(text), .withoutDocument, .deleted][random.below(5)]
      return DocumentUpdate(
        path: try BankPath(path), kind: kind, blob: .blob(of: text), size: Int64(text.count), commit: commit(), at: 17,
        allowed: Set(Self.texts.filter { _ in random.below(2) == 0 }.map { .blob(of: Array($0.utf8)) }))
    }
  }

  private func projecting() throws -> Step {
    let documents = try documents()
    let completes = random.below(2) == 0
    let other = random.below(6) == 0 ? commit() : nil
    return .mirror("project") { mirror in
      guard let head = try other ?? mirror.readHead().head?.commit else { return "no head" }
      return "\(try mirror.project(Projection(head: head, documents: documents, completes: completes)))"
    }
  }

  private func looking() throws -> Step {
    let paths = try Self.paths.filter { _ in random.below(2) == 0 }.map { try BankPath($0) }
    let packs = (1...5).filter { _ in random.below(2) == 0 }.map { Self.pack($0) }
    let force = random.below(2) == 0
    let number = random.below(3)
    let key = String(decoding: foreignKey(), as: UTF8.self)
    switch random.below(12) {
    case 0, 1: return .mirror("inspect all") { Self.told(try $0.inspect(nil, head: nil, all: force)) }
    case 2:
      return .mirror("inspect some") { mirror in
        Self.told(try mirror.inspect(paths, head: try mirror.readHead().head?.commit))
      }
    case 3:
      return .mirror("renew") { mirror in
        var report = try mirror.renew(force: force)
        // It is told in seconds, and some have passed.
        report.dueInSeconds = report.dueInSeconds == nil ? nil : 0
        return "\(report)"
      }
    case 4:
      return .mirror("swapPacks") { mirror in
        guard let head = try mirror.readHead().head else { return "no head" }
        let from = Array(head.packs.prefix(number))
        return "\(try mirror.swapPacks(expected: head.commit, from: from, to: packs.map(\.id)))"
      }
    case 5: return .mirror("displace \(key)") { "\(try $0.displace(key))" }
    case 6:
      return .mirror("heartbeat") { mirror in
        try mirror.heartbeat(replica: "r\(number)", fields: number == 0 ? [] : [("host", "h"), ("n", "\(number)")])
        return "\(try mirror.replicas().map { "\($0.id) \($0.fields.sorted { $0.key < $1.key })" })"
      }
    case 7:
      return .mirror("upload") { mirror in
        try mirror.upload(packs)
        return "\(try mirror.missingPacks((1...5).map { Self.pack($0).id }))"
      }
    case 8:
      return .mirror("packs") { mirror in
        let ids = (1...5).map { Self.pack($0).id }
        return "\(try mirror.packs(ids).keys.sorted()) \(try mirror.packSizes(ids).sorted { $0.key < $1.key })"
      }
    case 9: return .mirror("keysWithoutTTL") { "\(try $0.keysWithoutTTL())" }
    case 10:
      return .mirror("snapshot") { mirror in
        try mirror.snapshot(paths.map { ($0, Array("text".utf8), 17) })
        return ""
      }
    default:
      return .mirror("glance") { mirror in
        // Digests hold moments, which are different; that they stay is the same.
        let first = try mirror.glance()
        return "\(first == nil) \(try first == mirror.glance())"
      }
    }
  }

  // What others do.

  private func foreignKey() -> [UInt8] {
    let names =
      ["head", "index", "changes", "cache:memory-bank:index", "task:1", "replica:r1", "pack:\(Self.pack(1).id)"]
      + Self.paths.flatMap { ["doc:\($0)", "doc:\($0)"] } + ["doc:new.md", "doc:../up"]
    return Array((Self.root + random.pick(names)).utf8)
  }

  private func foreignCommand() -> RedisCommand {
    let key = foreignKey()
    let value = Array(random.pick(Self.texts).utf8)
    func command(_ name: String, _ operands: String...) -> RedisCommand {
      RedisCommand([Array(name.utf8), key] + operands.map { Array($0.utf8) })
    }
    switch random.below(20) {
    case 0..<5: return RedisCommand("SET", bytes: [key, value])
    case 5..<7: return RedisCommand("SET", bytes: [key, value, Array("EX".utf8), Array("50000".utf8)])
    case 7: return RedisCommand("SET", bytes: [key, value, Array("KEEPTTL".utf8)])
    case 8..<10: return command("DEL")
    case 10: return command("EXPIRE", random.pick(["500", "30500", "300500"]))
    case 11: return command("PERSIST")
    case 12: return command("APPEND", "more")
    case 13:
      return command(
        "HSET", random.pick(["packs", "schema", "seq", "a.md", "commit"]), random.pick(["", "2", "x", "{}"]))
    case 14: return command("HDEL", random.pick(["packs", "schema", "projected", "a.md"]))
    case 15: return command("LPUSH", "x")
    case 16: return command("XADD", "*", "seq", random.pick(["9", "x"]))
    case 17: return command("SETRANGE", "1", "x")
    case 18: return random.below(4) == 0 ? RedisCommand("FLUSHALL") : command("SADD", "x")
    default: return command("RENAME", Self.root + "doc:new.md")
    }
  }

  // Names.

  private func commit() -> ObjectID { .blob(of: Array("commit \(random.below(6))".utf8)) }

  private static func pack(_ number: Int) -> (id: String, bytes: [UInt8]) {
    let bytes = Array("PACK \(number)".utf8)
    return (packID(bytes), bytes)
  }

  /// An inspection in words, without what hash tables put in an order of their own.
  private static func told(_ found: Inspection) -> String {
    let index = found.index?.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    var rest = found
    rest.index = nil
    return "\(rest) \(index ?? [])"
  }
}
