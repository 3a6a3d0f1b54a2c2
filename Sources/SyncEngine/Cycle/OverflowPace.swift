/// Notices that events are lost again and again: so much happens in the directory that looking at all of it after each
/// loss would be all there is time for.
struct OverflowPace {
  /// Losses that count as one storm lie at most so many nanoseconds apart.
  private static let window: Int64 = 60_000_000_000
  /// So many of them are a storm.
  private static let storm = 3

  private var recent: [Int64] = []
  private var quietAt: Int64 = .min

  /// Events were lost.
  ///
  /// - Returns: Whether that began a storm.
  mutating func note(_ now: Int64) -> Bool {
    let wasStorm = isStorm(now)
    recent = recent.filter { $0 > now - Self.window } + [now]
    if recent.count >= Self.storm || wasStorm { quietAt = now + Self.window }
    return isStorm(now) && !wasStorm
  }

  /// Whether the directory is better looked at from time to time, whatever else is lost.
  func isStorm(_ now: Int64) -> Bool { now < quietAt }
}
