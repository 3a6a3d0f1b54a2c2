public import RedisTransport

/// What goes wrong with one round trip.
public enum RedisFault: Hashable, Sendable {
  /// Nothing.
  case none
  /// Nobody is there: nothing is carried out.
  case unreachable
  /// The connection ends before the server reads anything.
  case lostRequest
  /// The connection ends after the server read this many of the commands, which it carries out.
  case cutOff(after: Int)
  /// Everything is carried out, but the caller's patience ends before the replies come.
  case timeoutAfterApply
  /// The commands arrive twice, one after the other; the caller gets the replies to the second.
  case duplicated
  /// The server is in this state for the whole round trip.
  case condition(ServerCondition)
  /// It takes this long until the server reads the commands, and until the replies are there.
  case slow(before: Int64, after: Int64)
}

/// A connection to a simulated server, over which things may go wrong.
public final class SimulatedRedisClient: RedisClient {
  /// A name for messages.
  public let address: String
  /// How many round trips were made.
  public private(set) var trips = 0
  private let server: SimulatedRedis
  private let fault: ([RedisCommand]) -> RedisFault
  private let wait: (Int64) -> Void

  /// A connection.
  ///
  /// - Parameters:
  ///   - server: What it leads to.
  ///   - address: A name for messages.
  ///   - faults: Asked for each round trip, with its commands, what goes wrong with it.
  ///   - wait: Lets so many milliseconds pass.
  public init(
    _ server: SimulatedRedis, address: String = "simulated",
    faults: @escaping ([RedisCommand]) -> RedisFault = { _ in .none },
    wait: @escaping (_ milliseconds: Int64) -> Void = { _ in }
  ) {
    self.server = server
    self.address = address
    fault = faults
    self.wait = wait
  }

  /// Carries out commands, or some of them, or none.
  ///
  /// - Throws: ``RedisError``.
  public func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
    guard !commands.isEmpty else { return [] }
    trips += 1
    switch fault(commands) {
    case .none: return execute(commands[...])
    case .unreachable: throw failure(.unreachable, commands, "connection refused")
    case .lostRequest: throw failure(.closed, commands, "the connection was closed")
    case .cutOff(let count):
      _ = execute(commands.prefix(count))
      throw failure(.closed, commands, "the connection was closed")
    case .timeoutAfterApply:
      _ = execute(commands[...])
      throw failure(.timeout, commands, "no answer in time")
    case .duplicated:
      _ = execute(commands[...])
      return execute(commands[...])
    case .condition(let condition): return commands.map { server.execute($0, under: condition) }
    case .slow(let before, let after):
      wait(before)
      let replies = execute(commands[...])
      wait(after)
      return replies
    }
  }

  /// Does nothing: the next command connects again.
  public func close() {}

  private func execute(_ commands: ArraySlice<RedisCommand>) -> [RedisValue] { commands.map { server.execute($0) } }

  private func failure(_ kind: RedisError.Kind, _ commands: [RedisCommand], _ message: String) -> RedisError {
    RedisError(kind, operation: commands[0].name, operand: address, message: message)
  }
}
