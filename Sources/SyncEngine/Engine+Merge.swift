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
    let tree = try mergeTree(a, b, depth: 0)
    let parents = [a, b].sorted()
    var seconds = Int64.min
    for parent in parents { seconds = max(seconds, try history.commit(parent).committer.seconds) }
    let author = Signature(name: "membank", email: "membank@localhost", seconds: seconds, offsetMinutes: 0)
    counts.merged += 1
    let merged = try history.writeCommit(
      tree: tree, parents: parents, author: author, committer: author,
      message: "Merge \(parents[0].short(12)) and \(parents[1].short(12))\n")
    Failpoint.mergeCommit.pass()
    return merged
  }

  private func mergeTree(_ a: ObjectID, _ b: ObjectID, depth: Int) throws(HistoryError) -> ObjectID {
    let (first, second) = (try history.commit(min(a, b)), try history.commit(max(a, b)))
    let base = try mergeBaseTree(first.id, second.id, depth: depth)
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
    ) { path, base, one, other throws(HistoryError) in try self.mergeContent(base, one, other) }
    return try history.writeTree(
      from: base, changes: merged.changes.sorted { $0.key < $1.key }.map { (path: $0.key, entry: $0.value) })
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

  /// The tree that both commits come from.
  ///
  /// Several merge bases (criss-cross merges) are merged with each other first,
  /// as git's recursive strategy does: picking one would bring back what the other's side removed.
  private func mergeBaseTree(_ a: ObjectID, _ b: ObjectID, depth: Int) throws(HistoryError) -> ObjectID? {
    let bases = try history.mergeBases(a, b)
    guard let first = bases.first else { return nil }
    guard bases.count > 1, depth < 8 else { return try history.commit(first).tree }
    var merged = first
    for next in bases.dropFirst() {
      let tree = try mergeTree(merged, next, depth: depth + 1)
      let author = Signature(name: "membank", email: "membank@localhost", seconds: 0, offsetMinutes: 0)
      merged = try history.writeCommit(
        tree: tree, parents: [merged, next].sorted(), author: author, committer: author, message: "Merge base\n")
    }
    return try history.commit(merged).tree
  }

  /// Texts over this many bytes are not merged line by line.
  static let largestMergedText: Int64 = 1 << 20

  private func mergeContent(
    _ base: ObjectID?, _ one: ObjectID, _ other: ObjectID
  ) throws(HistoryError) -> ObjectID? {
    // A constant, not a setting: replicas that are configured differently must merge alike.
    let limit = Self.largestMergedText
    for id in [base, one, other].compactMap(\.self) where try history.blobSize(id) > limit { return nil }
    let (left, right) = (try history.blob(one), try history.blob(other))
    if let base {
      guard let merged = try History.mergeText(base: try history.blob(base), one: left, other: right) else {
        return nil
      }
      return try history.writeBlob(merged)
    }
    // Created on both sides: where one holds every line of the other in order, nothing is lost by taking it.
    if LineOrder.contains(left, in: right) { return other }
    if LineOrder.contains(right, in: left) { return one }
    return nil
  }
}

/// Comparison of texts line by line.
enum LineOrder {
  /// Whether every line of `lines` stands in `text`, in that order.
  static func contains(_ lines: [UInt8], in text: [UInt8]) -> Bool {
    var wanted = lines.split(separator: 0x0a, omittingEmptySubsequences: false)[...]
    for line in text.split(separator: 0x0a, omittingEmptySubsequences: false) where wanted.first == line {
      wanted = wanted.dropFirst()
    }
    return wanted.isEmpty
  }
}
