import Support
import Testing

@testable import SyncEngine

/// Milliseconds since 1970 of a time in UTC.
private func moment(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0) -> Int64 {
  (CivilTime(year: year, month: month, day: day, hour: hour)?.wallSeconds ?? 0) * 1000
}

@Suite("What was spent in a month")
struct QuotaLedgerTests {
  @Test("is counted, and begins anew with the next month, in UTC")
  func months() {
    var ledger = QuotaLedger(at: moment(2026, 11, 30, 22))
    ledger.add(5, at: moment(2026, 11, 30, 23))
    ledger.add(7, at: moment(2026, 12, 1) - 1)
    #expect(ledger.month == "2026-11" && ledger.spent == 12)
    #expect(ledger.turned(at: moment(2026, 12, 1)).spent == 0 && ledger.spent == 12)
    ledger.add(3, at: moment(2026, 12, 1))
    #expect(ledger.month == "2026-12" && ledger.spent == 3 && ledger.since == moment(2026, 12, 1))
    ledger.add(1, at: moment(2027, 1, 1))
    #expect(ledger.month == "2027-01" && ledger.spent == 1)
  }

  @Test("is not forgiven by a clock that goes back, nor paid back")
  func backwards() {
    var ledger = QuotaLedger(at: moment(2026, 11, 2))
    ledger.add(5, at: moment(2026, 11, 2))
    ledger.add(5, at: moment(2026, 10, 31))
    ledger.add(-4, at: moment(2026, 11, 3))
    #expect(ledger.month == "2026-11" && ledger.spent == 10)
  }

  @Test("is projected to the month's end at the pace so far")
  func projection() {
    var ledger = QuotaLedger(at: moment(2026, 11, 1))
    // Nothing known yet: what an idle bank costs.
    let month = 30 * 86_400.0
    #expect(ledger.projected(at: moment(2026, 11, 1), idleRate: 0.01) == Int64(0.01 * month))
    ledger.add(10_000, at: moment(2026, 11, 11))
    #expect((29_000...30_000).contains(ledger.projected(at: moment(2026, 11, 11), idleRate: 0.01)))
    #expect(ledger.projected(at: moment(2026, 12, 1) - 1, idleRate: 0.01) == 10_000)
  }

  @Test("is read back only where it says what a ledger can")
  func kept() {
    let since = moment(2026, 11, 5)
    #expect(QuotaLedger(month: "2026-11", spent: 5, since: since)?.spent == 5)
    #expect(QuotaLedger(month: "2026-12", spent: 5, since: since) == nil)
    #expect(QuotaLedger(month: "2026-11", spent: -1, since: since) == nil)
    #expect(QuotaLedger(month: "x", spent: 5, since: .max) == nil)
    #expect(QuotaLedger(month: "x", spent: 5, since: .min) == nil)
  }
}

@Suite("The pace of a remote that bills")
struct QuotaPaceTests {
  private func pace(_ spent: Int64, budget: Int64 = 500_000, day: Int = 1) -> QuotaPace {
    var ledger = QuotaLedger(at: moment(2026, 11, 1))
    ledger.add(spent, at: moment(2026, 11, day))
    return QuotaPace(settings: QuotaSettings(budget: budget), ledger: ledger, idleRate: 0.017)
  }

  @Test(
    "slows down as the budget shrinks, before it is gone, and never beyond a limit",
    arguments: [
      (0, 1, 1...1), (200_000, 11, 1...1), (400_000, 16, 1...1.000001), (440_000, 16, 1.2...48), (470_000, 2, 10...48),
      (475_000, 16, 48...48), (600_000, 16, 48...48), (474_000, 30, 1...5),
    ] as [(Int64, Int, ClosedRange<Double>)])
  func stretch(spent: Int64, day: Int, range: ClosedRange<Double>) {
    let stretch = pace(spent, day: day).stretch(at: moment(2026, 11, day))
    #expect(range.contains(stretch), "\(stretch)")
  }

  @Test("never becomes faster by spending more")
  func monotone() {
    for day in [1, 10, 20, 30] {
      let now = moment(2026, 11, day)
      let all = stride(from: Int64(0), through: 600_000, by: 10_000).map { pace($0, day: day) }
      #expect(zip(all, all.dropFirst()).allSatisfy { $0.stretch(at: now) <= $1.stretch(at: now) })
      #expect(zip(all, all.dropFirst()).allSatisfy { $0.pause(at: now) <= $1.pause(at: now) })
    }
  }

  @Test("lets publications wait only when the budget would not last, and not for longer than a quarter of an hour")
  func pause() {
    let (early, late) = (moment(2026, 11, 10), moment(2026, 11, 30, 23))
    #expect(pace(300_000, day: 10).pause(at: early) == 0)
    #expect((1...900).contains(pace(450_000, day: 10).pause(at: early)))
    // An hour before the month ends the rest suffices.
    #expect(pace(450_000, day: 30).pause(at: late) == 0)
    #expect(pace(500_000, day: 10).pause(at: early) == 900)
    #expect(pace(9_000_000, budget: 0, day: 10).pause(at: early) == 0)
    #expect(pace(9_000_000, budget: 0, day: 10).stretch(at: early) == 1)
  }
}
