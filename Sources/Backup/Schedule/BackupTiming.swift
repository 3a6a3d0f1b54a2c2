public import Support

/// When a target is due: by its schedule, what it did before, and some chance so that not all machines come at once.
public struct BackupTiming: Sendable {
  /// Seconds from a failed run to the next try; it doubles with each failure.
  public static let firstRetry: Int64 = 60
  /// The most seconds between tries.
  public static let lastRetry: Int64 = 3600
  /// Seconds by which clocks may be put back without a word: what is later than that was noted by a clock gone wrong.
  static let drift: Int64 = 3600

  /// When it is meant to be done.
  public let schedule: Schedule
  /// The most seconds that a run comes later than the schedule says; nil: five minutes, or a tenth of what lies between
  /// two runs where that is less.
  public let jitter: Int64?
  /// What makes this machine's chance another than that of others.
  public let seed: String

  /// A timing.
  public init(_ schedule: Schedule, jitter: Int64?, seed: String) {
    self.schedule = schedule
    self.jitter = jitter
    self.seed = seed
  }

  /// When the next run is due: it may be long past, after a sleep, and then one run makes up for all that were missed.
  ///
  /// - Parameters:
  ///   - past: What was done before.
  ///   - now: The time. What was done in its future was done by a clock that has been put right since, and puts nothing
  ///     off.
  ///   - local: Where the schedule's times are meant.
  /// - Returns: Seconds since 1970; nil when the schedule never comes again.
  public func next(after past: BackupPast, now: Int64, local: LocalTime) -> Int64? {
    if past.failures > 0 {
      let wait = min(Self.lastRetry, Self.firstRetry << Int64(min(past.failures - 1, 10)))
      guard let attempted = past.attempted, attempted <= now + Self.drift else { return now }
      return attempted + wait
    }
    // A bank that was never backed up is not made to wait for it.
    guard let succeeded = past.succeeded, succeeded <= now + Self.drift else { return now }
    guard let planned = schedule.next(after: succeeded, local: local) else { return nil }
    return planned + delay(planned, until: schedule.next(after: planned, local: local))
  }

  /// The same for the same run, so that a restart does not choose anew.
  private func delay(_ planned: Int64, until following: Int64?) -> Int64 {
    let gap = following.map { $0 - planned } ?? 86_400
    let most = min(jitter ?? min(300, gap / 10), gap - 1)
    guard most > 0 else { return 0 }
    let digits = sha256(Array("\(seed)\0\(planned)".utf8)).prefix(12)
    return (Int64(digits, radix: 16) ?? 0) % (most + 1)
  }
}
