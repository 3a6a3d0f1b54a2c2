/// Something that must never be, and was.
public struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
  /// Which rule it is against, in a word or two: the same in each run that shows the same fault.
  public let rule: String
  /// What happened.
  public let story: String
  /// When, in seconds since the beginning.
  public let seconds: Int64

  /// The rule, and what happened.
  public var description: String { "\(rule): \(story) (at \(seconds) s)" }
}
