public import Support

/// A failed operation of the bank.
public struct BankError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system call that failed, what it was called on, and `errno`.
  public let cause: SystemError
  /// What the person at the machine can do about it, if that is known.
  public let advice: String?

  /// An error with its cause.
  public init(_ cause: SystemError, advice: String? = nil) {
    self.cause = cause
    self.advice = advice
  }

  /// The system call, by its C name.
  public var operation: String { cause.operation }
  /// What it was called on.
  public var operand: String { cause.operand }
  /// The value of `errno`.
  public var code: Int32 { cause.code }

  /// The cause in libc's words, then the advice.
  public var description: String {
    guard let advice else { return cause.description }
    return "\(cause); \(advice)"
  }
}
