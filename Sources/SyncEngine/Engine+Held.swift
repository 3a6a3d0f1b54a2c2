import Bank
import History
import Support

extension Engine {
  /// Keeps a version on this machine: `main` stays at the last one that was fit to leave.
  ///
  /// `bytes` is the version; nil when it is too large to be kept at all.
  func hold(_ path: BankPath, _ bytes: [UInt8]?, _ reason: String) throws(HistoryError) {
    note(path, bytes == nil ? .tooLarge : .heldBack, reason)
    let base = held[path]?.base ?? (held[path] == nil ? main : nil)
    let baseTree: ObjectID? = if let base { try history.commit(base).tree } else { nil }
    var changes: [(path: BankPath, entry: TreeEntry?)] = []
    if let bytes { changes = [(path, TreeEntry(blob: try history.writeBlob(bytes), executable: false))] }
    let tree = try history.writeTree(from: baseTree, changes: changes)
    if let known = held[path], try history.commit(known.commit).tree == tree { return }
    let commit = try history.writeCommit(
      tree: tree, parents: base.map { [$0] } ?? [], author: signature(), committer: signature(),
      message: CommitMessage.text(
        subject: "Hold \(path)", deltas: [],
        trailers: [("Held-Path", path.description), ("Held-Reason", reason), ("Origin", settings.replica)]))
    if let earlier = held[path] { try history.forceRef(EngineRef.rescue(earlier.commit), to: earlier.commit) }
    try history.forceRef(HeldVersion.refName(path), to: commit)
    held[path] = HeldVersion(path: path, commit: commit, base: base, reason: reason)
  }

  /// Stops holding a file that is gone; its versions stay under a rescue ref of this machine.
  func drop(_ version: HeldVersion) throws(HistoryError) {
    try history.forceRef(EngineRef.rescue(version.commit), to: version.commit)
    try history.deleteRef(HeldVersion.refName(version.path))
    held[version.path] = nil
  }

  /// Stops holding a file that is missing.
  ///
  /// - Returns: Whether its absence is a deletion of what the bank has. Where the bank has moved on since the version
  ///   was held, nobody has seen what would be deleted: the bank's version is written instead.
  func dropMissing(_ version: HeldVersion) throws(HistoryError) -> Bool {
    try drop(version)
    guard let entry = files[version.path] else { return false }
    if try entry == baseEntry(version) { return true }
    try write(version.path, entry, over: nil)
    return false
  }

  private func baseEntry(_ version: HeldVersion) throws(HistoryError) -> TreeEntry? {
    guard let base = version.base else { return nil }
    return try history.entry(version.path, inTree: history.commit(base).tree)
  }

  /// Writes the bank's version of a file, if there stands what is expected.
  func write(_ path: BankPath, _ entry: TreeEntry, over expected: ObjectID?) throws(HistoryError) {
    let change = GuardedChange(
      path: path, expected: expected, content: try history.blob(entry.blob), executable: entry.executable)
    guard case .applied(let stamp?) = bank.apply(change, inHistory: { self.history.contains($0) }) else {
      unsettled.insert(path)
      return
    }
    table.files[path] = KnownFile(stamp: stamp, blob: entry.blob, hashedAt: clock.wallMilliseconds * 1_000_000)
    counts.pulled += 1
  }

  /// Takes a file that is fit to leave again: as a version of what `main` was when it was held, merged with what
  /// came since.
  func release(_ version: HeldVersion, _ entry: TreeEntry) throws(HistoryError) {
    try drop(version)
    problems[version.path.description] = nil
    let baseTree: ObjectID? = if let base = version.base { try history.commit(base).tree } else { nil }
    let tree = try history.writeTree(from: baseTree, changes: [(version.path, entry)])
    guard tree != baseTree else {
      // Back to what it was before: what the bank has by now takes its place.
      if let current = files[version.path], current != entry { try write(version.path, current, over: entry.blob) }
      return
    }
    let delta = TreeDelta(path: version.path, old: nil, new: entry)
    let commit = try history.writeCommit(
      tree: tree, parents: version.base.map { [$0] } ?? [], author: signature(), committer: signature(),
      message: CommitMessage.text(
        subject: "Update \(version.path)", deltas: [delta],
        trailers: [("Origin", settings.replica), ("Cause", "release")]))
    counts.committed += 1
    table.files[version.path] = nil
    try integrate(commit)
    try writeMerged(version.path, over: entry.blob)
  }

  /// Writes what a merge made of a path whose file was on disk without being in `main`: between the two trees there is
  /// no difference that would have it written.
  func writeMerged(_ path: BankPath, over blob: ObjectID) throws(HistoryError) {
    guard target == nil, let merged = files[path], merged.blob != blob else { return }
    try write(path, merged, over: blob)
  }
}
