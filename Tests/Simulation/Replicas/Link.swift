import Mirror
import RedisTransport
import SimulatedRedis
import Support

/// The way from one machine to one server, and what goes wrong on it.
final class Link {
  let server: Server
  unowned let machine: Machine
  private let world: World
  private let random: SeededRandom
  /// Whether nothing gets through.
  private(set) var isCut = false
  /// How likely a round trip is to go wrong.
  var trouble = 0.0
  /// How long messages take, in nanoseconds.
  var latency: Int64 = 300_000
  /// What has gone wrong so far, by kind.
  var faults: [String: Int] = [:]

  private weak var listener: Program?
  private var listenerIndex = 0
  private var isSubscribed = false
  private var attempts = 0
  private var inbox: [MirrorEvent] = []
  private var isDelivering = false

  init(_ server: Server, _ machine: Machine, _ world: World, _ random: SeededRandom) {
    self.server = server
    self.machine = machine
    self.world = world
    self.random = random
    server.subscribers.append(self)
  }

  var isReachable: Bool { !isCut && server.isUp }

  func delay() -> Int64 { latency / 2 + random.between(0, latency) }

  func cut() {
    guard !isCut else { return }
    isCut = true
    connectionLost()
  }

  func heal() {
    isCut = false
    trouble = 0
  }

  // MARK: Round trips

  /// What goes wrong with the next round trip.
  func fault(of count: Int) -> RedisFault {
    guard isReachable else { return .unreachable }
    guard random.chance(trouble) else { return .none }
    let fault: (String, RedisFault)
    switch random.below(10) {
    case 0: fault = ("lost request", .lostRequest)
    case 1: fault = ("cut off half-way", .cutOff(after: random.below(count + 1)))
    case 2, 3: fault = ("time-out after apply", .timeoutAfterApply)
    case 4: fault = ("delivered twice", .duplicated)
    case 5: fault = ("out of memory", .condition(.full))
    case 6: fault = ("read-only server", .condition(.readOnly))
    case 7: fault = ("loading", .condition(.loading))
    case 8: fault = ("busy", .condition(.busy))
    default: fault = ("throttled", .condition(.refusing("ERR max number of clients reached")))
    }
    faults[fault.0, default: 0] += 1
    return fault.1
  }

  /// How long a round trip takes beyond the usual, in nanoseconds: others come between.
  func pause() -> Int64 { random.chance(0.1) ? random.between(0, 4 * latency) : 0 }

  // MARK: What the server announces

  /// A program begins to listen.
  func listen(_ program: Program, _ index: Int) {
    listener = program
    listenerIndex = index
    isSubscribed = false
    inbox = []
    attempts = 0
    connect(program)
  }

  private func connect(_ program: Program) {
    let ceiling = attempts == 0 ? 0 : min(60_000, 100 << min(attempts, 10))
    attempts += 1
    world.after(Int64(random.below(ceiling + 1)) * World.millisecond + delay()) { [self] in
      guard listener === program, !program.gate.isDead, !isSubscribed else { return }
      guard isReachable else { return connect(program) }
      isSubscribed = true
      attempts = 0
      program.noteListening(listenerIndex, server.announces)
    }
  }

  func connectionLost() {
    guard isSubscribed, let program = listener else { return }
    isSubscribed = false
    inbox = []
    world.after(delay()) { [self] in
      guard listener === program, !program.gate.isDead else { return }
      program.noteListening(listenerIndex, false)
      connect(program)
    }
  }

  func announce(_ event: MirrorEvent) {
    guard isSubscribed, !isCut else { return }
    inbox.append(event)
    guard !isDelivering else { return }
    isDelivering = true
    world.after(delay()) { [self] in
      isDelivering = false
      guard isSubscribed, let program = listener, !program.gate.isDead else { return inbox = [] }
      let events = inbox
      inbox = []
      program.take(events, listenerIndex)
    }
  }
}

/// A program's connection over a link.
final class LinkClient: RedisClient {
  let address: String
  private let link: Link
  private let world: World
  private let gate: Gate
  private let generation: Int
  private var isDead = false
  private var next = RedisFault.none
  private lazy var connection = SimulatedRedisClient(
    link.server.redis, address: address, faults: { [unowned self] _ in self.next })

  init(_ link: Link, _ world: World, _ gate: Gate) throws(RedisError) {
    self.link = link
    self.world = world
    self.gate = gate
    generation = link.server.generation
    address = link.server.name
    guard link.isReachable, !gate.isDead else {
      throw RedisError(.unreachable, operation: "connect", operand: link.server.name, message: "connection refused")
    }
  }

  func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
    let name = commands.first?.name ?? ""
    func closed(_ kind: RedisError.Kind, _ message: String) -> RedisError {
      RedisError(kind, operation: name, operand: address, message: message)
    }
    wait(link.pause())
    guard !isDead, generation == link.server.generation else {
      isDead = true
      throw closed(.closed, "the connection was closed")
    }
    guard gate.lets(Self.digest(commands), "to \(address): \(Self.text(commands))") else {
      isDead = true
      throw closed(.closed, "the program is dead")
    }
    next = link.fault(of: commands.count)
    if next != .none, !isOfServer(next) { isDead = true }
    // What has expired by now was overwritten by nobody.
    link.server.redis.expireDue()
    link.server.writer = link.machine
    let result = Result { () throws(RedisError) in try connection.run(commands) }
    link.server.writer = nil
    if case .timeoutAfterApply = next { wait(5 * World.second) }
    wait(link.pause())
    guard !gate.isDead else { throw closed(.closed, "the program is dead") }
    return try result.get()
  }

  func close() { isDead = true }

  private func wait(_ nanoseconds: Int64) {
    if nanoseconds > 0 { world.run(until: world.now + nanoseconds) }
  }

  private func isOfServer(_ fault: RedisFault) -> Bool {
    switch fault {
    case .condition, .duplicated, .slow, .none: true
    case .unreachable, .lostRequest, .cutOff, .timeoutAfterApply: false
    }
  }

  private static func digest(_ commands: [RedisCommand]) -> UInt64 {
    let trace = Trace(.none)
    for command in commands { for argument in command.arguments { trace.mix(argument) } }
    return trace.hash
  }

  private static func text(_ commands: [RedisCommand]) -> String {
    commands.map { command in
      command.arguments.prefix(8).map { $0.count > 60 ? "(\($0.count) bytes)" : DiskNode.text($0) }
        .joined(separator: " ")
    }.joined(separator: "; ")
  }
}
