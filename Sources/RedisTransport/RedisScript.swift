import CCrypto
import Support

/// A Lua script with the digest that servers know it by.
public struct RedisScript: Sendable {
  /// A word for messages.
  public let name: String
  /// The Lua text.
  public let source: String
  /// The SHA-1 of the text, as 40 hexadecimal digits.
  public let sha1: String

  /// A script; its digest is computed once, here.
  public init(name: String, source: String) {
    self.name = name
    self.source = source
    let text = Array(source.utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    SHA1(text, text.count, &digest)
    sha1 = hexadecimal(digest)
  }
}

extension RedisClient {
  /// Runs a script, by its digest where the server has it already.
  ///
  /// - Parameters:
  ///   - script: The script.
  ///   - keys: The keys it touches, all in one slot.
  ///   - arguments: Its arguments.
  ///   - preceding: Commands to send in the same round trip, before it.
  /// - Returns: What the script returned.
  /// - Throws: ``RedisError`` when the script or one of the commands before it is refused.
  public func evaluate(
    _ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]], after preceding: [RedisCommand] = []
  ) throws(RedisError) -> RedisValue {
    let operands = [Array(String(keys.count).utf8)] + keys + arguments
    let byDigest = RedisCommand("EVALSHA", script.sha1, bytes: operands)
    var replies = try run(preceding + [byDigest])
    guard replies.count == preceding.count + 1, var last = replies.popLast() else {
      throw RedisError(.protocolViolation, operation: script.name, operand: address, message: "replies are missing")
    }
    for (command, reply) in zip(preceding, replies) {
      if let message = reply.error { throw RedisError(reply: message, operation: command.name, operand: address) }
    }
    if let message = last.error, message.hasPrefix("NOSCRIPT") {
      last = try run([RedisCommand("EVAL", script.source, bytes: operands)]).first ?? .null
    }
    if let message = last.error { throw RedisError(reply: message, operation: script.name, operand: address) }
    return last
  }

  /// Runs a script several times in one round trip.
  ///
  /// - Parameters:
  ///   - script: The script; running it again must do no harm.
  ///   - requests: Keys and arguments of each run.
  /// - Returns: What each run returned.
  /// - Throws: ``RedisError`` when one of them is refused.
  public func evaluate(
    _ script: RedisScript, _ requests: [(keys: [[UInt8]], arguments: [[UInt8]])]
  ) throws(RedisError) -> [RedisValue] {
    let operands = requests.map { [Array(String($0.keys.count).utf8)] + $0.keys + $0.arguments }
    var replies = try run(operands.map { RedisCommand("EVALSHA", script.sha1, bytes: $0) })
    if replies.contains(where: { $0.error?.hasPrefix("NOSCRIPT") == true }) {
      replies = try run(operands.map { RedisCommand("EVAL", script.source, bytes: $0) })
    }
    for reply in replies {
      if let message = reply.error { throw RedisError(reply: message, operation: script.name, operand: address) }
    }
    return replies
  }
}
