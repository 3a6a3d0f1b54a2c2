import RedisTransport
import SimulatedRedis
import Support
import TestSupport
import Testing

/// What a bench's server is: a process, or the simulated one.
enum BenchServer {
  case process(RedisServer)
  case simulated(SimulatedRedis, LateClock)

  init(_ options: RedisServer.Options) throws {
    guard ServerKind.current == .simulated else {
      self = .process(try RedisServer(options))
      return
    }
    let clock = LateClock()
    let server = clock.late { SimulatedRedis(clock: clock, random: FixedRandom()) }
    _ = server.execute(RedisCommand("CONFIG", "SET", "notify-keyspace-events", options.notifications))
    self = .simulated(server, clock)
  }

  /// What stands between mirror and server, over REST.
  func standIn() throws -> UpstashStandIn? {
    guard case .process(let server) = self, ServerKind.current == .rest else { return nil }
    return try UpstashStandIn(server)
  }

  /// A client, of the default user or of another whose password is `p`.
  func connect(as user: String?, through standIn: UpstashStandIn? = nil) throws -> any RedisClient {
    switch self {
    case .process(let server):
      guard let standIn else {
        return try RedisRouter(RedisAddress(.unix(path: server.socket), user: user, password: user.map { _ in "p" }))
      }
      let token = try user.map { try standIn.token(user: $0, password: "p") } ?? standIn.token
      return RestClient(try RestAddress(standIn.url, token: .value(token)))
    case .simulated(let server, _): return SimulatedRedisClient(server)
    }
  }

  /// A plain client.
  func connect() throws -> any RedisClient {
    switch self {
    case .process(let server): try server.connect()
    case .simulated(let server, _): SimulatedRedisClient(server)
    }
  }

  /// Listens; what it returns waits for messages and takes them.
  func listen(channels: [[UInt8]], patterns: [[UInt8]] = []) throws -> () throws -> [RedisMessage] {
    switch self {
    case .process(let server):
      let subscriber = try RedisSubscriber(server.address, channels: channels, patterns: patterns)
      return { try subscriber.receive(timeout: 10_000) }
    case .simulated(let server, _):
      let subscriber = server.subscribe(channels: channels, patterns: patterns)
      return {
        let messages = subscriber.receive()
        try #require(!messages.isEmpty, "nothing was announced")
        return messages
      }
    }
  }

  func restart() throws {
    switch self {
    case .process(let server): try server.restart()
    case .simulated(let server, let clock): clock.late { server.restart() }
    }
  }

  /// Lets expired keys end, which a process does by itself sooner or later.
  func expireDue() {
    if case .simulated(let server, _) = self { server.expireDue() }
  }
}

/// The machine's clock, which can be late: a server that has just been started counts as saved a moment ago, and has no
/// mark for a while.
final class LateClock: Clock {
  private let system = SystemClock()
  private var delay: Int64 = 0

  var wallMilliseconds: Int64 { system.wallMilliseconds - delay }
  var monotonicNanoseconds: Int64 { system.monotonicNanoseconds }

  /// Does something ten seconds ago.
  func late<Result>(_ body: () -> Result) -> Result {
    delay = 10_000
    defer { delay = 0 }
    return body()
  }
}
