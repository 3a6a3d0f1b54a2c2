/// Puts the children of one block in order: what each side inserted or moved goes where that side put it, among what
/// neither moved.
///
/// Blocks are numbers here, the same in all lists; each stands at most once in each.
struct SiblingOrder {
  /// The children in the base, whatever became of them.
  let base: [Int]
  /// The children in each side; nil where the side has no such block.
  let earlier: [Int]?
  let later: [Int]?

  /// The order of the blocks in `members`.
  ///
  /// - Parameters:
  ///   - members: What is to be ordered; each stands in at least one of the lists.
  ///   - newestFirst: Whether, of what both sides inserted at one place, the later side's goes first: where the one
  ///     stands above, the other below and this between them. Nil for what is at an end.
  /// - Returns: The members in order.
  func ordered(
    _ members: Set<Int>, newestFirst: (_ above: Int?, _ inserted: Int, _ below: Int?) -> Bool
  ) -> [Int] {
    var place: [Int: Int] = [:]
    for (index, block) in base.enumerated() { place[block] = index }
    let movedByLater = moved(later, place, members)
    let movedByEarlier = moved(earlier, place, members).subtracting(movedByLater)
    let movedByAny = movedByLater.union(movedByEarlier)
    let skeleton = base.filter { !movedByAny.contains($0) }
    let spine = Set(skeleton)
    var laterGaps = gaps(later ?? [], skeleton, spine, members)
    var earlierGaps = gaps(earlier ?? [], skeleton, spine, members)
    // What both inserted or moved here stands where the later side has it, unless only the earlier one moved it.
    for index in laterGaps.indices { laterGaps[index].removeAll { movedByEarlier.contains($0) } }
    var gapByLater: [Int: Int] = [:]
    for (index, gap) in laterGaps.enumerated() { for block in gap { gapByLater[block] = index } }
    for index in earlierGaps.indices { earlierGaps[index].removeAll { (gapByLater[$0] ?? index) != index } }
    var result: [Int] = []
    for index in 0...skeleton.count {
      if index > 0, members.contains(skeleton[index - 1]) { result.append(skeleton[index - 1]) }
      let (one, other) = (earlierGaps[index], laterGaps[index])
      guard let first = one.first, let otherFirst = other.first else {
        result += one + other
        continue
      }
      let below = skeleton[index...].first { members.contains($0) }
      let isNewestFirst = newestFirst(result.last, first, below) && newestFirst(result.last, otherFirst, below)
      result += Self.joined(one, other, otherFirst: isNewestFirst)
    }
    return result
  }

  /// The members that a side has put in another order than the base.
  private func moved(_ side: [Int]?, _ place: [Int: Int], _ members: Set<Int>) -> Set<Int> {
    guard let side else { return [] }
    let known = side.filter { place[$0] != nil && members.contains($0) }
    let stable = SequenceAlignment.increasing(known.map { place[$0] ?? 0 })
    return Set(known).subtracting(stable.map { known[$0] })
  }

  /// What a side has between the blocks of the skeleton: at index 0 ahead of the first, at 1 behind it, and so on.
  private func gaps(_ side: [Int], _ skeleton: [Int], _ spine: Set<Int>, _ members: Set<Int>) -> [[Int]] {
    var gaps = [[Int]](repeating: [], count: skeleton.count + 1)
    var place: [Int: Int] = [:]
    for (index, block) in skeleton.enumerated() { place[block] = index }
    let anchors = side.indices.filter { spine.contains(side[$0]) }
    let last = anchors.last ?? -1
    var gap = 0
    for (index, block) in side.enumerated() {
      if let index = place[block] {
        gap = index + 1
      } else if members.contains(block) {
        // At the side's end is at the end, whatever the side deleted there.
        gaps[index > last && last >= 0 ? skeleton.count : gap].append(block)
      }
    }
    return gaps
  }

  /// Two runs as one: what both have stands once, in the other's order, and what is between is kept together.
  private static func joined(_ one: [Int], _ other: [Int], otherFirst: Bool) -> [Int] {
    var place: [Int: Int] = [:]
    for (index, block) in other.enumerated() { place[block] = index }
    let shared = one.filter { place[$0] != nil }
    let kept = Set(SequenceAlignment.increasing(shared.map { place[$0] ?? 0 }).map { shared[$0] })
    var result: [Int] = []
    var (rest, otherRest) = (one[...], other[...])
    while true {
      let mine = rest.prefix { !kept.contains($0) }
      let others = otherRest.prefix { !kept.contains($0) }
      // What both have in another order stands where the other has it.
      let own = mine.filter { place[$0] == nil }
      result += otherFirst ? Array(others) + own : own + Array(others)
      guard mine.endIndex < rest.endIndex else { return result }
      result.append(rest[mine.endIndex])
      rest = rest[(mine.endIndex + 1)...]
      otherRest = otherRest[(others.endIndex + 1)...]
    }
  }
}
