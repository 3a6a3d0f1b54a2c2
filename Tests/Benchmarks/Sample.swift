/// Repeated measurements of one thing, in milliseconds.
struct Sample {
  private var values: [Double] = []

  mutating func add(nanoseconds: Int64) { values.append(Double(nanoseconds) / 1_000_000) }

  var count: Int { values.count }

  var median: Double { percentile(50) }

  /// The nearest rank: the smallest value that so many percent of all do not exceed.
  func percentile(_ percent: Int) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let rank = (percent * sorted.count + 99) / 100
    return sorted[max(0, min(sorted.count - 1, rank - 1))]
  }
}
