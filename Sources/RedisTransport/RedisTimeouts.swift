/// How long to wait for a server.
public struct RedisTimeouts: Hashable, Sendable {
  /// Milliseconds for connecting, the greeting not counted.
  public var connect: Int
  /// Milliseconds without any progress while commands go out or replies come in.
  public var command: Int

  /// The times in milliseconds.
  public init(connect: Int = 3000, command: Int = 10_000) {
    self.connect = connect
    self.command = command
  }
}
