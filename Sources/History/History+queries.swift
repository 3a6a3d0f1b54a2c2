public import Support

extension History {
  /// For each path the newest commit that gave it the entry it has at `head`.
  ///
  /// A merge gave it only where the entry differs from that of every parent.
  ///
  /// The history of the `excluded` commits is not searched; paths whose commit lies there are left out.
  public func givers(
    of paths: Set<BankPath>, at head: ObjectID, excluding excluded: [ObjectID]
  ) throws(HistoryError) -> [BankPath: ObjectID] {
    let walk = TreeWalk(store)
    let tree = try graph.link(head).tree
    var wanted: [BankPath: TreeEntry] = [:]
    if paths.count < 64 {
      for path in paths { wanted[path] = try walk.entry(path, in: tree) }
    } else {
      wanted = try files(inTree: tree).filter { paths.contains($0.key) }
    }
    var found: [BankPath: ObjectID] = [:]
    guard !wanted.isEmpty else { return found }
    for commit in try graph.walk(from: [head], excluding: excluded) {
      for (path, entry) in try ChangeIndex.ownChanges(of: commit, self) where entry != nil && wanted[path] == entry {
        found[path] = commit
        wanted[path] = nil
      }
      if wanted.isEmpty { break }
    }
    return found
  }

  /// Whether the path had this blob in any version that `head` has in its history.
  public func everHeld(_ path: BankPath, _ blob: ObjectID, at head: ObjectID) throws(HistoryError) -> Bool {
    try changes.everHeld(path, blob, at: head, self)
  }

  /// Whether some path had this blob in any version that `head` has in its history.
  public func everHeld(_ blob: ObjectID, at head: ObjectID) throws(HistoryError) -> Bool {
    try changes.everHeld(blob, at: head, self)
  }

  /// The commits that changed the path, newest first, also under the names that it had before.
  ///
  /// At most `limit` are returned.
  public func history(
    of path: BankPath, at head: ObjectID, limit: Int?
  ) throws(HistoryError) -> [ObjectID] {
    let limit = limit ?? .max
    var result: [ObjectID] = []
    var path = path
    var head = head
    var seen: Set<ObjectID> = []
    following: while result.count < limit {
      let steps = try changes.changes(of: path, at: head, self)
      for step in steps {
        if seen.insert(step.commit).inserted {
          result.append(step.commit)
          if result.count == limit { break following }
        }
        guard step.entry != nil, let older = try source(of: path, in: step.commit) else { continue }
        // It was renamed here: what went before has the other name.
        path = older
        head = step.commit
        continue following
      }
      break
    }
    return result
  }

  /// The name that a file had before a commit renamed it; nil when the commit didn't.
  private func source(of path: BankPath, in commit: ObjectID) throws(HistoryError) -> BankPath? {
    guard let parent = try graph.link(commit).parents.first,
      try TreeWalk(store).entry(path, in: graph.link(parent).tree) == nil
    else { return nil }
    return try renames(in: changes(of: commit)).first { $0.to == path }?.from
  }
}
