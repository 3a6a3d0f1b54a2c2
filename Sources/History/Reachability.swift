import Support

/// An object that a range of history needs.
struct ReachableObject {
  let id: ObjectID
  let kind: ObjectKind
  /// Where it stands in its tree: objects of one path are kin, which is what packing wants to know.
  let path: [UInt8]
}

/// Finds the objects of a range of history.
struct Reachability {
  private let reader: any ObjectReading
  private let graph: CommitGraph

  /// Names of a stranger may be of any length, and each directory's path is kept while it is visited.
  private static let longestPath = 4095

  init(_ reader: any ObjectReading, _ graph: CommitGraph) {
    self.reader = reader
    self.graph = graph
  }

  /// Visits each object that `tips` reach and `excluded` don't, once; what it names comes before it.
  ///
  /// An object that an excluded commit has elsewhere (a file that was moved to another directory) may come too.
  ///
  /// `body`: says whether to go on.
  func visit(
    from tips: [ObjectID], excluding excluded: [ObjectID], _ body: (ReachableObject) -> Bool
  ) throws(HistoryError) {
    var seen: Set<ObjectID> = []
    for id in try graph.walk(from: tips, excluding: excluded).reversed() {
      let link = try graph.link(id)
      // What a parent has is either excluded or comes with the parent.
      let parents = try link.parents.map { parent throws(HistoryError) in try graph.link(parent).tree }
      guard try visit(link.tree, against: parents, &seen, body),
        body(ReachableObject(id: id, kind: .commit, path: []))
      else { return }
    }
  }

  /// Visits everything below a tree, once.
  func visit(
    tree: ObjectID, _ seen: inout Set<ObjectID>, _ body: (ReachableObject) -> Bool
  ) throws(HistoryError) -> Bool {
    try visit(tree, against: [], &seen, body)
  }

  /// A tree that is being visited: what it holds comes before it.
  private struct Level {
    let tree: ObjectID
    let path: [UInt8]
    let text: TreeText
    let entries: [TreeText.Entry]
    /// The trees at the same place in the parents.
    let bases: [TreeText]
    var next = 0
  }

  // Not by recursion: a stranger's trees may lie in each other tens of thousands deep, and the stack ends somewhere.
  private func visit(
    _ tree: ObjectID, against bases: [ObjectID], _ seen: inout Set<ObjectID>, _ body: (ReachableObject) -> Bool
  ) throws(HistoryError) -> Bool {
    var levels: [Level] = []
    func enter(_ tree: ObjectID, _ bases: [ObjectID], _ path: [UInt8]) throws(HistoryError) {
      guard !bases.contains(tree), seen.insert(tree).inserted else { return }
      let text = try reader.tree(tree)
      let known = try bases.map { id throws(HistoryError) in try reader.tree(id) }
      // Duplicates too: git wants them present.
      let entries = (text.entries + text.duplicates).filter { $0.mode & 0o170000 != 0o160000 }
      levels.append(Level(tree: tree, path: path, text: text, entries: entries, bases: known))
    }
    try enter(tree, bases, [])
    while let level = levels.last {
      guard level.next < level.entries.count else {
        levels.removeLast()
        // The empty tree as well: git reads it without having it, but misses it when it checks a repository.
        guard body(ReachableObject(id: level.tree, kind: .tree, path: level.path)) else { return false }
        continue
      }
      levels[levels.count - 1].next += 1
      let entry = level.entries[level.next]
      let id = level.text.id(entry)
      let name = level.text.name(entry)
      var below: [ObjectID] = []
      for base in level.bases {
        guard let place = base.find(name, isTree: entry.isTree) else { continue }
        below.append(base.id(base.entries[place]))
      }
      guard !below.contains(id) else { continue }
      let longer = level.path.isEmpty ? Array(name) : level.path + [UInt8(ascii: "/")] + name
      let inner = longer.count > Self.longestPath ? level.path : longer
      if entry.isTree {
        try enter(id, below, inner)
      } else if seen.insert(id).inserted {
        guard body(ReachableObject(id: id, kind: .blob, path: inner)) else { return false }
      }
    }
    return true
  }
}
