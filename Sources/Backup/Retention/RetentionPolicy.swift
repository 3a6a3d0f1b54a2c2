import Support

/// How many backups are kept: of the last ones, and of the newest in each hour, day, week and month.
public struct RetentionPolicy: Hashable, Sendable, CustomStringConvertible {
  /// What one rule counts by.
  public enum Period: String, CaseIterable, Sendable {
    /// Every backup.
    case last
    /// The newest of an hour.
    case hourly
    /// The newest of a day.
    case daily
    /// The newest of a week, which begins on Monday.
    case weekly
    /// The newest of a month.
    case monthly
  }

  /// How many of each; what isn't there keeps none.
  public var counts: [Period: Int]

  /// Seven days.
  public static let standard = RetentionPolicy([.daily: 7])

  /// So many of each.
  public init(_ counts: [Period: Int]) { self.counts = counts.filter { $0.value > 0 } }

  /// Reads the number of a `keep-…` setting; nil when it is none.
  public static func count(_ text: String) -> Int? {
    guard text.utf8.count <= 6, let number = Int(text), number >= 0, !text.hasPrefix("+") else { return nil }
    return number
  }

  /// Reads what `BACKUP_RETENTION` may be; nil for anything else.
  ///
  /// It is a number of days (`7`, `7d`) or one for each rule: `keep-daily=7 keep-weekly=4`, `daily=7, weekly=4`.
  public init?(parsing text: String) {
    let words = text.lowercased().split { $0 == " " || $0 == "," }.map(String.init)
    if words.count == 1, let word = words.first {
      if let days = Self.count(word.hasSuffix("d") ? String(word.dropLast()) : word) {
        guard days > 0 else { return nil }
        self.init([.daily: days])
        return
      }
    }
    var counts: [Period: Int] = [:]
    for word in words {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, let count = Self.count(parts[1]) else { return nil }
      let name = parts[0].hasPrefix("keep-") ? String(parts[0].dropFirst(5)) : parts[0]
      guard let period = Period(rawValue: name), counts[period] == nil else { return nil }
      counts[period] = count
    }
    guard !counts.isEmpty else { return nil }
    self.init(counts)
  }

  /// `keep 7 daily, 4 weekly`.
  public var description: String {
    let parts = Period.allCases.compactMap { period in counts[period].map { "\($0) \(period.rawValue)" } }
    return parts.isEmpty ? "keep the last good one only" : "keep " + parts.joined(separator: ", ")
  }
}
