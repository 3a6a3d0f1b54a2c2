import Support

/// Which commits changed which path, and to what: built once, then extended by what is new.
///
/// Without it each question about one path would read every commit's trees again.
final class ChangeIndex {
  /// A commit that gave a path an entry that none of its parents has there (nil: took it away).
  struct Change {
    let commit: ObjectID
    let entry: TreeEntry?
  }

  private var changes: [BankPath: [Change]] = [:]
  private var covered: Set<ObjectID> = []
  /// Commits whose histories together are what is covered; none is another's ancestor.
  private var heads: [ObjectID] = []
  /// The history of the last head that was asked about, with each commit's place in it.
  private var order: (head: ObjectID, place: [ObjectID: Int])?

  /// What happened to a path in the history of a head, newest first.
  func changes(of path: BankPath, at head: ObjectID, _ history: History) throws(HistoryError) -> [Change] {
    try cover(head, history)
    let place = try places(head, history)
    return (changes[path] ?? []).compactMap { change in place[change.commit].map { ($0, change) } }
      .sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// Every commit of a head's history and its place in the order of ``CommitGraph/walk(from:excluding:)``.
  func places(_ head: ObjectID, _ history: History) throws(HistoryError) -> [ObjectID: Int] {
    if let order, order.head == head { return order.place }
    var place: [ObjectID: Int] = [:]
    for (index, id) in try history.graph.walk(from: [head], excluding: []).enumerated() { place[id] = index }
    order = (head, place)
    return place
  }

  private func cover(_ head: ObjectID, _ history: History) throws(HistoryError) {
    guard !covered.contains(head) else { return }
    for id in try history.graph.walk(from: [head], excluding: heads) where !covered.contains(id) {
      for (path, entry) in try Self.ownChanges(of: id, history) {
        changes[path, default: []].append(Change(commit: id, entry: entry))
      }
      covered.insert(id)
    }
    var others: [ObjectID] = []
    for other in heads where try !history.graph.isAncestor(other, of: head) { others.append(other) }
    heads = others + [head]
  }

  /// Whether a path ever had a blob in the history of a head.
  func everHeld(
    _ path: BankPath, _ blob: ObjectID, at head: ObjectID, _ history: History
  ) throws(HistoryError) -> Bool {
    try cover(head, history)
    let found = (changes[path] ?? []).filter { $0.entry?.blob == blob }
    // Mostly all that is covered is this head's history.
    if found.isEmpty || heads == [head] { return !found.isEmpty }
    let place = try places(head, history)
    return found.contains { place[$0.commit] != nil }
  }

  /// Whether any path ever had a blob in the history of a head.
  func everHeld(_ blob: ObjectID, at head: ObjectID, _ history: History) throws(HistoryError) -> Bool {
    try cover(head, history)
    let found = changes.values.joined().filter { $0.entry?.blob == blob }
    if found.isEmpty || heads == [head] { return !found.isEmpty }
    let place = try places(head, history)
    return found.contains { place[$0.commit] != nil }
  }

  /// What a commit has that none of its parents has.
  static func ownChanges(of id: ObjectID, _ history: History) throws(HistoryError) -> [(BankPath, TreeEntry?)] {
    let link = try history.graph.link(id)
    let walk = TreeWalk(history.store)
    var result: [BankPath: TreeEntry?] = [:]
    var isFirst = true
    for parent in link.parents.isEmpty ? [nil] : link.parents.map(Optional.some) {
      let base = try parent.map { id throws(HistoryError) in try history.graph.link(id).tree }
      var differing: [BankPath: TreeEntry?] = [:]
      try walk.compare(base, link.tree) { delta in
        if isFirst || result[delta.path] != nil { differing[delta.path] = .some(delta.new) }
      }
      result = differing
      isFirst = false
      if result.isEmpty { break }
    }
    return result.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
