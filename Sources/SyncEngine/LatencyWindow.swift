/// The last few hundred durations, for their percentiles.
public struct LatencyWindow: Sendable {
  private static let capacity = 512
  private var samples: [Int64] = []
  private var next = 0

  /// An empty window.
  public init() {}

  /// How many durations it holds.
  public var count: Int { samples.count }

  /// Adds a duration in nanoseconds; the oldest gives way.
  public mutating func add(_ nanoseconds: Int64) {
    if samples.count < Self.capacity {
      samples.append(nanoseconds)
    } else {
      samples[next] = nanoseconds
    }
    next = (next + 1) % Self.capacity
  }

  /// The duration in nanoseconds that `share` (0 to 1) of all are not longer than; nil when there are none.
  public func percentile(_ share: Double) -> Int64? {
    guard !samples.isEmpty else { return nil }
    let rank = Int((share * Double(samples.count)).rounded(.up)) - 1
    return samples.sorted()[min(max(rank, 0), samples.count - 1)]
  }
}
