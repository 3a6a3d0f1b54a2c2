/// The three-way merge of the lines of one paragraph, which is otherwise a whole.
///
/// It is as careful as it can be: an unchanged line stands between any two changes of different sides, and no line
/// stands twice, so that there is no doubt which line is which.
struct LineMerge {
  private typealias Hunk = (base: Range<Int>, lines: ArraySlice<Int>)

  /// The merged paragraph; nil when the changes are too near to each other.
  static func merge(base: [UInt8], earlier: [UInt8], later: [UInt8]) -> [UInt8]? {
    var interner = Interner()
    var text: [Int: ArraySlice<UInt8>] = [:]
    var versions: [[Int]] = []
    for version in [base, earlier, later] {
      let lines = SourceText(lines: version)
      var keys: [Int] = []
      for index in 0..<lines.lineCount {
        let key = interner.number(lines.line(index).trimmed)
        keys.append(key)
        // The later side's padding holds, where it has the line.
        text[key] = lines.line(index)
      }
      guard keys.count > 2, Set(keys).count == keys.count else { return nil }
      versions.append(keys)
    }
    guard let one = hunks(versions[0], versions[1]), let other = hunks(versions[0], versions[2]) else { return nil }
    var (rest, otherRest) = (one[...], other[...])
    var merged: [Int] = []
    var place = 0
    var last: (end: Int, isLater: Bool)?
    while let (hunk, isLater) = next(&rest, &otherRest) {
      if let last, last.isLater != isLater, hunk.base.lowerBound <= last.end { return nil }
      merged += versions[0][place..<hunk.base.lowerBound] + hunk.lines
      place = hunk.base.upperBound
      last = (place, isLater)
    }
    merged += versions[0][place...]
    // A line that one side moved and the other one brought in as well would stand twice.
    guard Set(merged).count == merged.count else { return nil }
    return merged.flatMap { text[$0] ?? [] }
  }

  /// The hunk that begins first, taken off the list that it is in.
  private static func next(_ one: inout ArraySlice<Hunk>, _ other: inout ArraySlice<Hunk>) -> (Hunk, Bool)? {
    switch (one.first, other.first) {
    case (nil, nil): return nil
    case (let hunk?, nil):
      one.removeFirst()
      return (hunk, false)
    case (let hunk?, let rival?) where hunk.base.lowerBound <= rival.base.lowerBound:
      one.removeFirst()
      return (hunk, false)
    case (_, let hunk?):
      other.removeFirst()
      return (hunk, true)
    }
  }

  /// What a side changed, as runs of the base's lines and what stands for them.
  private static func hunks(_ base: [Int], _ side: [Int]) -> [Hunk]? {
    var alignment = SequenceAlignment(budget: MergeLimits.comparisons)
    guard let pairs = alignment.pairs(base, side) else { return nil }
    var hunks: [Hunk] = []
    var (start, sideStart) = (0, 0)
    for (end, sideEnd) in pairs + [(base.count, side.count)] {
      if start < end || sideStart < sideEnd { hunks.append((start..<end, side[sideStart..<sideEnd])) }
      (start, sideStart) = (end + 1, sideEnd + 1)
    }
    return hunks
  }
}
