import Glibc

/// What clocks on the wall show somewhere, at any moment: a time zone.
///
/// Moments are seconds since 1970, UTC.
public struct LocalTime: Sendable {
  private let offset: @Sendable (Int64) -> Int64

  /// A place whose clocks are `offset` seconds ahead of UTC at a moment.
  public init(offset: @escaping @Sendable (Int64) -> Int64) { self.offset = offset }

  /// UTC.
  public static let utc = LocalTime { _ in 0 }

  /// Where this machine is, by `TZ` or `/etc/localtime`; the corresponding C call is `localtime_r`.
  public static let here = LocalTime { moment in
    var (time, parts) = (time_t(moment), tm())
    return localtime_r(&time, &parts) == nil ? 0 : Int64(parts.tm_gmtoff)
  }

  /// Takes notice of a machine that was carried to another time zone.
  public static func refresh() { tzset() }

  /// Seconds that clocks are ahead of UTC.
  public func offset(at moment: Int64) -> Int64 { offset(moment) }

  /// What clocks show.
  public func civil(at moment: Int64) -> CivilTime { CivilTime(wallSeconds: moment + offset(moment)) }

  /// The moments at which clocks show a time: none where they are put forward over it, two where they are put back.
  public func moments(of wall: Int64) -> [Int64] {
    let (earlier, later) = offsets(around: wall)
    var found: [Int64] = []
    for moment in [wall - max(earlier, later), wall - min(earlier, later)]
    where moment + offset(moment) == wall && found.last != moment {
      found.append(moment)
    }
    return found
  }

  /// The first moment at which clocks show a time, or have been put forward over it.
  public func moment(of wall: Int64) -> Int64 {
    if let first = moments(of: wall).first { return first }
    let (earlier, later) = offsets(around: wall)
    // Before the change at the one end, after it at the other.
    var (low, high) = (wall - max(earlier, later), wall - min(earlier, later))
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if offset(middle) == earlier { low = middle } else { high = middle }
    }
    return high
  }

  /// What clocks are ahead by a day before and a day after: no place changes them twice in between.
  func offsets(around wall: Int64) -> (earlier: Int64, later: Int64) {
    (offset(wall - 86_400), offset(wall + 86_400))
  }

  /// Whether clocks are put forward or back near a day.
  ///
  /// `wall`: its midnight.
  public func changes(near wall: Int64) -> Bool { offset(wall - 86_400) != offset(wall + 2 * 86_400) }
}
