public import History
public import Support

extension Engine {
  /// Brings a commit in: nothing, fast-forward, or a merge; then writes it to the directory as far as that goes now.
  public func integrate(_ other: ObjectID) throws(HistoryError) {
    guard let tip else { return try begin(other) }
    if try history.isAncestor(other, of: tip) { return }
    if try history.isAncestor(tip, of: other) { return try begin(other) }
    try begin(mergeCommit(tip, other))
  }

  /// Merges what was captured on `main` with an unfinished target.
  func retarget(mergingInto commit: ObjectID) throws(HistoryError) {
    guard let main else { return try begin(commit) }
    if try history.isAncestor(main, of: commit) { return try begin(commit) }
    if try history.isAncestor(commit, of: main) { return try abandonTarget() }
    try begin(mergeCommit(main, commit))
  }

  private func abandonTarget() throws(HistoryError) {
    target = nil
    try history.deleteRef(EngineRef.applying)
  }

  func begin(_ commit: ObjectID) throws(HistoryError) {
    if let target, target.commit != commit { mayHaveStrayed = true }
    try history.forceRef(EngineRef.applying, to: commit)
    Failpoint.mergeBegun.pass()
    target = try Target(commit, from: (mainTree, files), in: history)
    try applyTarget()
  }

  /// The merge of two commits: a pure function of them, so that every replica makes the same one.
  public func mergeCommit(_ a: ObjectID, _ b: ObjectID) throws(HistoryError) -> ObjectID {
    let (tree, table) = try mergeTree(a, b, depth: 0)
    let parents = [a, b].sorted()
    var seconds = Int64.min
    for parent in parents { seconds = max(seconds, try history.commit(parent).committer.seconds) }
    let author = Signature(name: "membank", email: "membank@localhost", seconds: seconds, offsetMinutes: 0)
    counts.merged += 1
    let merged = try history.writeCommit(
      tree: tree, parents: parents, author: author, committer: author,
      message: CommitMessage.text(
        subject: "Merge \(parents[0].short(12)) and \(parents[1].short(12))", deltas: [], trailers: table.trailers))
    Failpoint.mergeCommit.pass()
    return merged
  }

  private func mergeTree(
    _ a: ObjectID, _ b: ObjectID, depth: Int
  ) throws(HistoryError) -> (tree: ObjectID, table: MergeTable) {
    let (first, second) = (try history.commit(min(a, b)), try history.commit(max(a, b)))
    let origin = try mergeBase(first.id, second.id, depth: depth)
    let base = origin?.tree
    let table = Self.table(base: origin, first, second)
    let baseFiles = if let base { try history.files(inTree: base) } else { [BankPath: TreeEntry]() }
    var (one, other) = (try history.diff(base, first.tree), try history.diff(base, second.tree))
    if base == nil {
      let (ours, theirs) = (one, other)
      one = try withoutOld(ours, against: theirs, of: second.id)
      other = try withoutOld(theirs, against: ours, of: first.id)
      // Where each side's history has held the other's version, neither is old.
      let both = Set(ours.map(\.path)).intersection(theirs.map(\.path))
      let lost = both.subtracting(one.map(\.path)).subtracting(other.map(\.path))
      one = (one + ours.filter { lost.contains($0.path) }).sorted { $0.path < $1.path }
      other = (other + theirs.filter { lost.contains($0.path) }).sorted { $0.path < $1.path }
    }
    let merged = try TreeMerge.merge(
      base: baseFiles, MergeSide(deltas: one, seconds: first.committer.seconds),
      MergeSide(deltas: other, seconds: second.committer.seconds)
    ) { path, base, earlier, later throws(HistoryError) in
      try self.mergeContent(path, base, earlier, later, table)
    }
    let changes = merged.changes.sorted { $0.key < $1.key }.map { (path: $0.key, entry: $0.value) }
    return (try history.writeTree(from: base, changes: changes), table)
  }

  /// The table of strategies that a merge goes by: a function of the three commits, as all of the merge is.
  private static func table(base: Commit?, _ one: Commit, _ other: Commit) -> MergeTable {
    let isLater = (one.committer.seconds, one.id) > (other.committer.seconds, other.id)
    let (earlier, later) = isLater ? (other, one) : (one, other)
    return MergeTable.merged(
      base: base.map { MergeTable(message: $0.message) } ?? .standard, earlier: MergeTable(message: earlier.message),
      later: MergeTable(message: later.message))
  }

  /// Two histories that never met: a directory joined with files from a copy of the bank.
  ///
  /// A version that the other
  /// side's history held at that path is old, not a change; so is one that the other side has deleted since.
  private func withoutOld(
    _ deltas: [TreeDelta], against others: [TreeDelta], of commit: ObjectID
  ) throws(HistoryError) -> [TreeDelta] {
    let standing = Dictionary(uniqueKeysWithValues: others.map { ($0.path, $0.new) })
    var kept: [TreeDelta] = []
    for delta in deltas {
      if let entry = delta.new, standing[delta.path] != .some(entry),
        try history.everHeld(delta.path, entry.blob, at: commit)
      {
        continue
      }
      kept.append(delta)
    }
    return kept
  }

  /// The commit that both come from.
  ///
  /// Several merge bases (criss-cross merges) are merged with each other first,
  /// as git's recursive strategy does: picking one would bring back what the other's side removed.
  private func mergeBase(_ a: ObjectID, _ b: ObjectID, depth: Int) throws(HistoryError) -> Commit? {
    let bases = try history.mergeBases(a, b)
    guard let first = bases.first else { return nil }
    guard bases.count > 1, depth < 8 else { return try history.commit(first) }
    var merged = first
    for next in bases.dropFirst() {
      let (tree, table) = try mergeTree(merged, next, depth: depth + 1)
      let author = Signature(name: "membank", email: "membank@localhost", seconds: 0, offsetMinutes: 0)
      merged = try history.writeCommit(
        tree: tree, parents: [merged, next].sorted(), author: author, committer: author,
        message: CommitMessage.text(subject: "Merge base", deltas: [], trailers: table.trailers))
    }
    return try history.commit(merged)
  }
}
