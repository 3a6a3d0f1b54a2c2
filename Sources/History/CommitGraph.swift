import Support

/// Commits and their parents, remembered once read: commits never change.
final class CommitGraph {
  private let reader: any ObjectReading
  private var links: [ObjectID: CommitLink] = [:]

  init(_ reader: any ObjectReading) { self.reader = reader }

  /// Reads everything anew from now on.
  func forget() { links.removeAll() }

  func link(_ id: ObjectID) throws(HistoryError) -> CommitLink {
    if let link = links[id] { return link }
    let link = try CommitText.parseLink(id, reader.read(.commit, id))
    // About 200 bytes each: a limit for memory's sake, which a bank will hardly reach.
    if links.count >= 200_000 { links.removeAll() }
    links[id] = link
    return link
  }

  /// A commit in a queue: the newest comes first, of those of one second the one with the smallest id.
  private struct Queued {
    let id: ObjectID
    let time: Int64
  }

  private static func newestFirst(_ left: Queued, _ right: Queued) -> Bool {
    left.time != right.time ? left.time > right.time : left.id < right.id
  }

  /// How much older than its child a parent may claim to be younger: clocks differ between machines.
  private static let skew: Int64 = 3_600

  /// Reachable from `tips` and not from `excluded`: children before parents, newest first, ties by id.
  ///
  /// Where commits were made with clocks more than an hour apart, some that `excluded` reaches may be among them.
  func walk(from tips: [ObjectID], excluding excluded: [ObjectID]) throws(HistoryError) -> [ObjectID] {
    try inOrder(range(from: tips, excluding: excluded))
  }

  /// What `tip` reaches, newest first, up to the first commit that is older than `oldest`.
  ///
  /// Unlike ``walk(from:excluding:)`` it reads no more of the history than it returns.
  func recent(from tip: ObjectID, since oldest: Int64, limit: Int) throws(HistoryError) -> [ObjectID] {
    var queue = Heap(Self.newestFirst)
    var seen: Set<ObjectID> = [tip]
    queue.push(Queued(id: tip, time: try link(tip).time))
    var result: [ObjectID] = []
    while result.count < limit, let next = queue.pop(), next.time >= oldest {
      result.append(next.id)
      for parent in try link(next.id).parents where seen.insert(parent).inserted {
        queue.push(Queued(id: parent, time: try link(parent).time))
      }
    }
    return result
  }

  private func range(from tips: [ObjectID], excluding excluded: [ObjectID]) throws(HistoryError) -> Set<ObjectID> {
    var wanted: Set<ObjectID> = []
    var unwanted: Set<ObjectID> = []
    var queue = Heap(Self.newestFirst)
    var open = 0
    var oldest = Int64.max
    for id in excluded where unwanted.insert(id).inserted { queue.push(Queued(id: id, time: try link(id).time)) }
    for id in tips where !unwanted.contains(id) && wanted.insert(id).inserted {
      let time = try link(id).time
      queue.push(Queued(id: id, time: time))
      oldest = min(oldest, time)
      open += 1
    }
    var seen: [ObjectID: Bool] = [:]
    while let next = queue.pop() {
      let isUnwanted = unwanted.contains(next.id)
      if seen[next.id] == nil, wanted.contains(next.id) { open -= 1 }
      // Once wanted and passed on, then unwanted: it is passed on again.
      if let before = seen[next.id], before || !isUnwanted { continue }
      seen[next.id] = isUnwanted
      for parent in try link(next.id).parents {
        if isUnwanted {
          guard unwanted.insert(parent).inserted else { continue }
          queue.push(Queued(id: parent, time: try link(parent).time))
        } else if !unwanted.contains(parent), wanted.insert(parent).inserted {
          let time = try link(parent).time
          queue.push(Queued(id: parent, time: time))
          oldest = min(oldest, time)
          open += 1
        }
      }
      // Nothing wanted waits; what is unwanted is followed until it is surely older than all that is wanted.
      if open == 0, wanted.isEmpty || next.time < oldest - Self.skew { break }
    }
    return wanted.subtracting(unwanted)
  }

  private func inOrder(_ ids: Set<ObjectID>) throws(HistoryError) -> [ObjectID] {
    var children: [ObjectID: Int] = [:]
    for id in ids {
      for parent in try link(id).parents where ids.contains(parent) { children[parent, default: 0] += 1 }
    }
    var ready = Heap(Self.newestFirst)
    for id in ids where children[id] == nil { ready.push(Queued(id: id, time: try link(id).time)) }
    var result: [ObjectID] = []
    result.reserveCapacity(ids.count)
    while let next = ready.pop() {
      result.append(next.id)
      for parent in try link(next.id).parents where ids.contains(parent) {
        let left = (children[parent] ?? 1) - 1
        children[parent] = left
        if left == 0 { ready.push(Queued(id: parent, time: try link(parent).time)) }
      }
    }
    return result
  }

  private struct Paint: OptionSet {
    let rawValue: UInt8
    static let one = Paint(rawValue: 1)
    static let other = Paint(rawValue: 2)
    /// Below a common ancestor that is found already.
    static let stale = Paint(rawValue: 4)
    static let result = Paint(rawValue: 8)
  }

  /// git's own algorithm: paints the ancestors of both until only common ones are left.
  private func paint(_ a: ObjectID, _ b: ObjectID) throws(HistoryError) -> [ObjectID: Paint] {
    var colours: [ObjectID: Paint] = [a: .one]
    colours[b, default: []].insert(.other)
    var queue = Heap(Self.newestFirst)
    for id in Set([a, b]) { queue.push(Queued(id: id, time: try link(id).time)) }
    // Counted per place in the queue, as it stood when it was put there.
    while queue.unordered.contains(where: { colours[$0.id]?.contains(.stale) != true }), let next = queue.pop() {
      var colour = (colours[next.id] ?? []).subtracting(.result)
      if colour == [.one, .other] {
        colours[next.id]?.insert(.result)
        colour.insert(.stale)
      }
      for parent in try link(next.id).parents {
        let before = colours[parent, default: []]
        guard !before.isSuperset(of: colour) else { continue }
        colours[parent] = before.union(colour)
        queue.push(Queued(id: parent, time: try link(parent).time))
      }
    }
    return colours
  }

  func mergeBases(_ a: ObjectID, _ b: ObjectID) throws(HistoryError) -> [ObjectID] {
    if a == b {
      _ = try link(a)
      return [a]
    }
    let found = try paint(a, b).filter { $0.value.contains(.result) && !$0.value.contains(.stale) }.keys.sorted()
    guard found.count > 1 else { return found }
    // Clocks that went wrong can leave a base of a base among them.
    var best: [ObjectID] = []
    for candidate in found {
      var isBelow = false
      for other in found where other != candidate && !isBelow {
        isBelow = try isAncestor(candidate, of: other)
      }
      if !isBelow { best.append(candidate) }
    }
    return best
  }

  func isAncestor(_ a: ObjectID, of b: ObjectID) throws(HistoryError) -> Bool {
    if a == b { return true }
    return try paint(a, b)[a]?.contains(.other) == true
  }
}
