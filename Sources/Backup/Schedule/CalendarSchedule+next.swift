public import Support

extension CalendarSchedule {
  /// The first moment after another at which it comes; nil when it never does again.
  ///
  /// Where clocks are put forward over its time it comes right after the change, and not, as systemd has it, on another
  /// day: no day goes without its backup. Where they are put back it comes once; every hour of a schedule for all hours
  /// comes.
  ///
  /// - Parameters:
  ///   - moment: Seconds since 1970.
  ///   - local: Where its times are meant, unless it says UTC.
  /// - Returns: Seconds since 1970.
  public func next(after moment: Int64, local: LocalTime) -> Int64? {
    let local = isUTC ? .utc : local
    // From the day before: a change at midnight may bring that one's last hour back.
    var midnight = (CivilTime.midnight(before: local.civil(at: moment).wallSeconds)) - 86_400
    while true {
      let day = CivilTime(wallSeconds: midnight)
      guard day.year <= Self.years.upperBound else { return nil }
      if contains(day), let found = first(after: moment, onDay: midnight, local) { return found }
      midnight += 86_400
    }
  }

  private func contains(_ day: CivilTime) -> Bool {
    guard months.contains(day.month), weekdays.contains(day.weekday), years.contains(day.year) else { return false }
    return days.contains(countsFromEnd ? CivilTime.length(of: day.month, in: day.year) - day.day + 1 : day.day)
  }

  private func first(after moment: Int64, onDay midnight: Int64, _ local: LocalTime) -> Int64? {
    guard local.changes(near: midnight) else {
      let offset = local.offset(at: midnight)
      return firstTime(after: moment + offset - midnight).map { midnight + $0 - offset }
    }
    var found: Int64?
    for time in times {
      let moments = hours.values == nil ? local.moments(of: midnight + time) : [local.moment(of: midnight + time)]
      for candidate in moments where candidate > moment && candidate < found ?? .max { found = candidate }
    }
    return found
  }

  /// Its times on a day, in seconds since midnight.
  private var times: [Int64] {
    var times: [Int64] = []
    for hour in hours.all(0...23) {
      for minute in minutes.all(0...59) {
        for second in seconds.all(0...59) { times.append(Int64(hour * 3600 + minute * 60 + second)) }
      }
    }
    return times
  }

  private func firstTime(after limit: Int64) -> Int64? {
    for hour in hours.all(0...23) where Int64(hour * 3600 + 3599) > limit {
      for minute in minutes.all(0...59) where Int64(hour * 3600 + minute * 60 + 59) > limit {
        for second in seconds.all(0...59) {
          let time = Int64(hour * 3600 + minute * 60 + second)
          if time > limit { return time }
        }
      }
    }
    return nil
  }
}

extension CivilTime {
  /// The midnight of the day that `wall` falls on.
  fileprivate static func midnight(before wall: Int64) -> Int64 {
    wall - Int64(CivilTime(wallSeconds: wall).secondOfDay)
  }
}
