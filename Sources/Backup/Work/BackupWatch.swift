import Synchronization

/// What long work tells of itself, and how it is told to stop.
public struct BackupWatch: Sendable {
  /// What is being done: the step, how much of it is done, how much there is (0: unknown).
  public typealias Progress = @Sendable (_ step: String, _ done: Int, _ total: Int) -> Void

  private let progress: Progress
  private let cancellation: Cancellation

  /// A watch.
  public init(cancellation: Cancellation = Cancellation(), progress: @escaping Progress = { _, _, _ in }) {
    self.cancellation = cancellation
    self.progress = progress
  }

  /// Tells how far the work is.
  ///
  /// - Returns: Whether to go on.
  @discardableResult
  public func note(_ step: String, _ done: Int, of total: Int) -> Bool {
    progress(step, done, total)
    return !cancellation.isAsked
  }

  /// Ends the work when that was asked for.
  public func check() throws(BackupError) {
    if cancellation.isAsked { throw .cancelled }
  }
}

/// A wish that work may stop, from another thread.
public final class Cancellation: Sendable {
  private let asked = Atomic(false)

  /// Nobody has asked yet.
  public init() {}

  /// Asks.
  public func ask() { asked.store(true, ordering: .relaxed) }

  /// Whether somebody has asked.
  public var isAsked: Bool { asked.load(ordering: .relaxed) }
}
