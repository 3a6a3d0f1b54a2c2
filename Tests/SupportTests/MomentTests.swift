import Glibc
import Support
import Testing

@Suite("Dates, times and time zones")
struct MomentTests {
  @Test(
    "a civil time is what the C library makes of the moment",
    arguments: Array(stride(from: Int64(-800), to: 60_000, by: 977)))
  func civil(days: Int64) throws {
    for second in [0, 1, 43_199, 86_399] as [Int64] {
      let wall = days * 86_400 + second
      var (time, parts) = (time_t(wall), tm())
      gmtime_r(&time, &parts)
      let civil = CivilTime(wallSeconds: wall)
      #expect(civil.year == Int(parts.tm_year) + 1900 && civil.month == Int(parts.tm_mon) + 1)
      #expect(civil.day == Int(parts.tm_mday) && civil.hour == Int(parts.tm_hour))
      #expect(civil.minute == Int(parts.tm_min) && civil.second == Int(parts.tm_sec))
      #expect(civil.weekday == (Int(parts.tm_wday) + 6) % 7)
      #expect(
        CivilTime(
          year: civil.year, month: civil.month, day: civil.day, hour: civil.hour, minute: civil.minute,
          second: civil.second) == civil)
    }
  }

  @Test(
    "there is no such day or time",
    arguments: [
      (2026, 2, 29, 0), (2100, 2, 29, 0), (2026, 4, 31, 0), (2026, 13, 1, 0), (2026, 0, 1, 0), (2026, 1, 1, 24),
    ])
  func impossible(_ year: Int, _ month: Int, _ day: Int, _ hour: Int) {
    #expect(CivilTime(year: year, month: month, day: day, hour: hour) == nil)
  }

  @Test(
    "a moment as people write it",
    arguments: [
      ("2026-11-20", "2026-11-19T23:00:00Z"), ("2026-11-20 14:02", "2026-11-20T13:02:00Z"),
      ("2026-11-20T14:02:05", "2026-11-20T13:02:05Z"), ("2026-11-20T14:02:05Z", "2026-11-20T14:02:05Z"),
      ("2026-11-20T14:02:05.75+05:30", "2026-11-20T08:32:05Z"), ("2026-07-01 12:00", "2026-07-01T10:00:00Z"),
      ("now", "2026-11-20T12:00:00Z"), ("30 minutes ago", "2026-11-20T11:30:00Z"),
      ("An hour ago", "2026-11-20T11:00:00Z"), ("2 days ago", "2026-11-18T12:00:00Z"),
      // The same time of day, though clocks were an hour ahead then.
      ("4 weeks ago", "2026-10-23T11:00:00Z"), ("2026-02-29", nil), ("2026-11-20 24:00", nil), ("yesterday-ish", nil),
      ("2 parsecs ago", nil), ("-2 days ago", nil), ("99999999999999999999 days ago", nil), ("2026-11-20Z", nil),
      ("2026-11-20 14:02:05.Z", nil), ("", nil),
    ] as [(String, String?)])
  func moments(_ text: String, _ expected: String?) throws {
    // Berlin: summer time until October 25.
    let berlin = LocalTime { $0 >= 1_774_746_000 && $0 < 1_792_890_000 ? 7200 : 3600 }
    let now = try #require(MomentText.seconds("2026-11-20T12:00:00Z", now: 0, local: .utc))
    #expect(MomentText.seconds(text, now: now, local: berlin).map { Timestamp.text(seconds: $0) } == expected)
  }

  @Test("a digest of pieces is that of the whole", arguments: [0, 1, 63, 64, 1000])
  func digest(_ count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let digest = SHA256Digest()
    for byte in bytes { withUnsafeBytes(of: byte) { digest.update($0) } }
    #expect(digest.finish() == sha256(bytes))
  }
}
