import Glibc

/// A system call that failed.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call, by its C name.
  public let operation: String
  /// What it was called on: a path, a name, an address.
  public let operand: String
  /// The value of `errno`.
  public let code: Int32

  /// An error with a known code.
  public init(_ operation: String, _ operand: String, code: Int32) {
    self.operation = operation
    self.operand = operand
    self.code = code
  }

  /// An error with the code that `errno` has now; call it right after the failure.
  public init(_ operation: String, _ operand: String) {
    self.init(operation, operand, code: errno)
  }

  /// The operand, the reason in libc's words, the call.
  public var description: String { "\(operand): \(String(cString: strerror(code))) (\(operation))" }
}
