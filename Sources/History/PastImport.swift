import Support

/// Rewrites the history of one directory into ours, oldest commit first.
struct PastImport {
  private let history: History
  private let source: ImportSource
  private var copied: Set<ObjectID> = []

  init(_ history: History, _ source: ImportSource) {
    self.history = history
    self.source = source
  }

  /// Returns what the head became, nil when the directory never held anything.
  mutating func run(
    head: ObjectID, directory: BankPath?, include: (BankPath) -> Bool
  ) throws(HistoryError) -> ObjectID? {
    let commits = try source.graph.walk(from: [head], excluding: [])
    let places = try DirectoryTrace(source).places(commits, head: head, directory: directory)
    var becomes: [ObjectID: ObjectID] = [:]
    var trees: [ObjectID: ObjectID] = [:]
    // The directory's tree as it was there, and what it became here.
    var known: (theirs: ObjectID, ours: ObjectID)?
    for id in commits.reversed() {
      let link = try source.graph.link(id)
      var parents: [ObjectID] = []
      for parent in link.parents {
        if let new = becomes[parent], !parents.contains(new) { parents.append(new) }
      }
      let theirs = try place(places[id], in: link.tree)
      let tree = try convert(theirs ?? .emptyTree, &known, include)
      parents = try independent(parents)
      if parents.isEmpty, tree == .emptyTree { continue }
      if let parent = parents.first, parents.count == 1, trees[parent] == tree {
        becomes[id] = parent
        continue
      }
      let new = try write(id, tree, parents)
      becomes[id] = new
      trees[new] = tree
    }
    return becomes[head]
  }

  private func place(_ directory: BankPath??, in tree: ObjectID) throws(HistoryError) -> ObjectID? {
    guard let directory else { return nil }
    guard let directory else { return tree }
    return try TreeWalk(source.objects).directory(directory, in: tree)
  }

  /// Parents that are ancestors of other parents say nothing once what lay between was left out.
  private func independent(_ parents: [ObjectID]) throws(HistoryError) -> [ObjectID] {
    guard parents.count > 1 else { return parents }
    var kept: [ObjectID] = []
    for parent in parents {
      var isBelow = false
      for other in parents where other != parent && !isBelow { isBelow = try history.isAncestor(parent, of: other) }
      if !isBelow { kept.append(parent) }
    }
    return kept
  }

  /// The files of a tree of theirs that are wanted, as a tree of ours; by way of what differs from the last one.
  private mutating func convert(
    _ theirs: ObjectID, _ known: inout (theirs: ObjectID, ours: ObjectID)?, _ include: (BankPath) -> Bool
  ) throws(HistoryError) -> ObjectID {
    if let known, known.theirs == theirs { return known.ours }
    var changes: [(path: BankPath, entry: TreeEntry?)] = []
    try TreeWalk(source.objects).compare(known?.theirs, theirs) { delta in
      if include(delta.path) { changes.append((delta.path, delta.new)) }
    }
    for (_, entry) in changes {
      guard let blob = entry?.blob, copied.insert(blob).inserted else { continue }
      try history.store.write(.blob, source.objects.read(.blob, blob))
    }
    let ours = try history.writeTree(from: known?.ours, changes: changes)
    known = (theirs, ours)
    return ours
  }

  private func write(_ id: ObjectID, _ tree: ObjectID, _ parents: [ObjectID]) throws(HistoryError) -> ObjectID {
    let old = try CommitText.parse(id, source.objects.read(.commit, id))
    return try history.writeCommit(
      tree: tree, parents: parents, author: old.author, committer: old.committer, message: old.message)
  }
}
