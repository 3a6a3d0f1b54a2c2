/// How fast a remote that bills each command may be asked: a pure function of what was spent and of the time.
///
/// Nothing of it concerns versions: they are made here, whatever a remote costs.
struct QuotaPace {
  /// How many times rarer looks become at most.
  static let mostStretch = 48.0
  /// No publication waits longer than so many seconds for the one before.
  static let longestPause = 900.0
  /// About what a publication costs.
  static let publication = 12.0

  let settings: QuotaSettings
  let ledger: QuotaLedger
  /// Commands a second of an idle bank.
  let idleRate: Double

  /// How many times rarer than configured the remote is looked at.
  ///
  /// As long as what is left of the budget would pay for twice the looks until the month ends, nothing changes; then
  /// they become rarer as it shrinks. A twentieth is kept for publications.
  func stretch(at now: Int64) -> Double {
    guard let allowance = allowance(of: 0.95, at: now) else { return 1 }
    guard allowance > 0 else { return Self.mostStretch }
    return min(Self.mostStretch, max(1, 2 * idleRate / allowance))
  }

  /// Seconds from one publication to the next: none before four fifths of the budget are spent, and none while the rest
  /// suffices at the pace so far.
  func pause(at now: Int64) -> Double {
    guard settings.budget > 0 else { return 0 }
    let spent = Double(ledger.turned(at: now).spent)
    guard spent >= 0.8 * Double(settings.budget), ledger.projected(at: now, idleRate: idleRate) > settings.budget else {
      return 0
    }
    guard let allowance = allowance(of: 1, at: now), allowance > 0 else { return Self.longestPause }
    return min(Self.longestPause, 2 * Self.publication / allowance)
  }

  /// Commands a second that may be spent until the month ends, of a part of the budget; nil: any number.
  private func allowance(of part: Double, at now: Int64) -> Double? {
    guard settings.budget > 0 else { return nil }
    let left = part * Double(settings.budget) - Double(ledger.turned(at: now).spent)
    return left / CalendarMonth(of: now).secondsLeft(at: now)
  }
}
