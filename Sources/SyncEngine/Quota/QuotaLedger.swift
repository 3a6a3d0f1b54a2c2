import Support

/// What was spent at a remote in a calendar month, in UTC, as those who bill count months.
public struct QuotaLedger: Hashable, Sendable {
  /// The month, as `2026-11`.
  public private(set) var month: String
  /// Commands spent in it.
  public private(set) var spent: Int64
  /// Since when they are counted, in milliseconds since 1970.
  public private(set) var since: Int64

  /// A ledger that begins now.
  ///
  /// - Parameter now: Milliseconds since 1970.
  public init(at now: Int64) {
    month = CalendarMonth(of: now).name
    spent = 0
    since = now
  }

  /// A ledger that was kept; nil when it says what no ledger can.
  public init?(month: String, spent: Int64, since: Int64) {
    guard (0...1 << 53).contains(spent), CalendarMonth(of: since).name == month else { return nil }
    self.month = month
    self.spent = spent
    self.since = since
  }

  /// Counts commands; with another month counting begins anew.
  ///
  /// A clock that goes back to an earlier month takes nothing back.
  public mutating func add(_ commands: Int64, at now: Int64) {
    turn(now)
    spent += max(0, commands)
  }

  /// The same ledger as it is by now: empty in a month that is new.
  public func turned(at now: Int64) -> QuotaLedger {
    var ledger = self
    ledger.turn(now)
    return ledger
  }

  /// About what will have been spent when the month ends, if things go on as they went.
  ///
  /// - Parameters:
  ///   - now: Milliseconds since 1970.
  ///   - idleRate: Commands a second of an idle bank: what counts where little is known yet.
  /// - Returns: The commands.
  public func projected(at now: Int64, idleRate: Double) -> Int64 {
    let ledger = turned(at: now)
    let guessed: Double = 6 * 3600
    let counted = max(0, Double(now - ledger.since) / 1000)
    let rate = (Double(ledger.spent) + idleRate * guessed) / (counted + guessed)
    return ledger.spent + Int64(rate * CalendarMonth(of: now).secondsLeft(at: now))
  }

  private mutating func turn(_ now: Int64) {
    let current = CalendarMonth(of: now)
    guard current.name > month else { return }
    month = current.name
    spent = 0
    since = max(current.begin, since)
  }
}

/// A calendar month in UTC.
struct CalendarMonth {
  /// As `2026-11`.
  let name: String
  /// Its first moment, in milliseconds since 1970.
  let begin: Int64
  /// The first moment after it, in milliseconds since 1970.
  let end: Int64

  /// The month of a moment in milliseconds since 1970.
  init(of now: Int64) {
    let time = CivilTime(wallSeconds: now / 1000)
    let first = CivilTime(year: time.year, month: time.month, day: 1)
    let next = CivilTime(year: time.month == 12 ? time.year + 1 : time.year, month: time.month % 12 + 1, day: 1)
    name = "\(time.year)-\(time.month < 10 ? "0" : "")\(time.month)"
    begin = (first?.wallSeconds ?? 0) * 1000
    end = (next?.wallSeconds ?? 0) * 1000
  }

  func secondsLeft(at now: Int64) -> Double { max(1, Double(end - now) / 1000) }
}
