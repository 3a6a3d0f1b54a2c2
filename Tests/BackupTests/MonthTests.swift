import Backup
import FoundationEssentials
import History
import Support
import TestSupport
import Testing

/// A month of backups, with a clock that the test turns.
private final class Month {
  let bench: Workbench
  let local: LocalTime
  let timing: BackupTiming
  let settings: TargetSettings
  private let target: FailingTarget
  private let state: BackupState
  /// When each run began, and whether it was a good one.
  private(set) var runs: [(moment: Int64, isGood: Bool)] = []
  /// What a plain reading of the rules would have kept.
  private(set) var expected: Set<Int64> = []

  init(_ schedule: String, _ retention: RetentionPolicy, jitter: Int64? = 0, _ local: LocalTime) throws {
    bench = try Workbench()
    try bench.fill(versions: 1)
    self.local = local
    timing = BackupTiming(try Schedule(parsing: schedule), jitter: jitter, seed: "seed")
    settings = TargetSettings(
      name: "month", kind: .bundle(directory: bench.place("b")), schedule: nil, retention: retention, jitter: nil)
    target = FailingTarget(BundleTarget(bench.subject, directory: bench.place("b"), mayMakeDirectory: true))
    state = BackupState(bench.root.path)
  }

  /// Lets time pass; the machine sleeps, and the target fails, in the given spans.
  func pass(
    from start: Int64, to end: Int64, asleep: [Range<Int64>] = [], failing: [Range<Int64>] = []
  ) throws {
    var now = start
    while true {
      let past = state.pasts()["month"] ?? BackupPast()
      guard var next = timing.next(after: past, now: now, local: local) else { return }
      next = max(next, now)
      if let sleep = asleep.first(where: { $0.contains(next) }) { next = sleep.upperBound }
      guard next < end else { return }
      now = next
      target.isFailing = failing.contains { $0.contains(now) }
      var after = past
      do {
        let outcome = try BackupRun(settings, target, local: local).make(
          bench.job(at: now), after: past, isAsked: false)
        #expect(outcome.pruneProblem == nil)
        after.noteSuccess(at: now, backup: outcome.backup.id)
        expected = plainly(expected.union([now]))
      } catch {
        after.noteFailure(at: now, "\(error)")
      }
      runs.append((now, !target.isFailing))
      try state.note("month", after)
    }
  }

  var kept: Set<Int64> { get throws { Set(try target.list().map(\.seconds)) } }

  /// The rules, written down another way: for each period the newest of its last days (weeks, …), and the oldest of all
  /// where there are not that many.
  private func plainly(_ moments: Set<Int64>) -> Set<Int64> {
    var kept: Set<Int64> = []
    for (period, count) in settings.retention.counts {
      var newest: [String: Int64] = [:]
      for moment in moments {
        let name = name(of: period, moment)
        newest[name] = max(newest[name] ?? .min, moment)
      }
      kept.formUnion(newest.values.sorted(by: >).prefix(count))
      if newest.count < count, let oldest = moments.min() { kept.insert(oldest) }
    }
    if let last = moments.max() { kept.insert(last) }
    return kept
  }

  private func name(of period: RetentionPolicy.Period, _ moment: Int64) -> String {
    let time = local.civil(at: moment)
    switch period {
    case .last: return "\(moment)"
    case .hourly: return "\(time.dateText) \(time.hour)"
    case .daily: return time.dateText
    case .weekly: return "\(CivilTime(wallSeconds: time.wallSeconds - Int64(time.weekday) * 86_400).dateText)"
    case .monthly: return "\(time.dateText.prefix(7))"
    }
  }
}

/// A target that can be made to fail.
private final class FailingTarget: BackupTarget {
  let base: BundleTarget
  var isFailing = false

  init(_ base: BundleTarget) { self.base = base }

  var place: String { base.place }
  func list() throws(BackupError) -> [Backup] { try base.list() }
  func clean(now: Int64) throws(BackupError) { try base.clean(now: now) }
  func create(_ job: BackupJob) throws(BackupError) -> Backup {
    if isFailing { throw BackupError(.place, place, "is not there today") }
    return try base.create(job)
  }
  func verify(_ backup: Backup, _ drill: BackupDrill) throws(BackupError) -> DrillReport {
    try base.verify(backup, drill)
  }
  func load(_ backup: Backup, into history: History, _ watch: BackupWatch) throws(BackupError) {
    try base.load(backup, into: history, watch)
  }
  func delete(_ backup: Backup) throws(BackupError) { try base.delete(backup) }
}

@Suite("A month of scheduled backups")
struct MonthTests {
  private func moment(_ text: String) throws -> Int64 {
    try #require(MomentText.seconds(text, now: 0, local: ScheduleTests.berlin))
  }

  private func times(_ runs: [(moment: Int64, isGood: Bool)]) -> [String] {
    runs.map { ScheduleTests.berlin.civil(at: $0.moment).text.dropFirst(5) + ($0.isGood ? "" : " failed") }
  }

