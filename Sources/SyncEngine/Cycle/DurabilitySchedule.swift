/// When commits are made to survive a power cut: together, a while after the first of them.
public struct DurabilitySchedule {
  /// A power cut costs at most the versions of so many nanoseconds.
  private static let delay: Int64 = 1_000_000_000

  private var due: Int64?
  /// Whether a flush has begun and not ended.
  public private(set) var isFlushing = false

  /// Nothing waits to be made durable.
  public init() {}

  /// When there is something to do, in monotonic nanoseconds; nil: nothing waits, or it is being done.
  public var nextDeadline: Int64? { isFlushing ? nil : due }

  /// A commit was made that is not durable yet.
  public mutating func noteCommit(_ now: Int64) { due = due ?? now + Self.delay }

  /// Whether a flush is to begin now; it then has, until ``finish()``.
  public mutating func begins(_ now: Int64) -> Bool {
    guard let due, now >= due, !isFlushing else { return false }
    self.due = nil
    isFlushing = true
    return true
  }

  /// The flush has ended.
  public mutating func finish() { isFlushing = false }
}
