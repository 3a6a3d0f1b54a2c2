import Support

@testable import History

extension FuzzTarget {
  /// Histories of any shape, whose clocks say anything.
  static let graphs = FuzzTarget(
    "graphs", longest: 256, words: ["-9223372036854775808", "9223372036854775807"],
    seeds: ["\u{0}\u{4}\u{1}\u{1}\u{4}\u{2}\u{2}\u{1}\u{0}\u{4}\u{3}", "\u{1}\u{1}\u{1}\u{1}\u{2}\u{0}\u{1}\u{1}"]
  ) { input in
    let objects = MemoryObjects()
    var commits: [ObjectID] = []
    var parents: [ObjectID: [ObjectID]] = [:]
    let tree = objects.write(.tree, [])
    while !input.isEmpty, commits.count < 24 {
      var above: [ObjectID] = []
      for _ in 0..<Int(input.byte() % 4) {
        if let parent = input.one(of: commits), !above.contains(parent) { above.append(parent) }
      }
      let time = input.flag() ? input.wide() : 1_700_000_000 + Int64(commits.count)
      let text =
        "tree \(tree)\n" + above.map { "parent \($0)\n" }.joined()
        + "author a <a> \(time) +0000\ncommitter a <a> \(time) +0000\n\n\(commits.count)\n"
      let id = objects.write(.commit, Array(text.utf8))
      commits.append(id)
      parents[id] = above
    }
    guard let one = commits.last else { return }
    let other = commits[commits.count / 2]
    let graph = CommitGraph(objects)
    let (ours, theirs) = (reach(one, parents), reach(other, parents))
    for id in commits {
      try hold(try graph.isAncestor(id, of: one) == ours.contains(id), "\(id) is an ancestor, or not")
    }

    let common = ours.intersection(theirs)
    let best = common.filter { base in !common.contains { $0 != base && reach($0, parents).contains(base) } }
    try hold(try graph.mergeBases(one, other) == best.sorted(), "other merge bases")
    try hold(try graph.mergeBases(other, one) == best.sorted(), "other merge bases from the other side")

    let all = try graph.walk(from: [one], excluding: [])
    try hold(Set(all) == ours && all.count == ours.count, "not all of the history, or more")
    try holdChildrenFirst(all, parents)
    let part = try graph.walk(from: [one], excluding: [other])
    // Where clocks go wrong there may be more, never less.
    try hold(Set(part).isSuperset(of: ours.subtracting(theirs)) && Set(part).isSubset(of: ours), "a wrong part")
    try holdChildrenFirst(part, parents)
  }

  private static func reach(_ id: ObjectID, _ parents: [ObjectID: [ObjectID]]) -> Set<ObjectID> {
    var found: Set<ObjectID> = [id]
    var waiting = [id]
    while let next = waiting.popLast() {
      for parent in parents[next] ?? [] where found.insert(parent).inserted { waiting.append(parent) }
    }
    return found
  }

  private static func holdChildrenFirst(_ ids: [ObjectID], _ parents: [ObjectID: [ObjectID]]) throws {
    var seen: Set<ObjectID> = []
    for id in ids {
      try hold(!(parents[id] ?? []).contains(where: seen.contains), "\(id) stands after a parent of its")
      seen.insert(id)
    }
  }
}
