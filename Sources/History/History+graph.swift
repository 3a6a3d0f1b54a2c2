public import Support

extension History {
  /// The best common ancestors of two commits, sorted by id; none when their histories are unrelated.
  public func mergeBases(_ a: ObjectID, _ b: ObjectID) throws(HistoryError) -> [ObjectID] {
    try graph.mergeBases(a, b)
  }

  /// Whether `b` has `a` in its history; true when they are equal.
  public func isAncestor(_ a: ObjectID, of b: ObjectID) throws(HistoryError) -> Bool {
    try graph.isAncestor(a, of: b)
  }

  /// The commits that some reach and others don't: children before their parents, newest first, ties by id.
  ///
  /// At most `limit` are returned.
  public func walk(
    from tips: [ObjectID], excluding excluded: [ObjectID], limit: Int?
  ) throws(HistoryError) -> [ObjectID] {
    let all = try graph.walk(from: tips, excluding: excluded)
    return limit.map { Array(all.prefix(max($0, 0))) } ?? all
  }

  /// The commits that one reaches, newest first, up to the first one committed before `seconds` (since 1970).
  ///
  /// However long the history is, no more of it is read than is returned: at most `limit` commits.
  public func recent(from tip: ObjectID, since seconds: Int64, limit: Int) throws(HistoryError) -> [ObjectID] {
    try graph.recent(from: tip, since: seconds, limit: limit)
  }

  /// Whether every object that `commit` reaches, and those in `trusted` don't, is there and can be read.
  ///
  /// Blobs are only looked for, not read.
  public func isComplete(_ commit: ObjectID, trusting trusted: [ObjectID]) throws(HistoryError) -> Bool {
    do {
      var isWhole = true
      try Reachability(store, graph).visit(from: [commit], excluding: trusted) { object in
        if object.kind == .blob, !store.contains(object.id) { isWhole = false }
        return isWhole
      }
      return isWhole
    } catch  where error.kind == .missing || error.kind == .damaged {
      return false
    }
  }

  /// What a commit changed against its first parent (a first commit: against nothing), sorted by path.
  public func changes(of commit: ObjectID) throws(HistoryError) -> [TreeDelta] {
    let link = try graph.link(commit)
    return try diff(link.parents.first.map { id throws(HistoryError) in try graph.link(id).tree }, link.tree)
  }
}
