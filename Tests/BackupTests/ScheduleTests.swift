import Backup
import Support
import Testing

@Suite("A schedule")
struct ScheduleTests {
  /// Berlin in 2026: clocks are put forward on March 29 at 01:00 UTC and back on October 25 at 01:00 UTC.
  static let berlin = LocalTime { $0 >= 1_774_746_000 && $0 < 1_792_890_000 ? 7200 : 3600 }

  static func moment(_ text: String, _ local: LocalTime = .utc) throws -> Int64 {
    try #require(MomentText.seconds(text, now: 0, local: local))
  }

  /// The next times, as UTC.
  static func next(_ expression: String, from start: String, _ count: Int, _ local: LocalTime) throws -> [String] {
    let schedule = try Schedule(parsing: expression)
    var moment = try moment(start)
    return try (0..<count).map { _ in
      moment = try #require(schedule.next(after: moment, local: local))
      return Timestamp.text(seconds: moment)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let expression: String
    let start: String
    let expected: [String]
    var testDescription: String { "\(expression) from \(start)" }

    init(_ expression: String, _ start: String, _ expected: String...) {
      self.expression = expression
      self.start = start
      self.expected = expected
    }
  }

  @Test(
    "comes as written",
    arguments: [
      Case("hourly", "2026-11-20T14:00:00Z", "2026-11-20T15:00:00Z", "2026-11-20T16:00:00Z"),
      Case("daily", "2026-11-20T14:02:05Z", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
      Case("weekly", "2026-11-20T14:02:05Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
      Case("monthly", "2026-11-20T14:02:05Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
      Case("Mon..Fri 03:30", "2026-11-20T03:30:00Z", "2026-11-23T03:30:00Z", "2026-11-24T03:30:00Z"),
      Case("mon-fri 3:30", "2026-11-19T03:30:00Z", "2026-11-20T03:30:00Z", "2026-11-23T03:30:00Z"),
      Case("Sat,Sun 12:00", "2026-11-20T14:02:05Z", "2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"),
      Case("*-*-01 04:00", "2026-11-01T04:00:00Z", "2026-12-01T04:00:00Z"),
      Case("*-*~01 23:00", "2027-02-01T00:00:00Z", "2027-02-28T23:00:00Z", "2027-03-31T23:00:00Z"),
      Case("*-02-29", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"),
      Case("Fri *-*-13 18:00:30", "2026-11-20T00:00:00Z", "2027-08-13T18:00:30Z"),
      Case("*:0/20", "2026-11-20T23:41:00Z", "2026-11-21T00:00:00Z", "2026-11-21T00:20:00Z"),
      Case("8..18/5:15,45", "2026-11-20T08:15:00Z", "2026-11-20T08:45:00Z", "2026-11-20T13:15:00Z"),
      Case("05-08", "2026-11-20T00:00:00Z", "2027-05-08T00:00:00Z"),
      Case("2027-01-02 03:04:05 UTC", "2026-11-20T00:00:00Z", "2027-01-02T03:04:05Z"),
      Case("every 6h", "2026-11-20T14:02:05Z", "2026-11-20T20:02:05Z", "2026-11-21T02:02:05Z"),
      Case("every 90m", "2026-11-20T14:02:05Z", "2026-11-20T15:32:05Z"),
      Case("every 2 weeks", "2026-11-20T14:02:05Z", "2026-12-04T14:02:05Z"),
      Case("Every Day", "2026-11-20T14:02:05Z", "2026-11-21T14:02:05Z"),
    ])
  func plain(_ item: Case) throws {
    #expect(try Self.next(item.expression, from: item.start, item.expected.count, .utc) == item.expected)
  }

  @Test(
    "loses no day and doubles none where clocks are changed",
    arguments: [
      // Clocks go from 02:00 to 03:00: right after that. systemd leaves the day out.
      Case(
        "02:30", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"),
      Case("02:00/30", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"),
      Case("03:00", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"),
      Case("hourly", "2026-03-28T23:30:00Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"),
      // And back from 03:00 to 02:00: what has a time comes at the first of the two, what comes every hour at both.
      Case("02:30", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
      Case(
        "hourly", "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"),
      Case("*:0/30", "2026-10-25T00:20:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"),
      Case("daily", "2026-10-24T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
      Case("00:30 UTC", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T00:30:00Z"),
      Case("every 1d", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
    ])
  func clockChanges(_ item: Case) throws {
    #expect(try Self.next(item.expression, from: item.start, item.expected.count, Self.berlin) == item.expected)
  }

  @Test("several together come whenever one of them does")
  func several() throws {
    let parts = try ["Mon..Fri 03:30", "every 2 days", "Sat 12:00"].map { try Schedule(parsing: $0) }
    let all = try #require(Schedule(anyOf: parts))
    #expect(all.description == "Mon..Fri 03:30; every 2 days; Sat 12:00")
    var moment = try Self.moment("2026-11-19T14:00:00Z")
    let found = try (0..<4).map { _ in
      moment = try #require(all.next(after: moment, local: .utc))
      return Timestamp.text(seconds: moment)
    }
    #expect(found == ["2026-11-20T03:30:00Z", "2026-11-21T12:00:00Z", "2026-11-23T03:30:00Z", "2026-11-24T03:30:00Z"])
    #expect(Schedule(anyOf: []) == nil)
  }

  @Test("a change at midnight takes no day away")
  func midnightChange() throws {
    // Clocks that are put forward at midnight, as in Beirut, on 2026-03-29: there is no 00:00 that day.
    let change = try Self.moment("2026-03-28T22:00:00Z")
    let beirut = LocalTime { $0 >= change ? 10_800 : 7200 }
    #expect(
      try Self.next("daily", from: "2026-03-27T12:00:00Z", 3, beirut) == [
        "2026-03-27T22:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z",
      ])
    // And back from 00:00 to 23:00: one midnight.
    let back = try Self.moment("2026-10-24T21:00:00Z")
    let later = LocalTime { $0 >= back ? 7200 : 10_800 }
    #expect(
      try Self.next("daily", from: "2026-10-23T12:00:00Z", 3, later) == [
        "2026-10-23T21:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T22:00:00Z",
      ])
    #expect(
      try Self.next("23:30", from: "2026-10-24T12:00:00Z", 2, later) == [
        "2026-10-24T20:30:00Z", "2026-10-25T21:30:00Z",
      ])
  }

  @Test(
    "that can't be understood is told where and how",
    arguments: [
      ("Mon..Xyz 03:30", 6, "'xyz' is no day of the week"), ("25:00", 1, "hour 25 is not from 0 to 23"),
      ("3:60", 3, "minute 60 is not from 0 to 59"), ("every", 7, "a length of time is missing"),
      ("every 6 parsecs", 7, "'6 parsecs' is no length of time"), ("every 10", 7, "'10' is no length of time"),
      ("every 5s", 7, "less than a minute"), ("sometimes", 1, "'sometimes' is no day of the week"),
      ("*-02-31", 1, "no such day ever comes"), ("", 1, "there is nothing"),
      ("Fri..Mon", 1, "the range ends before it begins"), ("03:30 tomorrow", 7, "'tomorrow' is not expected here"),
      ("03:30 Europe/Berlin", 7, "of time zones only UTC"), ("*-13-01", 3, "month 13 is not from 1 to 12"),
      ("Fri 13", 5, "'13' is not expected here"), ("1..:00", 4, "':00' is no hour"),
      ("3.30", 1, "'3.30' is not expected"), ("*:50/20", 3, "a step of 20 leads past the last minute"),
    ])
  func mistakes(_ expression: String, _ position: Int, _ message: String) throws {
    let error = #expect(throws: ScheduleError.self) { try Schedule(parsing: expression) }
    #expect(error?.position == position, "\(error.map { "\($0)" } ?? "")")
    #expect(error?.message.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    #expect(error?.description.contains("Mon..Fri 03:30") == true)
  }
}
