import Mirror
import RedisTransport
import SimulatedRedis
import Support

/// A Redis server, and what is known of its past without asking any replica.
final class Server {
  let name: String
  let keys: MirrorKeys
  let clock: MachineClock
  private(set) var redis: SimulatedRedis
  private let world: World
  private let trace: Trace
  private let random: SeededRandom
  private let scripts: ScriptEngine
  private(set) var isUp = true
  /// Connections of an earlier generation are dead.
  private(set) var generation = 0
  /// Whether it announces what is written.
  let announces: Bool
  var subscribers: [Link] = []
  /// The commits that its head ever was.
  private(set) var heads: Set<ObjectID> = []
  /// What each document's key holds.
  private(set) var documents: [[UInt8]: [UInt8]] = [:]
  /// The machine whose command is being carried out; nil: somebody else's.
  var writer: Machine?
  /// Told of each document that a replica writes over or removes: its path, what it held, and who did it.
  var onOverwrite: (_ path: BankPath, _ value: [UInt8], _ writer: Machine) -> Void = { _, _, _ in }
  private var copies: [SimulatedRedis.Snapshot] = []

  init(
    _ name: String, _ world: World, _ keys: MirrorKeys, announces: Bool, scripts: ScriptEngine, trace: Trace,
    random: SeededRandom
  ) {
    self.name = name
    self.keys = keys
    self.world = world
    self.trace = trace
    self.random = random
    self.scripts = scripts
    self.announces = announces
    clock = MachineClock(world)
    redis = SimulatedRedis(clock: clock, random: random, scripts: scripts)
    listen()
  }

  private func listen() {
    if announces { _ = redis.execute(["CONFIG", "SET", "notify-keyspace-events", "KA"]) }
    redis.onWrite = { [unowned self] key, _ in self.changed(key) }
    redis.onMessage = { [unowned self] message in
      guard let event = self.keys.event(message) else { return }
      for link in self.subscribers { link.announce(event) }
    }
  }

  /// Breaks the cycles that keep a run alive.
  func tearDown() {
    redis.onWrite = nil
    redis.onMessage = nil
    subscribers = []
    onOverwrite = { _, _, _ in }
    writer = nil
  }

  // MARK: What happens to it

  /// A command of somebody who is no replica.
  @discardableResult
  func run(_ command: RedisCommand) -> RedisValue {
    writer = nil
    trace.effect(UInt64(command.arguments.count), name, command.arguments.map(DiskNode.text).joined(separator: " "))
    return redis.execute(command)
  }

  func flushAll() {
    redis.flush()
    documents = [:]
  }

  func evict(_ key: [UInt8]) {
    writer = nil
    redis.evict(key)
  }

  func keepCopy() { copies.append(redis.snapshot()) }

  /// Goes back to a copy; without one, to nothing.
  func rollBack(_ choice: Int) {
    dropConnections()
    if copies.isEmpty { redis.flush() } else { redis.restore(copies[choice % copies.count]) }
    rememberAll()
  }

  /// Another server, an empty one, stands at the same address.
  func replaceByEmpty() {
    dropConnections()
    redis.onWrite = nil
    redis.onMessage = nil
    redis = SimulatedRedis(clock: clock, random: random, scripts: scripts)
    listen()
    documents = [:]
  }

  func restart() {
    redis.restart()
    if announces { _ = redis.execute(["CONFIG", "SET", "notify-keyspace-events", "KA"]) }
    dropConnections()
  }

  func goDown() {
    isUp = false
    dropConnections()
  }

  func comeUp() { isUp = true }

  private func dropConnections() {
    generation += 1
    for link in subscribers { link.connectionLost() }
  }

  // MARK: What it holds

  private func changed(_ key: [UInt8]) {
    if key.starts(with: keys.documentPrefix) {
      let value = redis.execute(RedisCommand([Array("GET".utf8), key])).bytes
      let before = documents[key]
      guard value != before else { return }
      documents[key] = value
      if let before, let writer, let path = keys.path(ofDocumentKey: key) { onOverwrite(path, before, writer) }
    } else if key == keys.head, let head = head {
      heads.insert(head)
    }
  }

  private func rememberAll() {
    documents = [:]
    for key in redis.keys(withPrefix: keys.documentPrefix) {
      documents[key] = redis.execute(RedisCommand([Array("GET".utf8), key])).bytes
    }
  }

  var head: ObjectID? {
    redis.execute(RedisCommand([Array("HGET".utf8), keys.head, Array("commit".utf8)])).text
      .flatMap { ObjectID(hex: $0) }
  }
}
