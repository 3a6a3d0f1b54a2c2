import Backup
import Glibc
import Support
import TestSupport
import Testing

/// systemd's own reading of calendar expressions.
enum SystemdCalendar {
  static let isThere = access("/usr/bin/systemd-analyze", X_OK) == 0

  /// The next times after a moment, in seconds since 1970; nil when systemd refuses the expression.
  static func next(_ expression: String, after base: String, _ count: Int, zone: String) throws -> [Int64]? {
    let result = try Tool.run(
      "systemd-analyze", ["calendar", "--base-time=\(base)", "--iterations=\(count)", expression],
      environment: ["TZ": zone])
    guard result.status == 0 else { return nil }
    return result.output.split(separator: "\n").compactMap { line in
      let text = line.drop { $0 == " " }
      guard text.hasPrefix("Next elapse:") || text.hasPrefix("Iter.") || text.hasPrefix("(in UTC):"),
        text.hasSuffix(" UTC")
      else { return nil }
      let words = text.split(separator: " ")
      return MomentText.seconds("\(words[words.count - 3])T\(words[words.count - 2])Z", now: 0, local: .utc)
    }
  }
}

@Suite("A calendar expression, read as systemd reads it", .enabled(if: SystemdCalendar.isThere))
struct CalendarOracleProcessTests {
  private func compare(_ expression: String, _ base: String, zone: String, _ local: LocalTime) throws {
    let expected = try SystemdCalendar.next(expression, after: base, 12, zone: zone)
    guard let expected else {
      #expect(throws: ScheduleError.self, "\(expression)") { try CalendarSchedule(parsing: expression) }
      return
    }
    // What never comes is an error here.
    guard !expected.isEmpty else {
      let schedule = try? CalendarSchedule(parsing: expression)
      let start = try #require(MomentText.seconds(base, now: 0, local: local))
      #expect(schedule?.next(after: start, local: local) == nil, "\(expression)")
      return
    }
    let schedule = try CalendarSchedule(parsing: expression)
    var moment = try #require(MomentText.seconds(base, now: 0, local: local))
    for time in expected {
      moment = try #require(schedule.next(after: moment, local: local), "\(expression) after \(moment)")
      #expect(moment == time, "\(expression) in \(zone): \(Timestamp.text(seconds: moment))")
    }
  }

  @Test(
    "the ones that people write",
    arguments: [
      "minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly", "annually",
      "Mon..Fri 03:30", "Sat,Sun 12:00", "*-*-01 04:00", "Mon-Fri 03:30", "*-*~01", "*-02-29", "12:00", "*:0/15",
      "00/2:00", "*-*-* 03:30 UTC", "mon 3:30", "3:30:00", "*-1,7-1", "05-08", "Fri *-*-13",
      "Mon,Tue..Thu,Sun *-*-7,14..20/2 8..18/3:15", "*-02~01..05 23:59:59", "*-*~10/3", "*-*~2..20/4",
      "2027-*-05,15 00:00", "Xyz", "25:00",
      "Fri 13", "3:60", "*-13-01", "Fri..Mon", "*-02-31", "Wednesday", "wed..SUNDAY 1:2:3", "*/2:00", "1..:00",
    ])
  func common(_ expression: String) throws {
    try compare(expression, "2026-11-20 14:02:05", zone: "UTC", .utc)
    try compare(expression, "2028-02-28 23:59:59", zone: "UTC", .utc)
  }

  @Test("the same where clocks are changed, for times that are not changed over")
  func berlin() throws {
    for expression in ["daily", "Mon..Sun 04:15", "00,05..23/3:30", "*-*-25..31 12:00"] {
      try compare(expression, "2026-03-26 12:00", zone: "Europe/Berlin", ScheduleTests.berlin)
      try compare(expression, "2026-10-22 12:00", zone: "Europe/Berlin", ScheduleTests.berlin)
    }
  }

  @Test("any that can be put together", arguments: 1...40)
  func generated(seed: UInt64) throws {
    var random = Seeded(seed)
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    func field(_ range: ClosedRange<Int>) -> String {
      guard number(0...2) > 0 else { return "*" }
      return (0..<number(1...3)).map { _ in
        // systemd refuses steps, also those of a range, that lead past the end.
        let first = number(range.lowerBound...range.upperBound - 4)
        switch number(0...3) {
        case 0: return "\(first)..\(number(first...range.upperBound))"
        case 1: return "\(first)/\(number(1...4))"
        case 2: return "\(first)..\(number(first...range.upperBound))/\(number(1...4))"
        default: return "\(first)"
        }
      }.joined(separator: ",")
    }
    var words: [String] = []
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    if number(0...2) == 0 {
      let first = number(0...6)
      words.append(number(0...1) == 0 ? days[first] : "\(days[first])..\(days[number(first...6)])")
    }
    if number(0...2) > 0 { words.append("*-\(field(1...12))\(number(0...4) == 0 ? "~" : "-")\(field(1...28))") }
    if number(0...3) > 0 { words.append("\(field(0...23)):\(field(0...59)):\(number(0...59))") }
    guard !words.isEmpty else { return }
    try compare(words.joined(separator: " "), "2026-11-20 14:02:05", zone: "UTC", .utc)
  }
}

/// A small generator with a seed, so that a failure can be played again.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
