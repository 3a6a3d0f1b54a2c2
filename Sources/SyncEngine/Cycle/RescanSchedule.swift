import Support

/// When the whole directory is looked at again.
struct RescanSchedule {
  private static let second: Int64 = 1_000_000_000
  /// A directory without events is looked at this often, in seconds.
  private static let polling = 2.0

  /// How often it is looked at where events tell of changes.
  var seconds: Int64
  private let clock: any Clock
  private let random: any RandomSource
  /// The next time, in monotonic nanoseconds.
  private(set) var at: Int64 = .min

  init(seconds: Int64, clock: any Clock, random: any RandomSource) {
    self.seconds = seconds
    self.clock = clock
    self.random = random
    noteRescan(isPolling: false)
  }

  func isDue(_ now: Int64) -> Bool { now >= at }

  /// Has it looked at after so many seconds.
  mutating func after(_ seconds: Int64) { at = clock.monotonicNanoseconds + seconds * Self.second }

  /// Has it looked at in the next round.
  mutating func soon() { at = 0 }

  /// Plans the next time, after one.
  mutating func noteRescan(isPolling: Bool) {
    let seconds = isPolling ? Self.polling : Double(seconds)
    // Jitter keeps the banks of one machine from scanning in step.
    let wait = seconds * (0.75 + 0.5 * random.fraction())
    at = clock.monotonicNanoseconds + Int64(wait * Double(Self.second))
  }
}
