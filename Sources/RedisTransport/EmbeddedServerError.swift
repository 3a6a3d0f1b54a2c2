import Support

/// Why the private redis-server is not there.
public struct EmbeddedServerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What sort of failure it is.
  public enum Kind: Hashable, Sendable {
    /// There is no such program on this machine.
    case missing
    /// The program could not be started, or ended before it answered.
    case notStarted
    /// It runs and does not answer in time.
    case noAnswer
    /// An earlier server, or what it left running, still holds the directory.
    case occupied
    /// A server that is not this bank's answers in its place.
    case foreign
    /// The directory can't be used.
    case directory
    /// It did not end, not even when it was killed.
    case notStopped
  }

  /// What sort of failure it is.
  public let kind: Kind
  /// The program or the directory.
  public let operand: String
  /// What is wrong and what helps.
  public let message: String

  init(_ kind: Kind, _ operand: String, _ message: String) {
    self.kind = kind
    self.operand = operand
    self.message = message
  }

  init(_ kind: Kind, _ error: SystemError) {
    self.init(kind, error.operand, String(describing: error))
  }

  /// The operand and what is wrong.
  public var description: String { message.hasPrefix(operand) ? message : "\(operand): \(message)" }
}
