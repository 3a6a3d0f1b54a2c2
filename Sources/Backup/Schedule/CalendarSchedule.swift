import Support

/// A calendar expression as systemd.time(7) has it: days of the week, date, time of day.
public struct CalendarSchedule: Hashable, Sendable {
  static let years = 1970...2199

  /// Days since Monday.
  var weekdays = CalendarField.any
  var years = CalendarField.any
  var months = CalendarField.any
  var days = CalendarField.any
  /// Whether days are counted from the month's end, 1 being the last.
  var countsFromEnd = false
  var hours = CalendarField(values: [0])
  var minutes = CalendarField(values: [0])
  var seconds = CalendarField(values: [0])
  /// Whether times are those of UTC and not of this machine.
  var isUTC = false

  private static let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

  /// systemd's words for the most common ones.
  private static let shorthands = [
    "minutely": "*:*", "hourly": "*:00", "daily": "00:00", "weekly": "Mon 00:00", "monthly": "*-*-01 00:00",
    "quarterly": "*-01,04,07,10-01", "semiannually": "*-01,07-01", "yearly": "*-01-01", "annually": "*-01-01",
  ]

  /// Reads an expression, such as `Mon..Fri 03:30`.
  ///
  /// - Throws: ``ScheduleError`` for one that can't be understood, or that never comes.
  public init(parsing expression: String) throws(ScheduleError) {
    var text = ScheduleText(Self.shorthands[expression.lowercased()] ?? expression)
    text.skipBlanks()
    guard !text.isAtEnd else { throw text.error("there is nothing") }
    if text.current?.isLetter == true, text.word.uppercased() != "UTC" { try readWeekdays(&text) }
    text.skipBlanks()
    let word = text.word
    if !word.contains(":"), word.contains("-") || word.contains("~") { try readDate(&text) }
    text.skipBlanks()
    if text.word.contains(":") { try readTime(&text) }
    text.skipBlanks()
    if ["UTC", "Z"].contains(text.word.uppercased()) {
      _ = text.takeLetters()
      isUTC = true
    }
    text.skipBlanks()
    guard text.isAtEnd else { throw text.error(Self.complaint(text.word)) }
    let start = CivilTime(year: Self.years.lowerBound, month: 1, day: 1)?.wallSeconds ?? 0
    guard next(after: start - 86_400, local: .utc) != nil else { throw text.error("no such day ever comes", at: 0) }
  }

  private static func complaint(_ word: String) -> String {
    if word.contains("/") && word.contains(where: \.isUppercase) {
      return "of time zones only UTC can be named; without one this machine's is meant"
    }
    return "'\(word)' is not expected here (days of the week, then date, then time)"
  }

  private mutating func readWeekdays(_ text: inout ScheduleText) throws(ScheduleError) {
    var found: Set<Int> = []
    repeat {
      let place = text.index
      let first = try Self.weekday(&text)
      var last = first
      if text.take("..") || text.take("-") { last = try Self.weekday(&text) }
      guard first <= last else {
        throw text.error("the range ends before it begins (weeks begin on Monday)", at: place)
      }
      found.formUnion(first...last)
    } while text.take(",")
    if let next = text.current, next != " " {
      throw text.error("'\(text.word)' is not expected behind a day of the week")
    }
    weekdays = CalendarField(values: found.sorted())
  }

  private static func weekday(_ text: inout ScheduleText) throws(ScheduleError) -> Int {
    let place = text.index
    let word = text.takeLetters().lowercased()
    guard word.count >= 3, let day = names.firstIndex(where: { $0 == word || $0.prefix(3) == word }) else {
      throw text.error(
        "'\(word.isEmpty ? text.word : word)' is no day of the week (Mon, Tue, Wed, Thu, Fri, Sat, Sun)", at: place)
    }
    return day
  }

  private mutating func readDate(_ text: inout ScheduleText) throws(ScheduleError) {
    let separators = text.word.filter { $0 == "-" || $0 == "~" }.count
    if separators > 1 {
      years = try CalendarField(&text, Self.years, "year")
      guard text.take("-") else { throw text.error("a '-' is missing behind the year") }
    }
    months = try CalendarField(&text, 1...12, "month")
    if text.take("~") {
      countsFromEnd = true
    } else if !text.take("-") {
      throw text.error("a '-' is missing behind the month")
    }
    days = try CalendarField(&text, 1...31, "day", isReversed: countsFromEnd)
  }

  private mutating func readTime(_ text: inout ScheduleText) throws(ScheduleError) {
    hours = try CalendarField(&text, 0...23, "hour")
    guard text.take(":") else { throw text.error("a ':' is missing behind the hour") }
    minutes = try CalendarField(&text, 0...59, "minute")
    if text.take(":") { seconds = try CalendarField(&text, 0...59, "second") }
  }
}
