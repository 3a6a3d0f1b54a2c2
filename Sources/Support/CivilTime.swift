/// A date and a time of day as a wall shows them, in the Gregorian calendar; it says nothing of a time zone.
public struct CivilTime: Hashable, Sendable {
  /// The year.
  public let year: Int
  /// From 1.
  public let month: Int
  /// Of the month, from 1.
  public let day: Int
  /// Seconds since midnight.
  public let secondOfDay: Int
  /// Seconds from the first moment of 1970 on that same wall.
  public let wallSeconds: Int64

  /// The date and time so many seconds after the first moment of 1970 on that wall.
  public init(wallSeconds: Int64) {
    self.wallSeconds = wallSeconds
    let days = Self.days(wallSeconds)
    secondOfDay = Int(wallSeconds - days * 86_400)
    // Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day is the last one.
    let shifted = days + 719_468
    let era = Self.floor(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
  }

  /// A date and time; nil when there is no such day or time.
  public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    guard (1...9999).contains(year), (1...12).contains(month), (1...Self.length(of: month, in: year)).contains(day),
      (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second)
    else { return nil }
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    self.init(wallSeconds: Int64(days * 86_400 + hour * 3600 + minute * 60 + second))
  }

  /// Hours since midnight.
  public var hour: Int { secondOfDay / 3600 }
  /// Minutes of the hour.
  public var minute: Int { secondOfDay / 60 % 60 }
  /// Seconds of the minute.
  public var second: Int { secondOfDay % 60 }
  /// Days since Monday.
  public var weekday: Int { Int(Self.days(wallSeconds) + 3 - Self.floor(Self.days(wallSeconds) + 3, 7) * 7) }
  /// A number that rises with each Monday.
  public var week: Int64 { Self.floor(Self.days(wallSeconds) + 3, 7) }

  /// How many days a month has.
  public static func length(of month: Int, in year: Int) -> Int {
    if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
    return [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// `2026-11-20 14:02`.
  public var text: String { "\(dateText) \(Self.two(hour)):\(Self.two(minute))" }

  /// `2026-11-20`.
  public var dateText: String {
    let digits = String(year)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "-\(Self.two(month))-\(Self.two(day))"
  }

  static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  static func days(_ wallSeconds: Int64) -> Int64 { floor(wallSeconds, 86_400) }

  private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : (value - divisor + 1) / divisor
  }
}
