/// What a remote that bills each command may cost in a month, and how often it is looked at.
public struct QuotaSettings: Hashable, Sendable {
  /// Commands that may be spent in a calendar month; 0: any number.
  public var budget: Int64
  /// Seconds from something that happened to the first look for what others wrote.
  public var activePoll: Int64
  /// Seconds between looks when nothing happens.
  public var idlePoll: Int64
  /// Seconds between looks for documents that nobody knows of.
  public var scan: Int64

  /// Settings; the defaults are a free plan's.
  public init(budget: Int64 = 500_000, activePoll: Int64 = 15, idlePoll: Int64 = 300, scan: Int64 = 3600) {
    self.budget = budget
    self.activePoll = activePoll
    self.idlePoll = idlePoll
    self.scan = scan
  }

  /// About how many commands a second an idle bank of so many documents costs.
  ///
  /// - Parameters:
  ///   - documents: How many there are.
  ///   - beat: Seconds between signs of life.
  ///   - renewal: Seconds between renewals of TTLs.
  /// - Returns: Commands a second.
  func idleRate(documents: Int, beat: Double, renewal: Double) -> Double {
    3 / Double(idlePoll) + 8 / Double(scan) + 5 / beat + Double(documents + 10) / renewal
  }
}
