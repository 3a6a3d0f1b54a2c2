/// The longest common subsequence of two sequences of keys, within bounds.
///
/// Keys that stand once in each sequence are anchors, as in a patience diff; what is between two anchors is compared in
/// full. That is near to the shortest difference and takes anchors that a reader would take.
struct SequenceAlignment {
  /// So many comparisons may still be made.
  private(set) var budget: Int
  private var pairs: [(Int, Int)] = []

  init(budget: Int) { self.budget = budget }

  /// The positions that correspond, in order; nil when it would take more than the budget.
  mutating func pairs(_ one: [Int], _ other: [Int]) -> [(Int, Int)]? {
    pairs.removeAll(keepingCapacity: true)
    guard align(one[...], other[...]) else { return nil }
    return pairs.sorted { $0.0 < $1.0 }
  }

  private mutating func align(_ one: ArraySlice<Int>, _ other: ArraySlice<Int>) -> Bool {
    var work = [(one, other)]
    while let (one, other) = work.popLast() {
      var (one, other) = (one, other)
      while let first = one.first, first == other.first {
        pairs.append((one.startIndex, other.startIndex))
        (one, other) = (one.dropFirst(), other.dropFirst())
      }
      while let last = one.last, last == other.last {
        pairs.append((one.endIndex - 1, other.endIndex - 1))
        (one, other) = (one.dropLast(), other.dropLast())
      }
      guard !one.isEmpty, !other.isEmpty else { continue }
      let anchors = Self.anchors(one, other)
      if anchors.isEmpty {
        guard compare(one, other) else { return false }
        continue
      }
      var (start, otherStart) = (one.startIndex, other.startIndex)
      for (place, otherPlace) in anchors + [(one.endIndex, other.endIndex)] {
        work.append((one[start..<place], other[otherStart..<otherPlace]))
        if place < one.endIndex { pairs.append((place, otherPlace)) }
        (start, otherStart) = (place + 1, otherPlace + 1)
      }
    }
    return true
  }

  /// Keys that stand once in both, in an order that both have.
  private static func anchors(_ one: ArraySlice<Int>, _ other: ArraySlice<Int>) -> [(Int, Int)] {
    var places: [Int: (count: Int, place: Int)] = [:]
    for place in other.indices { places[other[place], default: (0, place)].count += 1 }
    var counts: [Int: Int] = [:]
    for key in one { counts[key, default: 0] += 1 }
    let unique = one.indices.compactMap { place -> (Int, Int)? in
      guard counts[one[place]] == 1, let found = places[one[place]], found.count == 1 else { return nil }
      return (place, found.place)
    }
    return increasing(unique.map(\.1)).map { unique[$0] }
  }

  /// The positions of a longest increasing subsequence.
  static func increasing(_ values: [Int]) -> [Int] {
    var ends: [Int] = []
    var before = Array(repeating: -1, count: values.count)
    for (index, value) in values.enumerated() {
      var (low, high) = (0, ends.count)
      while low < high {
        let middle = (low + high) / 2
        if values[ends[middle]] < value { low = middle + 1 } else { high = middle }
      }
      if low > 0 { before[index] = ends[low - 1] }
      if low == ends.count { ends.append(index) } else { ends[low] = index }
    }
    var result: [Int] = []
    var next = ends.last ?? -1
    while next >= 0 {
      result.append(next)
      next = before[next]
    }
    return result.reversed()
  }

  /// The full comparison, of what both have at all.
  private mutating func compare(_ one: ArraySlice<Int>, _ other: ArraySlice<Int>) -> Bool {
    let (known, otherKnown) = (Set(one), Set(other))
    let rows = one.indices.filter { otherKnown.contains(one[$0]) }
    let columns = other.indices.filter { known.contains(other[$0]) }
    guard !rows.isEmpty, !columns.isEmpty else { return true }
    let (cells, overflow) = (rows.count + 1).multipliedReportingOverflow(by: columns.count + 1)
    guard !overflow, cells <= budget else { return false }
    budget -= cells
    let width = columns.count + 1
    var lengths = [Int32](repeating: 0, count: cells)
    for row in rows.indices.reversed() {
      for column in columns.indices.reversed() {
        let place = row * width + column
        lengths[place] =
          one[rows[row]] == other[columns[column]]
          ? lengths[place + width + 1] + 1 : max(lengths[place + width], lengths[place + 1])
      }
    }
    var (row, column) = (0, 0)
    while row < rows.count, column < columns.count {
      if one[rows[row]] == other[columns[column]] {
        pairs.append((rows[row], columns[column]))
        (row, column) = (row + 1, column + 1)
      } else if lengths[(row + 1) * width + column] >= lengths[row * width + column + 1] {
        row += 1
      } else {
        column += 1
      }
    }
    return true
  }
}
