/// What is wrong with a `.membank`, and where.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What sort of mistake it is.
  public enum Kind: Hashable, Sendable {
    /// The text is not git-config syntax.
    case syntax
    /// It wants to include another file, which is never done: the file may come from a stranger.
    case include
    /// A value that its key can't have.
    case value
    /// Written by a newer membank, with that schema version.
    case newerSchema(Int)
  }

  /// What sort of mistake it is.
  public let kind: Kind
  /// The file, as it was named to the parser.
  public let file: String
  /// The line, from 1; nil when it can't be told.
  public let line: Int?
  /// What is wrong and what would be right, without the place and without secrets.
  public let message: String

  /// A mistake at a place; the message is made printable, since it quotes a file that may have come from a stranger.
  public init(_ kind: Kind, file: String, line: Int?, message: String) {
    self.kind = kind
    self.file = file
    self.line = line
    self.message = printable(message)
  }

  /// `file:line: message`, as compilers write it.
  public var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(message)" }
}

/// Something in a `.membank` that is passed over.
public struct ConfigurationWarning: Hashable, Sendable, CustomStringConvertible {
  /// The file, as it was named to the parser.
  public let file: String
  /// The line, from 1; nil when it can't be told.
  public let line: Int?
  /// What is passed over.
  public let message: String

  init(file: String, line: Int?, message: String) {
    self.file = file
    self.line = line
    self.message = printable(message)
  }

  /// `file:line: message`, as compilers write it.
  public var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(message)" }
}
