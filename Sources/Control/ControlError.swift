import Support

/// Why a command could not do its work; the exit codes are a public contract.
public struct ControlError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a command's exit code says.
  public enum ExitCode: Int32, Sendable {
    /// In sync, or done.
    case success = 0
    /// Some paths have a problem, or a conflict waits.
    case problems = 1
    /// Wrong usage or configuration.
    case usage = 2
    /// A remote could not be reached; the local history is complete.
    case unreachable = 3
    /// Halted by a guard.
    case halted = 4
  }

  /// The exit code that it asks for.
  public let code: ExitCode
  /// What is wrong and the way out.
  public let message: String

  /// An error.
  public init(_ code: ExitCode, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
