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
      guard try visit(link.tree, against: parents, [], &seen, body),
        body(ReachableObject(id: id, kind: .commit, path: []))
      else { return }
    }
  }

  /// Visits everything below a tree, once.
  func visit(
    tree: ObjectID, _ seen: inout Set<ObjectID>, _ body: (ReachableObject) -> Bool
  ) throws(HistoryError) -> Bool {
    try visit(tree, against: [], [], &seen, body)
  }

  private func visit(
    _ tree: ObjectID, against bases: [ObjectID], _ path: [UInt8], _ seen: inout Set<ObjectID>,
    _ body: (ReachableObject) -> Bool
  ) throws(HistoryError) -> Bool {
    guard !bases.contains(tree), seen.insert(tree).inserted else { return true }
    let text = try reader.tree(tree)
    let known = try bases.map { id throws(HistoryError) in try reader.tree(id) }
    // Duplicates too: git wants them present.
    for entry in text.entries + text.duplicates where entry.mode & 0o170000 != 0o160000 {
      let id = text.id(entry)
      let name = text.name(entry)
      var below: [ObjectID] = []
      for base in known {
        guard let place = base.find(name, isTree: entry.isTree) else { continue }
        below.append(base.id(base.entries[place]))
      }
      guard !below.contains(id) else { continue }
      let inner = path.isEmpty ? Array(name) : path + [UInt8(ascii: "/")] + name
      if entry.isTree {
        guard try visit(id, against: below, inner, &seen, body) else { return false }
      } else if seen.insert(id).inserted {
        guard body(ReachableObject(id: id, kind: .blob, path: inner)) else { return false }
      }
    }
    // The empty tree as well: git reads it without having it, but misses it when it checks a repository.
    return body(ReachableObject(id: tree, kind: .tree, path: path))
  }
}
