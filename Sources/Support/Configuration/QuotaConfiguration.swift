/// What remotes that bill each command may cost, and how often they are looked at: `[quota]`.
public struct QuotaConfiguration: Hashable, Sendable {
  /// What the time between looks may be, in seconds: a `.membank` from elsewhere must not spend a budget in a day.
  public static let permitted: ClosedRange<Int64> = 5...86_400
  /// What the time between looks for unknown documents may be, in seconds.
  public static let permittedScan: ClosedRange<Int64> = 60...604_800

  /// Commands that may be spent in a calendar month (`quota.budget`); 0: any number.
  public var budget: Int64 = 500_000
  /// Seconds from something that happened to the first look for what others wrote (`quota.activePoll`).
  public var activePoll: Int64 = 15
  /// Seconds between looks when nothing happens (`quota.idlePoll`).
  public var idlePoll: Int64 = 300
  /// Seconds between looks for documents that nobody knows of (`quota.scan`).
  public var scan: Int64 = 3600
  /// Regions that a database is also read in (`quota.readRegions`); each bills every write once more.
  public var readRegions: Int64 = 0

  /// The defaults: those of a free plan.
  public init() {}
}
