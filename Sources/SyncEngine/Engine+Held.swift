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
    Failpoint.holdCommit.pass()
    if let earlier = held[path] { try history.forceRef(EngineRef.rescue(earlier.commit), to: earlier.commit) }
    try history.forceRef(HeldVersion.refName(path), to: commit)
    Failpoint.holdMoved.pass()
    held[path] = HeldVersion(path: path, commit: commit, base: base, reason: reason)
  }

  /// Stops holding a file that is gone; its versions stay under a rescue ref of this machine.
  func drop(_ version: HeldVersion) throws(HistoryError) {
    try history.forceRef(EngineRef.rescue(version.commit), to: version.commit)
    Failpoint.releaseRescued.pass()
    try history.deleteRef(HeldVersion.refName(version.path))
    held[version.path] = nil
  }

  /// Stops holding a file that is missing.
  ///
  /// - Returns: Whether its absence is a deletion of what the bank has. Where the bank has moved on since the version
  ///   was held, nobody has seen what would be deleted: the bank's version is written instead.
  func dropMissing(_ version: HeldVersion) throws(HistoryError) -> Bool {
    guard let entry = files[version.path] else {
      try drop(version)
      return false
    }
    let isSeen = try entry == baseEntry(version)
    // Held until the bank's version stands there: what is merely owed must not look deleted.
    let isWritten = isSeen ? false : try write(version.path, entry, over: nil)
    if isSeen || isWritten { try drop(version) }
    return isSeen
  }

  private func baseEntry(_ version: HeldVersion) throws(HistoryError) -> TreeEntry? {
    guard let base = version.base else { return nil }
    return try history.entry(version.path, inTree: history.commit(base).tree)
  }

  /// Writes the bank's version of a file, if there stands what is expected.
  ///
  /// - Returns: Whether it stands there now.
  /// - Throws: ``HistoryError``.
  func write(_ path: BankPath, _ entry: TreeEntry, over expected: ObjectID?) throws(HistoryError) -> Bool {
    let change = GuardedChange(
      path: path, expected: expected, content: try history.blob(entry.blob), executable: entry.executable)
    guard case .applied(let stamp?) = bank.apply(change, inHistory: { self.history.contains($0) }) else {
      if expected != nil { unsettled.insert(path) }
      return false
    }
    table.files[path] = KnownFile(stamp: stamp, blob: entry.blob, hashedAt: clock.wallMilliseconds * 1_000_000)
    counts.pulled += 1
    return true
  }

  /// Takes a file that is fit to leave again: as a version of what `main` was when it was held, merged with what
  /// came since.
  func release(_ version: HeldVersion, _ entry: TreeEntry) throws(HistoryError) {
    // The ref goes last: after a kill in between the release is done again, and comes to the same.
    held[version.path] = nil
    let baseTree: ObjectID? = if let base = version.base { try history.commit(base).tree } else { nil }
    let tree = try history.writeTree(from: baseTree, changes: [(version.path, entry)])
    if tree != baseTree {
      let delta = TreeDelta(path: version.path, old: nil, new: entry)
      let commit = try history.writeCommit(
        tree: tree, parents: version.base.map { [$0] } ?? [], author: signature(), committer: signature(),
        message: CommitMessage.text(
          subject: "Update \(version.path)", deltas: [delta],
          trailers: [("Origin", settings.replica), ("Cause", "release")] + strategyTrailers(over: version.base)))
      counts.committed += 1
      table.files[version.path] = nil
      try integrate(commit)
    }
    guard try writeMerged(version.path, over: entry.blob) else {
      // What the merge came to could not be written; the next look finds the version held, and releases it again.
      held[version.path] = version
      return
    }
    problems[version.path.description] = nil
    Failpoint.releaseMerged.pass()
    try drop(version)
  }

  /// Writes what a merge made of a path whose file was on disk without being in `main`: between the two trees there is
  /// no difference that would have it written.
  ///
  /// - Returns: Whether the file is as the bank has it now.
  /// - Throws: ``HistoryError``.
  func writeMerged(_ path: BankPath, over blob: ObjectID) throws(HistoryError) -> Bool {
    guard let merged = tipFiles[path], merged.blob != blob else { return true }
    // An unfinished target writes it where it differs from main.
    if target != nil, merged != files[path] { return true }
    return try write(path, merged, over: blob)
  }
}
