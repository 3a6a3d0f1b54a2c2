public import RedisTransport
public import Support

/// A Redis server inside the process: one database, everything decided by its commands, a clock and a source of random
/// numbers.
///
/// It speaks as Redis 7.0 does, error texts included, as far as the mirror, its scripts and the foreign writers of the
/// tests go. What the real server leaves open (the order of fields and keys) is fixed here. It belongs to one
/// thread at a time.
public final class SimulatedRedis {
  /// Called for each change of a key once the command is through: the key and what happened, as in a notification.
  public var onWrite: ((_ key: Bytes, _ event: String) -> Void)?
  /// Called for what subscribers would get: published messages, and the notifications that the configuration asks for.
  public var onMessage: ((RedisMessage) -> Void)?
  /// What the server is able to do just now.
  public var condition = ServerCondition.serving
  /// The most keys that one page of `SCAN` looks at, whatever `COUNT` asks for: small pages show what goes wrong when
  /// keys come and go between them.
  public var scanLimit = Int.max

  let clock: any Clock
  let random: any RandomSource
  let scripts: ScriptEngine
  var keyspace = SortedMap<StoredEntry>()
  var configuration = ServerConfiguration()
  var facts: ServerFactsheet
  var knownScripts: Set<Bytes> = []
  /// The server's time while a command runs; it stands still in a script.
  var now: Int64
  /// The script that is running.
  var run: ScriptRun?
  var subscriptions: [Subscription] = []
  private var events: [PendingEvent] = []

  /// An empty server that has been started this moment.
  ///
  /// - Parameters:
  ///   - clock: Its wall clock is the server's.
  ///   - random: Where run ids come from.
  ///   - scripts: Compiled scripts, which servers on the same thread may share.
  public init(clock: any Clock, random: any RandomSource, scripts: ScriptEngine = ScriptEngine()) {
    self.clock = clock
    self.random = random
    self.scripts = scripts
    now = clock.wallMilliseconds
    facts = ServerFactsheet(random: random, now: now)
  }

  /// Carries out a command; a refusal is an error among the replies.
  @discardableResult
  public func execute(_ command: RedisCommand) -> RedisValue { execute(command, under: condition) }

  /// Carries out a script, as `EVAL` does.
  public func evaluate(script source: Bytes, keys: [Bytes], arguments: [Bytes]) -> RedisValue {
    execute(RedisCommand([bytes("EVAL"), source, bytes(String(keys.count))] + keys + arguments))
  }

  func execute(_ command: RedisCommand, under condition: ServerCondition) -> RedisValue {
    now = clock.wallMilliseconds
    let usual = self.condition
    self.condition = condition
    defer { self.condition = usual }
    let reply: RedisValue
    do throws(Refusal) {
      reply = try perform(command.arguments)
    } catch {
      reply = .error(error.line)
    }
    deliver()
    return reply
  }

  private func perform(_ arguments: [Bytes]) throws(Refusal) -> RedisValue {
    guard let name = arguments.first else { throw Refusal("ERR unknown command ''") }
    if let refusal = condition.refusal { throw refusal }
    guard let command = CommandTable.command(name) else { throw .unknown(arguments) }
    guard command.accepts(arguments.count) else { throw .arity(command.name) }
    if command.flags.contains(.enlarges), isFull { throw .full }
    if command.flags.contains(.writes), isReadOnly { throw .readOnly }
    return try command.run(self, arguments)
  }

  /// Whether commands that may enlarge the data are refused.
  var isFull: Bool {
    condition == .full || configuration.maximumMemory > 0 && usedMemory > configuration.maximumMemory
  }

  /// Whether commands that write are refused.
  var isReadOnly: Bool { condition == .readOnly || facts.isReplica }

  var usedMemory: Int {
    zip(keyspace.keys, keyspace.values).reduce(1_000_000) { $0 + $1.0.count + $1.1.value.weight }
  }

  // What changes tell.

  /// Notes a change of a key.
  func changed(_ key: Bytes, _ kind: EventKind, _ event: String, by changes: Int = 1) {
    facts.dirty += changes
    guard onWrite != nil || onMessage != nil || !subscriptions.isEmpty else { return }
    events.append(.write(key: key, kind: kind, event: event))
  }

  /// Sends a message to whoever listens; returns how many do.
  func publish(_ message: RedisMessage) -> Int {
    events.append(.message(message))
    return subscriptions.reduce(0) { $0 + ($1.subscriber?.count(of: message.channel) ?? 0) }
  }

  /// Tells what happened, after the command: whoever listens may send commands of its own.
  func deliver() {
    while !events.isEmpty {
      let happened = events
      events = []
      for event in happened {
        switch event {
        case .message(let message): send(message)
        case .write(let key, let kind, let event):
          if kind != .new { onWrite?(key, event) }
          for message in configuration.notifications(of: key, kind, event) { send(message) }
        }
      }
    }
  }

  private func send(_ message: RedisMessage) {
    for subscription in subscriptions { subscription.subscriber?.hear(message) }
    onMessage?(message)
  }
}

private enum PendingEvent {
  case write(key: Bytes, kind: EventKind, event: String)
  case message(RedisMessage)
}
