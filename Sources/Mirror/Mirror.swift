public import RedisTransport
public import Support

/// A bank in Redis: its head, its packs, and its documents as any Redis client reads them.
///
/// Redis is a git remote here. What is written under a lease is one script each: it reads and checks everything, then
/// writes, or changes nothing at all. Every operation may be repeated after a failure whose outcome is unknown.
///
/// A mirror belongs to one thread at a time.
public final class Mirror {
  /// The names of the bank's keys.
  public let keys: MirrorKeys
  /// How long each key lives.
  public var ttl: TTLPolicy
  /// What bounds single requests.
  public var limits: MirrorLimits

  let client: any RedisClient
  let random: any RandomSource
  let clock: any Clock

  /// A mirror that works through `client`.
  public init(
    client: any RedisClient, keys: MirrorKeys, ttl: TTLPolicy, limits: MirrorLimits, random: any RandomSource,
    clock: any Clock = SystemClock()
  ) {
    self.client = client
    self.keys = keys
    self.ttl = ttl
    self.limits = limits
    self.random = random
    self.clock = clock
  }

  /// Reads the head.
  ///
  /// - Throws: ``MirrorError``.
  public func readHead() throws(MirrorError) -> HeadReading {
    let reply = try run([RedisCommand("HGETALL", bytes: [keys.head])], "readHead")[0]
    if reply.error?.hasPrefix("WRONGTYPE") == true { return .damaged("it is not a hash") }
    guard let fields = try accepted(reply, "readHead").fields else { throw unexpected("readHead") }
    return HeadReading(fields: fields)
  }

  // What the operations share.

  func run(_ commands: [RedisCommand], _ operation: String) throws(MirrorError) -> [RedisValue] {
    do throws(RedisError) {
      let replies = try client.run(commands)
      guard replies.count == commands.count else {
        throw RedisError(
          .protocolViolation, operation: operation, operand: client.address, message: "replies are missing")
      }
      return replies
    } catch {
      throw MirrorError(error, operation: operation)
    }
  }

  /// Runs a script; its result is a list that begins with a word, given apart.
  func evaluate(
    _ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]], after preceding: [RedisCommand] = [],
    _ operation: String
  ) throws(MirrorError) -> (word: String, rest: ArraySlice<RedisValue>) {
    let reply: RedisValue
    do throws(RedisError) {
      reply = try client.evaluate(script, keys: keys, arguments: arguments, after: preceding)
    } catch {
      throw MirrorError(error, operation: operation)
    }
    guard let parts = reply.array, let word = parts.first?.text else { throw unexpected(operation) }
    if word == "wrongtype" {
      guard parts.count == 2, let key = parts[1].bytes, !key.isEmpty else { throw unexpected(operation) }
      throw MirrorError(.wrongType, operation: operation, operand: escaped(key))
    }
    return (word, parts.dropFirst())
  }

  /// The reply, unless it is a refusal; `key` is the one read.
  func accepted(_ reply: RedisValue, _ operation: String, key: [UInt8]? = nil) throws(MirrorError) -> RedisValue {
    guard let message = reply.error else { return reply }
    if let key, message.hasPrefix("WRONGTYPE") {
      throw MirrorError(.wrongType, operation: operation, operand: escaped(key))
    }
    throw MirrorError(
      RedisError(reply: message, operation: operation, operand: client.address), operation: operation)
  }

  /// Whether the transport can name a key for certain.
  func carries(_ key: [UInt8]) -> Bool { client.carriesAnyBytes || String(validating: key, as: UTF8.self) != nil }

  func unexpected(_ operation: String) -> MirrorError {
    MirrorError(.unexpectedReply, operation: operation, operand: client.address)
  }

  /// The head that a script returned; without fields the key is no hash.
  func reading(_ rest: ArraySlice<RedisValue>, _ operation: String) throws(MirrorError) -> HeadReading {
    guard let flat = rest.first else { return .damaged("it is not a hash") }
    guard let fields = flat.fields else { throw unexpected(operation) }
    return HeadReading(fields: fields)
  }
}

/// A number as an argument.
func argument(_ number: some BinaryInteger) -> [UInt8] { Array(String(number).utf8) }

/// A text as an argument.
func argument(_ text: String) -> [UInt8] { Array(text.utf8) }