  @Test("sleep is made up for once, failures are tried again, clocks are changed: the runs, and exactly what is kept")
  func october() throws {
    let month = try Month(
      "02:30", RetentionPolicy([.daily: 7, .weekly: 3, .monthly: 2]), ScheduleTests.berlin)
    try month.pass(
      from: moment("2026-10-01 12:00"), to: moment("2026-11-01 12:00"),
      asleep: [
        moment("2026-10-09 23:00")..<moment("2026-10-13 09:15"),
        moment("2026-10-28 02:00")..<moment("2026-10-28 02:10"),
      ],
      failing: [moment("2026-10-20 02:00")..<moment("2026-10-20 05:00")])
    #expect(
      times(month.runs) == [
        // The first one at once, the others as planned.
        "10-01 12:00", "10-02 02:30", "10-03 02:30", "10-04 02:30", "10-05 02:30", "10-06 02:30", "10-07 02:30",
        "10-08 02:30", "10-09 02:30",
        // Four nights slept through: one run on waking.
        "10-13 09:15", "10-14 02:30", "10-15 02:30", "10-16 02:30", "10-17 02:30", "10-18 02:30", "10-19 02:30",
        // Tried again after 1, 2, 4, … minutes, then every hour.
        "10-20 02:30 failed", "10-20 02:31 failed", "10-20 02:33 failed", "10-20 02:37 failed", "10-20 02:45 failed",
        "10-20 03:01 failed", "10-20 03:33 failed", "10-20 04:33 failed", "10-20 05:33",
        // On the 25th there are two 02:30.
        "10-21 02:30", "10-22 02:30", "10-23 02:30", "10-24 02:30", "10-25 02:30", "10-26 02:30", "10-27 02:30",
        "10-28 02:30", "10-29 02:30", "10-30 02:30", "10-31 02:30", "11-01 02:30",
      ])
    #expect(try month.kept == month.expected)
    #expect(
      try month.kept.sorted().map { ScheduleTests.berlin.civil(at: $0).text.dropFirst(5) } == [
        // The end of the week before the last two, and of October; then seven days.
        "10-18 02:30", "10-25 02:30", "10-26 02:30", "10-27 02:30", "10-28 02:30", "10-29 02:30", "10-30 02:30",
        "10-31 02:30", "11-01 02:30",
      ])
  }

  @Test(
    "other schedules and rules",
    arguments: [
      ("every 6h", "2026-10-20 12:00", RetentionPolicy([.hourly: 5, .daily: 3, .weekly: 2]), 20),
      ("Sat,Sun 12:00", "2026-10-01 12:00", RetentionPolicy([.last: 3]), 6),
      ("hourly", "2026-10-25 00:10", RetentionPolicy([.hourly: 30, .daily: 2]), 30),
      ("weekly", "2026-10-01 12:00", RetentionPolicy([.monthly: 2, .weekly: 1]), 4),
      ("daily", "2026-10-10 12:00", .standard, 15), ("daily", "2026-10-15 12:00", RetentionPolicy([:]), 10),
    ])
  func others(_ schedule: String, _ start: String, _ policy: RetentionPolicy, _ least: Int) throws {
    let month = try Month(schedule, policy, jitter: nil, ScheduleTests.berlin)
    try month.pass(
      from: moment(start), to: moment("2026-10-28 12:00"),
      asleep: [
        moment("2026-10-12 23:00")..<moment("2026-10-13 09:15"),
        moment("2026-10-26 03:00")..<moment("2026-10-27 18:20"),
      ],
      failing: [moment("2026-10-20 02:00")..<moment("2026-10-20 05:00")])
    #expect(try month.kept == month.expected)
    #expect(try !month.kept.isEmpty)
    #expect(month.runs.count >= least)
  }

  @Test("a target that fails all the time keeps what it had")
  func failsForEver() throws {
    let month = try Month("daily", RetentionPolicy([.daily: 2]), ScheduleTests.berlin)
    try month.pass(from: moment("2026-10-01 12:00"), to: moment("2026-10-03 12:00"))
    let before = try month.kept
    try month.pass(
      from: moment("2026-10-03 12:00"), to: moment("2026-10-05 12:00"),
      failing: [moment("2026-10-03 12:00")..<moment("2026-10-06 12:00")])
    #expect(try month.kept == before && before.count == 2)
    #expect(month.runs.last?.isGood == false)
    #expect(month.runs.count { !$0.isGood } > 30)
  }

  @Test("jitter stays within its bounds, is not the same everywhere, and the same for one run")
  func jitter() throws {
    let schedule = try Schedule(parsing: "hourly")
    let start = try moment("2026-10-10 12:00")
    var past = BackupPast()
    past.noteSuccess(at: start + 20, backup: "x")
    var seen: Set<Int64> = []
    for seed in 0..<50 {
      let timing = BackupTiming(schedule, jitter: nil, seed: "machine \(seed)")
      let next = try #require(timing.next(after: past, now: start + 30, local: .utc))
      #expect((start + 3600...start + 3900).contains(next))
      #expect(timing.next(after: past, now: start + 3000, local: .utc) == next)
      seen.insert(next)
    }
    #expect(seen.count > 20)
  }

  @Test("a clock that ran ahead, with good runs or with bad ones, puts nothing off when it is put right")
  func clockPutRight() throws {
    for isFailing in [false, true] {
      let month = try Month("daily", RetentionPolicy([.daily: 2]), ScheduleTests.berlin)
      let (ahead, now) = try (moment("2027-05-10 12:00"), moment("2026-10-10 12:00"))
      try month.pass(from: ahead, to: ahead + 86_400, failing: isFailing ? [ahead..<ahead + 86_400] : [])
      let early = try month.kept
      let before = month.runs.count
      try month.pass(from: now, to: now + 3 * 86_400)
      #expect(
        times(Array(month.runs[before...])) == ["10-10 12:00", "10-11 00:00", "10-12 00:00", "10-13 00:00"])
      #expect(try month.kept == early.union(month.runs.suffix(2).map(\.moment)))
      #expect(early.count == (isFailing ? 0 : 2))
    }
    // A clock that is put right by some minutes makes no backup twice.
    let begin: Int64 = 1_000_000
    var past = BackupPast()
    past.noteSuccess(at: begin, backup: "x")
    let timing = BackupTiming(try Schedule(parsing: "every 6h"), jitter: 0, seed: "")
    #expect(timing.next(after: past, now: begin - 600, local: .utc) == begin + 21_600)
  }
}
