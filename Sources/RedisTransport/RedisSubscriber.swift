/// A published message or a keyspace notification.
public struct RedisMessage: Hashable, Sendable {
  /// The channel it came on.
  public let channel: [UInt8]
  /// What was published.
  public let payload: [UInt8]

  /// A message.
  public init(channel: [UInt8], payload: [UInt8]) {
    self.channel = channel
    self.payload = payload
  }
}

/// A connection that listens to channels.
///
/// Messages are hints: a lost connection loses those in between, so after connecting again everything is looked at.
public final class RedisSubscriber {
  /// The socket, for an event loop to watch; readable when ``receive(timeout:)`` may have something.
  public let descriptor: Int32
  /// The server's address, without secrets.
  public let address: String
  private let connection: RedisConnection
  private var early: [RedisMessage] = []

  /// Connects and subscribes; returns once the server has confirmed all of it.
  ///
  /// - Parameters:
  ///   - address: The server; in a cluster the node whose keys are listened to.
  ///   - channels: Exact channel names.
  ///   - patterns: Glob patterns of channel names.
  ///   - timeouts: How long to wait.
  ///   - cancellation: A descriptor that ends any wait once it is readable; -1 for none.
  /// - Throws: ``RedisError``; `permission` when the user may not listen there.
  public init(
    _ address: RedisAddress, channels: [[UInt8]], patterns: [[UInt8]] = [], timeouts: RedisTimeouts = RedisTimeouts(),
    cancellation: Int32 = -1
  ) throws(RedisError) {
    self.address = address.description
    connection = try RedisConnection(address, timeouts: timeouts, cancellation: cancellation)
    descriptor = connection.descriptor
    // One command per name: each is then confirmed by exactly one reply.
    var unconfirmed = channels.count + patterns.count
    for name in channels { try connection.send(RedisCommand("SUBSCRIBE", bytes: [name])) }
    for name in patterns { try connection.send(RedisCommand("PSUBSCRIBE", bytes: [name])) }
    while unconfirmed > 0 {
      let replies = try connection.unasked(timeout: timeouts.command)
      guard !replies.isEmpty else {
        throw RedisError(.timeout, operation: "SUBSCRIBE", operand: self.address, message: "not confirmed")
      }
      for reply in replies {
        if let message = reply.error {
          throw RedisError(reply: message, operation: "SUBSCRIBE", operand: self.address)
        }
        // The first channel may speak before the last is confirmed.
        if let message = Self.message(reply) { early.append(message) } else { unconfirmed -= 1 }
      }
    }
  }

  /// The messages that have come; waits for the first.
  ///
  /// - Parameter timeout: Milliseconds to wait for the first message; 0 takes only what is there, negative waits
  ///   without end.
  /// - Returns: The messages in order, none when the time is over.
  /// - Throws: ``RedisError`` when the connection is gone.
  public func receive(timeout: Int) throws(RedisError) -> [RedisMessage] {
    defer { early = [] }
    return early + (try connection.unasked(timeout: early.isEmpty ? timeout : 0).compactMap(Self.message))
  }

  /// Asks the server for a sign of life; the answer is swallowed by ``receive(timeout:)``.
  ///
  /// - Throws: ``RedisError`` when the connection is gone.
  public func ping() throws(RedisError) { try connection.send(["PING"]) }

  /// Ends the connection.
  public func close() { connection.close() }

  private static func message(_ reply: RedisValue) -> RedisMessage? {
    guard let parts = reply.array, parts.count > 2, let kind = parts[0].text else { return nil }
    guard kind == "message" || kind == "pmessage" else { return nil }
    // A pattern's message names the pattern too, before the channel.
    guard let channel = parts[parts.count - 2].bytes, let payload = parts[parts.count - 1].bytes else { return nil }
    return RedisMessage(channel: channel, payload: payload)
  }
}
