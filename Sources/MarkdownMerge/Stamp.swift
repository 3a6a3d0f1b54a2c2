/// A date or time in a line that says when something was last changed: the later one is right, whoever wrote it.
struct Stamp {
  /// What stands ahead of the date and behind it.
  let frame: [ArraySlice<UInt8>]
  /// The moment, as numbers from the year down to fractions of a second, in UTC where a zone is given.
  let moment: [Int]

  /// The stamp of a line; nil when it has no date, or more than one, or doesn't say that it is one.
  init?(_ line: ArraySlice<UInt8>) {
    guard Self.speaksOfChange(line), !line.dropLast().contains(.newline) else { return nil }
    var found: (range: Range<Int>, moment: [Int])?
    var place = line.startIndex
    while place < line.endIndex {
      let isStart = place == line.startIndex || !line[place - 1].isWord
      guard isStart, let (end, moment) = Self.date(line[place...]) else {
        place += 1
        continue
      }
      guard found == nil else { return nil }
      found = (place..<end, moment)
      place = end
    }
    guard let found else { return nil }
    frame = [line[..<found.range.lowerBound], line[found.range.upperBound...]]
    moment = found.moment
  }

  /// Whether this is the same stamp, set again: all but the date is the same.
  func isSame(as other: Stamp) -> Bool { frame == other.frame }

  /// Whether this stamp was set before the other.
  func isBefore(_ other: Stamp) -> Bool { moment.lexicographicallyPrecedes(other.moment) }

  private static let words = ["updated", "modified", "changed", "lastmod", "reviewed", "synced", "as of", "timestamp"]

  private static func speaksOfChange(_ line: ArraySlice<UInt8>) -> Bool {
    guard line.count <= 200 else { return false }
    let text = String(decoding: line.map(\.lowercased), as: UTF8.self)
    return words.contains { text.contains($0) }
  }

  /// A date at the start of these bytes: `2026-11-20`, with a time and a zone perhaps, or `November 20, 2026`.
  private static func date(_ bytes: ArraySlice<UInt8>) -> (end: Int, moment: [Int])? {
    var reader = DateReader(rest: bytes)
    if let day = reader.isoDay() {
      let (clock, zone) = reader.clock()
      guard reader.isAtEndOfWord else { return nil }
      return (reader.rest.startIndex, DateReader.moment(day, clock, zone))
    }
    guard let day = reader.writtenDay(), reader.isAtEndOfWord else { return nil }
    return (reader.rest.startIndex, DateReader.moment(day, [], 0))
  }
}

/// Reads a date from the start of some bytes, and goes on behind what it took.
private struct DateReader {
  var rest: ArraySlice<UInt8>

  var isAtEndOfWord: Bool { rest.first?.isWord != true }

  /// `2026-11-20` or `2026/11/20`.
  mutating func isoDay() -> [Int]? {
    var reader = self
    guard let year = reader.number(4), let mark = reader.rest.first, mark == 0x2d || mark == 0x2f else { return nil }
    reader.rest.removeFirst()
    guard let month = reader.number(2), reader.take(mark), let day = reader.number(2), (1...12).contains(month),
      (1...31).contains(day)
    else { return nil }
    self = reader
    return [year, month, day]
  }

  /// `November 20, 2026`, `Nov 20 2026`, `20 November 2026`.
  mutating func writtenDay() -> [Int]? {
    var reader = self
    if let month = reader.month() {
      guard reader.take(.space), let day = reader.shortNumber(), (1...31).contains(day) else { return nil }
      _ = reader.take(UInt8(ascii: ","))
      guard reader.take(.space), let year = reader.number(4) else { return nil }
      self = reader
      return [year, month, day]
    }
    guard let day = reader.shortNumber(), (1...31).contains(day), reader.take(.space), let month = reader.month()
    else { return nil }
    _ = reader.take(UInt8(ascii: ","))
    guard reader.take(.space), let year = reader.number(4) else { return nil }
    self = reader
    return [year, month, day]
  }

  /// `T14:02`, ` 14:02:59.5 UTC`, `T14:02+01:00`: hours, minutes, seconds, and the zone in minutes.
  mutating func clock() -> ([Int], Int) {
    var reader = self
    guard reader.take(UInt8(ascii: "T")) || reader.take(.space) || reader.take(UInt8(ascii: "t")),
      let hour = reader.number(2), reader.take(UInt8(ascii: ":")), let minute = reader.number(2), hour < 24,
      minute < 60
    else { return ([], 0) }
    var parts = [hour, minute]
    if reader.rest.first == UInt8(ascii: ":") {
      reader.rest.removeFirst()
      guard let second = reader.number(2) else { return ([], 0) }
      parts.append(second)
      if reader.rest.first == UInt8(ascii: "."), let digit = reader.rest.dropFirst().first, digit.isDigit {
        reader.rest.removeFirst()
        let digits = reader.rest.prefix { $0.isDigit }
        reader.rest = reader.rest.dropFirst(digits.count)
        // Nanoseconds, so that .5 is later than .25.
        let nanoseconds = (Array(digits.prefix(9)) + Array(repeating: UInt8(ascii: "0"), count: 9)).prefix(9)
        parts.append(Int(String(decoding: nanoseconds, as: UTF8.self)) ?? 0)
      }
    }
    let zone = reader.zone()
    self = reader
    return (parts, zone)
  }

  private mutating func zone() -> Int {
    var reader = self
    if reader.take(UInt8(ascii: "Z")) {
      self = reader
      return 0
    }
    _ = reader.take(.space)
    if reader.rest.starts(with: Array("UTC".utf8)) {
      reader.rest = reader.rest.dropFirst(3)
      self = reader
      return 0
    }
    reader = self
    guard let sign = reader.rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return 0 }
    reader.rest.removeFirst()
    guard let hours = reader.number(2) else { return 0 }
    _ = reader.take(UInt8(ascii: ":"))
    guard let minutes = reader.number(2) else { return 0 }
    self = reader
    return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
  }

  /// The parts as one list that can be compared: minutes since some day, then seconds, then their fractions.
  static func moment(_ day: [Int], _ clock: [Int], _ zone: Int) -> [Int] {
    let minutes = dayNumber(day) * 1440
    guard clock.count >= 2 else { return [minutes] }
    return [minutes + clock[0] * 60 + clock[1] - zone] + clock.dropFirst(2)
  }

  /// Days since the first of March of year 0, counting years from March so that a leap day ends one.
  private static func dayNumber(_ day: [Int]) -> Int {
    let year = day[1] > 2 ? day[0] : day[0] - 1
    let month = (day[1] + 9) % 12
    return year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day[2]
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func number(_ count: Int) -> Int? {
    let digits = rest.prefix { $0.isDigit }
    guard digits.count == count else { return nil }
    rest = rest.dropFirst(count)
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private mutating func shortNumber() -> Int? {
    let digits = rest.prefix { $0.isDigit }
    guard (1...2).contains(digits.count) else { return nil }
    rest = rest.dropFirst(digits.count)
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
  ]

  private mutating func month() -> Int? {
    let word = rest.prefix { $0.isWord && !$0.isDigit }
    guard word.count >= 3 else { return nil }
    let text = String(decoding: word.map(\.lowercased), as: UTF8.self)
    guard let month = Self.months.firstIndex(where: { $0 == text || $0.prefix(3) == text }) else { return nil }
    rest = rest.dropFirst(word.count)
    if rest.first == UInt8(ascii: ".") { rest.removeFirst() }
    return month + 1
  }
}
