public import RedisTransport

/// An operation on the mirror that failed; unless it says otherwise, nothing was changed.
public struct MirrorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What failed.
  public enum Kind: Hashable, Sendable {
    /// The server or the way to it. What a lost connection or a timeout left undone is unknown; every operation may
    /// be repeated.
    case redis(RedisError)
    /// A key of the bank holds another type than it should.
    case wrongType
    /// A reply that this program does not understand.
    case unexpectedReply
  }

  /// What failed.
  public let kind: Kind
  /// The operation, by its name in ``Mirror``.
  public let operation: String
  /// The key concerned, printable; the server's address when it is about none.
  public let operand: String

  /// A failure of a known kind.
  public init(_ kind: Kind, operation: String, operand: String) {
    self.kind = kind
    self.operation = operation
    self.operand = operand
  }

  init(_ error: RedisError, operation: String) {
    self.init(.redis(error), operation: operation, operand: error.operand)
  }

  /// The transport's error, if it is one.
  public var redis: RedisError? { if case .redis(let error) = kind { error } else { nil } }

  /// What failed, in words.
  public var description: String {
    switch kind {
    case .redis(let error): "\(operation): \(error)"
    case .wrongType:
      "\(operation): the key \(operand) holds another type than membank keeps there; rename it or delete it"
    case .unexpectedReply: "\(operation): the server at \(operand) gave an unexpected reply"
    }
  }
}
