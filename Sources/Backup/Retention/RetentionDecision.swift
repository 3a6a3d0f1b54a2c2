public import Support

/// Whether one backup is kept, and why.
public struct RetentionDecision: Hashable, Sendable {
  /// The backup.
  public let backup: Backup
  /// The rules that keep it, in words; none: it goes.
  public let reasons: [String]

  /// Whether it stays.
  public var isKept: Bool { !reasons.isEmpty }
}

extension RetentionPolicy {
  /// Decides by the rules that restic has: from the newest to the oldest each rule keeps the first backup that it meets of
  /// each period, until its number is used up; what is left of its number keeps the oldest one.
  ///
  /// The newest is kept whatever the rules say: a bank that has a good backup never has none. What bears a time that has
  /// not come yet was made by a clock gone wrong; it stays until then, and takes no other's place.
  ///
  /// - Parameters:
  ///   - backups: The good ones; in any order.
  ///   - now: The time, in seconds since 1970.
  ///   - local: Where days, weeks and months begin.
  /// - Returns: A decision for each, the newest first.
  public func decide(_ backups: [Backup], now: Int64, local: LocalTime) -> [RetentionDecision] {
    let all = backups.sorted { ($1.seconds, $1.id) < ($0.seconds, $0.id) }
    // Clocks of other machines may be ahead a little.
    let sorted = all.filter { $0.seconds <= now + 86_400 }
    let coming = all.filter { $0.seconds > now + 86_400 }
    var reasons = [[String]](repeating: [], count: sorted.count)
    for period in Period.allCases {
      var left = counts[period] ?? 0
      var last: Int64?
      for (index, backup) in sorted.enumerated() where left > 0 {
        let value = Self.value(of: period, local.civil(at: backup.seconds), index)
        let isOldest = index == sorted.count - 1
        guard value != last || isOldest else { continue }
        reasons[index].append(value == last ? "oldest \(period.rawValue)" : period.rawValue)
        last = value
        left -= 1
      }
    }
    if !sorted.isEmpty, reasons[0].isEmpty { reasons[0] = ["last good"] }
    return coming.map { RetentionDecision(backup: $0, reasons: ["its time has not come yet"]) }
      + zip(sorted, reasons).map { RetentionDecision(backup: $0, reasons: $1) }
  }

  private static func value(of period: Period, _ time: CivilTime, _ index: Int) -> Int64 {
    let day = time.wallSeconds - Int64(time.secondOfDay)
    return switch period {
    case .last: Int64(index)
    case .hourly: day + Int64(time.hour)
    case .daily: day
    case .weekly: time.week
    case .monthly: Int64(time.year * 12 + time.month)
    }
  }
}
