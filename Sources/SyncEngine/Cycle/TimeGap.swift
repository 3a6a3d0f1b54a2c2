import Support

/// Notices that time has passed of which this process knows nothing: the machine slept, the process was frozen, or
/// somebody set the clock.
struct TimeGap {
  /// Timers may be late by this much, and clocks corrected by it, in milliseconds.
  private static let tolerance: Int64 = 60_000

  private var last: (wall: Int64, monotonic: Int64)?

  /// Takes the time.
  ///
  /// - Parameters:
  ///   - clock: The time.
  ///   - deadline: When this was to be called at the latest, in monotonic nanoseconds; nil: at no certain time.
  /// - Returns: Whether there is a gap since the last time.
  mutating func note(_ clock: any Clock, deadline: Int64?) -> Bool {
    let (wall, now) = (clock.wallMilliseconds, clock.monotonicNanoseconds / 1_000_000)
    defer { last = (wall, now) }
    if let deadline, deadline > 0, now - deadline / 1_000_000 > Self.tolerance { return true }
    guard let last else { return false }
    // Asleep, a machine's monotonic clock stands.
    return abs((wall - last.wall) - (now - last.monotonic)) > Self.tolerance
  }
}
