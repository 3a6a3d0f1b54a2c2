import Mirror
import RedisTransport
import SimulatedRedis
import Support

extension Simulation {
  /// A key without an end gets one with the next renewal, so many seconds away at most.
  private var renewal: Int64 { plan.shortLived ? 30 : 1_700 }

  /// A program that knows nothing of membank writes into Redis, or takes something away.
  func meddle(_ operation: Operation, _ number: Int, _ server: Server) {
    guard server.isUp else { return }
    let keys = server.keys
    let documents = server.documents.keys.sorted { $0.lexicographicallyPrecedes($1) }
    let some = documents.isEmpty ? nil : documents[Int(operation.first % UInt64(documents.count))]
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    func run(_ words: [UInt8]...) {
      trace.tell(
        server.name, "foreign: " + words.map { $0.count > 80 ? "…" : DiskNode.text($0) }.joined(separator: " "))
      server.run(RedisCommand(words))
    }
    func set(_ path: [UInt8], _ value: [UInt8]) {
      let key = keys.documentPrefix + path
      ledger.note(ObjectID.blob(of: value))
      ledger.touch(path)
      for end in path.indices where path[end] == UInt8(ascii: "/") { ledger.allowDeletion(Array(path[..<end])) }
      switch operation.third % 3 {
      case 0:
        run(bytes("SET"), key, value)
        quietSeconds = max(quietSeconds, renewal)
      case 1: run(bytes("SET"), key, value, bytes("KEEPTTL"))
      default: run(bytes("SET"), key, value, bytes("EX"), bytes("3600"))
      }
      foreign.append((servers.firstIndex { $0 === server } ?? 0, path, value))
    }
    let line = Words.line("foreign", number, operation.second)
    switch operation.kind {
    case .foreignSet:
      guard let some, let path = keys.path(ofDocumentKey: some)?.bytes, let value = server.documents[some] else {
        return
      }
      set(path, Words.change(value, line, at: operation.second, inserting: operation.third % 2 == 0))
    case .foreignNew:
      set(Array(Person.names[Int(operation.first % UInt64(Person.names.count))].utf8), Words.append(line, to: []))
    case .foreignStale:
      guard !pastValues.isEmpty else { return }
      let (path, value) = pastValues[Int(operation.first % UInt64(pastValues.count))]
      set(path, value)
    case .foreignDelete: if let some { run(bytes("DEL"), some) }
    case .foreignExpire: if let some { run(bytes("PEXPIRE"), some, bytes(String(1 + operation.second % 2_000))) }
    case .foreignPersist:
      quietSeconds = max(quietSeconds, renewal)
      let all = server.redis.keys()
      if !all.isEmpty { run(bytes("PERSIST"), all[Int(operation.first % UInt64(all.count))]) }
    case .foreignType:
      guard let some else { return }
      run(bytes("DEL"), some)
      run(bytes("LPUSH"), some, bytes("a"), bytes("b"))
    case .indexEntryGone:
      guard let some, let path = keys.path(ofDocumentKey: some)?.bytes else { return }
      run(bytes("HDEL"), keys.index, path)
      quietSeconds = max(quietSeconds, 900)
    case .indexGone:
      run(bytes("DEL"), keys.index)
      quietSeconds = max(quietSeconds, 900)
    case .headGone: run(bytes("DEL"), keys.head)
    case .headGarbage:
      run(bytes("DEL"), keys.head)
      if operation.second % 2 == 0 {
        run(bytes("SET"), keys.head, bytes("nonsense"))
      } else {
        run(bytes("HSET"), keys.head, bytes("commit"), bytes("nonsense"))
      }
      quietSeconds = max(quietSeconds, 900)
    case .packGone:
      let packs = server.redis.keys(withPrefix: keys.pack(""))
      if !packs.isEmpty { run(bytes("DEL"), packs[Int(operation.first % UInt64(packs.count))]) }
      quietSeconds = max(quietSeconds, 900)
    default: break
    }
  }

  /// Something happens to a server.
  func disturb(_ server: Server, _ operation: Operation) {
    trace.tell(server.name, operation.kind.rawValue)
    switch operation.kind {
    case .flushAll:
      server.flushAll()
      quietSeconds = max(quietSeconds, 900)
    case .evict:
      let random = SeededRandom(seed: operation.second, purpose: 4)
      for key in server.redis.keys() where random.chance(0.3) { server.evict(key) }
      quietSeconds = max(quietSeconds, 900)
    case .copyStore: server.keepCopy()
    case .rollBack:
      server.rollBack(Int(operation.first % 8))
      quietSeconds = max(quietSeconds, 900)
    case .replaceStore:
      server.replaceByEmpty()
      quietSeconds = max(quietSeconds, 900)
    case .restartStore: server.restart()
    case .storeDown:
      server.goDown()
      later(operation, 20) { server.comeUp() }
    default: break
    }
  }

  /// Something happens on the way to a server.
  func disturb(_ link: Link, _ operation: Operation) {
    trace.tell(link.machine.name, "\(operation.kind.rawValue) to \(link.server.name)")
    switch operation.kind {
    case .cut:
      link.cut()
      later(operation, 15) { link.heal() }
    case .flaky:
      link.trouble = 0.15 + Double(operation.first % 50) / 100
      later(operation, 20) { link.heal() }
    case .slowLink:
      let usual = plan.latency
      link.latency = 400 * World.millisecond
      later(operation, 20) { link.latency = usual }
    default: break
    }
  }
}
