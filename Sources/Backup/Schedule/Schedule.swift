public import Support

/// When something is to be done again and again.
public struct Schedule: Hashable, Sendable, CustomStringConvertible {
  private enum Rule: Hashable {
    /// So many seconds after the last time.
    case interval(Int64)
    case calendar(CalendarSchedule)
  }

  /// How often at most, and how rarely at least, in seconds.
  public static let intervals: ClosedRange<Int64> = 60...31_536_000

  /// It comes whenever one of them does.
  private let rules: [Rule]
  /// As it was written.
  public let description: String

  /// Reads `daily`, `Mon..Fri 03:30`, `every 6h` and their like.
  ///
  /// - Throws: ``ScheduleError``, naming the part that can't be understood.
  public init(parsing text: String) throws(ScheduleError) {
    let text = text.split(separator: " ").joined(separator: " ")
    description = text
    let words = text.lowercased().split(separator: " ").map(String.init)
    guard words.first == "every" else {
      rules = [.calendar(try CalendarSchedule(parsing: text))]
      return
    }
    let place = 7
    guard words.count > 1 else { throw ScheduleError(text, at: place, "a length of time is missing behind 'every'") }
    guard let seconds = Self.seconds(words.dropFirst()) else {
      throw ScheduleError(
        text, at: place, "'\(words.dropFirst().joined(separator: " "))' is no length of time (30m, 6h, 1d, 2 weeks)")
    }
    guard Self.intervals.contains(seconds) else {
      throw ScheduleError(text, at: place, "less than a minute or more than a year is not possible")
    }
    rules = [.interval(seconds)]
  }

  /// Whenever one of several comes; nil: there are none.
  public init?(anyOf schedules: [Schedule]) {
    guard !schedules.isEmpty else { return nil }
    rules = schedules.flatMap(\.rules)
    description = schedules.map(\.description).joined(separator: "; ")
  }

  /// Every so many seconds.
  public init(everySeconds seconds: Int64) {
    let seconds = min(max(seconds, Self.intervals.lowerBound), Self.intervals.upperBound)
    rules = [.interval(seconds)]
    description = "every \(DurationText.text(seconds))"
  }

  private static func seconds(_ words: ArraySlice<String>) -> Int64? {
    let units: [String: Int64] = ["minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_592_000]
    func unit(_ word: String) -> Int64? { units[word.hasSuffix("s") ? String(word.dropLast()) : word] }
    if words.count == 1, let word = words.first {
      // A bare number has no unit that everybody would guess.
      return unit(word) ?? (word.last?.isLetter == true ? DurationText.seconds(word) : nil)
    }
    guard words.count == 2, let count = words.first.flatMap({ Int64($0) }), (1...100_000).contains(count),
      let seconds = words.last.flatMap(unit)
    else { return nil }
    return count * seconds
  }

  /// The first time after a moment, at which it was done last; nil when it never comes again.
  public func next(after moment: Int64, local: LocalTime) -> Int64? {
    rules.compactMap { rule in
      switch rule {
      case .interval(let seconds): moment + seconds
      case .calendar(let calendar): calendar.next(after: moment, local: local)
      }
    }.min()
  }
}
