import Backup
import Support
import Testing

@Suite("Retention")
struct RetentionTests {
  static func backup(_ text: String) throws -> Backup {
    let seconds = try #require(MomentText.seconds(text, now: 0, local: .utc))
    return Backup(id: BackupStamp.text(seconds), seconds: seconds, place: "x", manifest: nil, state: .complete)
  }

  /// The reasons for each backup, newest first.
  static func decide(
    _ policy: RetentionPolicy, _ times: [String], _ local: LocalTime = .utc
  ) throws -> [String: [String]] {
    let backups = try times.map(backup)
    let now = try #require(backups.map(\.seconds).max())
    let decisions = policy.decide(backups.shuffled(), now: now, local: local)
    #expect(decisions.map(\.backup.seconds) == backups.map(\.seconds).sorted(by: >))
    #expect(decisions.allSatisfy { $0.isKept == !$0.reasons.isEmpty })
    return Dictionary(
      uniqueKeysWithValues: decisions.map { (Timestamp.text(seconds: $0.backup.seconds), $0.reasons) })
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let policy: RetentionPolicy
    /// Times, oldest first, with the rules that keep them.
    let expected: KeyValuePairs<String, [String]>
    var testDescription: String { name }
  }

  @Test(
    "keeps by the rules that restic has",
    arguments: [
      Case(
        name: "the newest of each day", policy: .standard,
        expected: [
          "2026-11-12T03:30:00Z": [], "2026-11-13T03:30:00Z": [], "2026-11-14T03:30:00Z": ["daily"],
          "2026-11-15T03:30:00Z": ["daily"], "2026-11-16T03:30:00Z": ["daily"], "2026-11-17T03:30:00Z": ["daily"],
          "2026-11-18T03:30:00Z": ["daily"], "2026-11-19T03:30:00Z": ["daily"], "2026-11-20T03:30:00Z": [],
          "2026-11-20T14:00:00Z": ["daily"],
        ]),
      Case(
        name: "days without a backup don't count", policy: RetentionPolicy([.daily: 3]),
        expected: [
          "2026-09-01T03:30:00Z": [], "2026-09-30T03:30:00Z": ["daily"], "2026-10-15T03:30:00Z": ["daily"],
          "2026-11-20T03:30:00Z": ["daily"],
        ]),
      Case(
        name: "while a rule has some left, the oldest stays", policy: RetentionPolicy([.daily: 3]),
        expected: [
          "2026-11-19T01:00:00Z": ["oldest daily"], "2026-11-19T02:00:00Z": [], "2026-11-19T03:00:00Z": ["daily"],
          "2026-11-20T03:30:00Z": ["daily"],
        ]),
      Case(
        name: "rules add up", policy: RetentionPolicy([.last: 2, .hourly: 2, .daily: 2, .weekly: 2, .monthly: 2]),
        expected: [
          "2026-09-30T10:00:00Z": [], "2026-10-30T10:00:00Z": [], "2026-10-31T10:00:00Z": ["monthly"],
          "2026-11-13T09:00:00Z": [], "2026-11-15T09:00:00Z": ["weekly"], "2026-11-16T09:00:00Z": [],
          "2026-11-18T09:00:00Z": [], "2026-11-19T23:10:00Z": ["daily"], "2026-11-20T09:00:00Z": [],
          "2026-11-20T09:59:00Z": ["hourly"], "2026-11-20T10:00:00Z": ["last"],
          "2026-11-20T10:30:00Z": ["last", "hourly", "daily", "weekly", "monthly"],
        ]),
      Case(
        name: "never below the last good one", policy: RetentionPolicy([:]),
        expected: ["2026-11-18T09:00:00Z": [], "2026-11-19T23:10:00Z": ["last good"]]),
      Case(
        name: "weeks begin on Monday, also around New Year", policy: RetentionPolicy([.weekly: 2]),
        expected: [
          "2026-12-27T09:00:00Z": ["weekly"], "2026-12-28T09:00:00Z": [], "2027-01-03T23:59:59Z": ["weekly"],
        ]),
    ])
  func rules(_ item: Case) throws {
    let decided = try Self.decide(item.policy, item.expected.map(\.key))
    for (time, reasons) in item.expected { #expect(decided[time] == reasons, "\(time)") }
    #expect(decided.count == item.expected.count)
  }

  @Test("what bears a time to come stays, and takes no other's place")
  func clockGoneWrong() throws {
    let times = ["2026-11-19T03:30:00Z", "2026-11-20T03:30:00Z", "2027-11-20T03:30:00Z", "2027-11-21T03:30:00Z"]
    let backups = try times.map(Self.backup)
    func kept(_ now: String) throws -> [Bool] {
      let now = try #require(MomentText.seconds(now, now: 0, local: .utc))
      return RetentionPolicy([.daily: 1]).decide(backups, now: now, local: .utc).reversed().map(\.isKept)
    }
    #expect(try kept("2026-11-20T03:31:00Z") == [false, true, true, true])
    // When it has come, they are backups like any other.
    #expect(try kept("2027-11-21T03:31:00Z") == [false, false, false, true])
  }

  @Test("days begin where the machine is")
  func zones() throws {
    let times = ["2026-11-19T22:30:00Z", "2026-11-19T23:30:00Z"]
    let policy = RetentionPolicy([.daily: 1])
    #expect(try Self.decide(policy, times).values.map(\.count).reduce(0, +) == 1)
    #expect(
      try Self.decide(RetentionPolicy([.daily: 2]), times, LocalTime { _ in 3600 })
        == ["2026-11-19T22:30:00Z": ["daily"], "2026-11-19T23:30:00Z": ["daily"]])
  }

  @Test(
    "BACKUP_RETENTION",
    arguments: [
      ("7", [.daily: 7]), ("30d", [.daily: 30]), ("keep-daily=7 keep-weekly=4", [.daily: 7, .weekly: 4]),
      ("daily=7,weekly=4, monthly=6", [.daily: 7, .weekly: 4, .monthly: 6]), ("last=1", [.last: 1]), ("0", nil),
      ("-1", nil), ("forever", nil), ("yearly=1", nil), ("daily=x", nil), ("daily=1,daily=2", nil), ("", nil),
    ] as [(String, [RetentionPolicy.Period: Int]?)])
  func environment(_ text: String, _ expected: [RetentionPolicy.Period: Int]?) {
    #expect(RetentionPolicy(parsing: text) == expected.map { RetentionPolicy($0) })
  }
}
