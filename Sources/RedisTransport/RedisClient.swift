/// Something that carries out Redis commands: a connection, a cluster, a REST endpoint.
///
/// A client belongs to one thread at a time.
public protocol RedisClient: AnyObject {
  /// Carries out commands in order, in one round trip where the transport can.
  ///
  /// A refusal of a single command is an `error` among the replies; the others are carried out all the same.
  ///
  /// - Throws: ``RedisError`` when there is no full set of replies; which commands were carried out is then unknown.
  func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue]
  /// The server's address, without secrets.
  var address: String { get }
  /// Ends the connection; the next command fails or connects again, as the client documents.
  func close()
  /// Whether every argument may be any bytes.
  ///
  /// Where not, a value that is no text gets through all the same, a key that is none by itself at best.
  var carriesAnyBytes: Bool { get }
}

extension RedisClient {
  /// Redis' own protocol carries any bytes.
  public var carriesAnyBytes: Bool { true }
}

extension RedisClient {
  /// Carries out one command.
  ///
  /// - Throws: ``RedisError``, for a refusal too.
  @discardableResult
  public func run(_ command: RedisCommand) throws(RedisError) -> RedisValue {
    let replies = try run([command])
    guard let reply = replies.first else {
      throw RedisError(.protocolViolation, operation: command.name, operand: address, message: "no reply")
    }
    if case .error(let message) = reply { throw RedisError(reply: message, operation: command.name, operand: address) }
    return reply
  }

  /// Carries out one command made of texts.
  ///
  /// - Throws: ``RedisError``, for a refusal too.
  @discardableResult
  public func run(_ arguments: String...) throws(RedisError) -> RedisValue {
    try run(RedisCommand(arguments.map { Array($0.utf8) }))
  }
}
