/// Moments as people write them: RFC 3339, `2026-11-20`, `2026-11-20 14:02`, `2 days ago`.
public enum MomentText {
  /// What is said of a text that is none of these.
  public static let examples =
    "2026-11-20, '2026-11-20 14:02', 2026-11-20T14:02:05Z, '30 minutes ago', '5 hours ago', '2 days ago', '3 weeks ago'"

  /// The moment that a text means, in seconds since 1970; nil when it is none.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - now: The moment that `ago` counts from.
  ///   - local: Where dates and times without an offset are meant; a date alone is its midnight.
  /// - Returns: The moment.
  public static func seconds(_ text: String, now: Int64, local: LocalTime) -> Int64? {
    let words = text.lowercased().split(separator: " ").map(String.init)
    if words.count == 3, words[2] == "ago" { return ago(words[0], words[1], now, local) }
    if words == ["now"] { return now }
    var rest = Array(text.utf8)[...]
    guard let date = date(&rest) else { return nil }
    if rest.isEmpty { return wall(date, (0, 0, 0)).map(local.moment) }
    guard let separator = rest.popFirst(), [0x20, UInt8(ascii: "T"), UInt8(ascii: "t")].contains(separator),
      let time = time(&rest), let wall = wall(date, time)
    else { return nil }
    if rest.isEmpty { return local.moment(of: wall) }
    return offset(rest).map { wall - $0 }
  }

  private static func ago(_ count: String, _ unit: String, _ now: Int64, _ local: LocalTime) -> Int64? {
    guard let number = count == "a" || count == "an" ? 1 : Digits.number(Array(count.utf8)), number < 1 << 30
    else { return nil }
    switch unit.hasSuffix("s") ? String(unit.dropLast()) : unit {
    case "second": return now - number
    case "minute": return now - number * 60
    case "hour": return now - number * 3600
    // The same time of day, also where clocks were changed in between.
    case "day": return local.moment(of: now + local.offset(at: now) - number * 86_400)
    case "week": return local.moment(of: now + local.offset(at: now) - number * 604_800)
    default: return nil
    }
  }

  private static func date(_ rest: inout ArraySlice<UInt8>) -> (Int, Int, Int)? {
    guard let year = digits(4, &rest), take(UInt8(ascii: "-"), &rest), let month = digits(2, &rest),
      take(UInt8(ascii: "-"), &rest), let day = digits(2, &rest)
    else { return nil }
    return (year, month, day)
  }

  private static func time(_ rest: inout ArraySlice<UInt8>) -> (Int, Int, Int)? {
    guard let hour = digits(2, &rest), take(UInt8(ascii: ":"), &rest), let minute = digits(2, &rest) else {
      return nil
    }
    guard take(UInt8(ascii: ":"), &rest) else { return (hour, minute, 0) }
    guard let second = digits(2, &rest) else { return nil }
    if take(UInt8(ascii: "."), &rest) {
      guard let first = rest.first, Digits.isDigit(first) else { return nil }
      rest = rest.drop(while: Digits.isDigit)
    }
    // A leap second is the one after the last.
    return (hour, minute, min(second, 59))
  }

  private static func offset(_ text: ArraySlice<UInt8>) -> Int64? {
    if text.count == 1, let letter = text.first, letter | 0x20 == UInt8(ascii: "z") { return 0 }
    var rest = text
    guard let sign = rest.popFirst(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      let hours = digits(2, &rest), take(UInt8(ascii: ":"), &rest), let minutes = digits(2, &rest), rest.isEmpty,
      hours < 24, minutes < 60
    else { return nil }
    return Int64(hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
  }

  private static func wall(_ date: (Int, Int, Int), _ time: (Int, Int, Int)) -> Int64? {
    CivilTime(year: date.0, month: date.1, day: date.2, hour: time.0, minute: time.1, second: time.2)?.wallSeconds
  }

  private static func digits(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> Int? {
    guard rest.count >= count, let number = Digits.number(rest.prefix(count)) else { return nil }
    rest = rest.dropFirst(count)
    return Int(number)
  }

  private static func take(_ byte: UInt8, _ rest: inout ArraySlice<UInt8>) -> Bool {
    guard rest.first == byte else { return false }
    rest = rest.dropFirst()
    return true
  }
}
