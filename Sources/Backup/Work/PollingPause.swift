import Glibc

/// Pauses between looks at what somebody else is doing: short ones first, then longer.
struct PollingPause {
  private let watch: BackupWatch
  private let longest: Double
  private var seconds = 0.1

  /// `atMost`: the longest, in seconds.
  init(_ watch: BackupWatch, atMost longest: Double) {
    self.watch = watch
    self.longest = longest
  }

  /// Pauses, unless the work is to end.
  mutating func wait() throws(BackupError) {
    // In parts, so that the end needn't be waited for.
    var left = seconds
    while left > 0 {
      try watch.check()
      usleep(useconds_t(min(left, 0.2) * 1_000_000))
      left -= 0.2
    }
    try watch.check()
    seconds = min(seconds * 2, longest)
  }
}
