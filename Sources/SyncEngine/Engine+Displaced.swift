import Bank
public import History
import Support

extension Engine {
  /// Takes in what was written to files that guarded writes had replaced meanwhile, and what a crash left behind.
  ///
  /// An editor that had the old file open may save into it afterwards: its bytes become a version of the path, merged
  /// like any other.
  public func captureDisplaced() throws(HistoryError) {
    guard bank.displacedCount > 0 else { return }
    for file in bank.reapDisplaced(candidates: Array(knownPaths), inHistory: isKept) {
      let blob = try history.writeBlob(file.bytes)
      let isSecret = !SecretScanner().findings(in: file.bytes).isEmpty
      let isHeld = isSecret || Int64(file.bytes.count) > settings.holdLimit
      if let path = file.path, let main, !isHeld {
        if let commit = try lateVersion(of: path, blob, main) { try integrate(commit) }
      } else {
        // Whose it was can't be told, or it may not leave: it stays on this machine.
        try keepAside(blob, file.path)
      }
      Failpoint.displacedCaptured.pass()
      bank.discard(file)
    }
  }

  /// Puts files back to their names that a crash left without one.
  ///
  /// - Returns: Whether there were any.
  func returnDisplaced() -> Bool {
    guard bank.displacedCount > 0 else { return false }
    return bank.returnHome(candidates: Array(knownPaths)) { path, blob in
      // An earlier version is what a change replaced; the path itself may have been deleted since.
      self.files[path]?.blob == blob || self.target?.files[path]?.blob == blob || !self.history.contains(blob)
    }
  }

  /// Whether some version here holds these bytes.
  ///
  /// That the blob is there says nothing: a capture that was killed, or found no room, leaves it without a commit.
  private func isKept(_ blob: ObjectID) -> Bool {
    guard history.contains(blob) else { return false }
    do throws(HistoryError) {
      if let tip, try history.everHeld(blob, at: tip) { return true }
      for prefix in [EngineRef.rescues, EngineRef.held] {
        for (_, commit) in try history.refs(under: prefix) where try history.everHeld(blob, at: commit) { return true }
      }
    } catch {
      // What can't be read now proves nothing; the file waits.
    }
    return false
  }

  /// The version that a late writer made: based on what stood at the path before the last change, which is what it had
  /// read; on the newest where the path has changed only once.
  private func lateVersion(of path: BankPath, _ blob: ObjectID, _ main: ObjectID) throws(HistoryError) -> ObjectID? {
    let changes = try history.history(of: path, at: main, limit: 8)
    var parent: ObjectID?
    for commit in Array(changes.dropFirst()) + [main] where parent == nil {
      // On top of a tree that has a directory there, or a file above it, the version would take that away.
      if try hasRoom(for: path, inTree: history.commit(commit).tree) { parent = commit }
    }
    guard let parent else {
      try keepAside(blob, path)
      return nil
    }
    let before = try history.commit(parent).tree
    let executable = try history.entry(path, inTree: before)?.executable ?? false
    let tree = try history.writeTree(from: before, changes: [(path, TreeEntry(blob: blob, executable: executable))])
    guard tree != before else { return nil }
    counts.committed += 1
    return try history.writeCommit(
      tree: tree, parents: [parent], author: signature(), committer: signature(),
      message: CommitMessage.text(
        subject: "Update \(path) (written into a file that had been replaced)", deltas: [],
        trailers: [("Origin", settings.replica), ("Cause", "displaced")] + strategyTrailers(over: parent)))
  }

  private func hasRoom(for path: BankPath, inTree tree: ObjectID) throws(HistoryError) -> Bool {
    if try history.holdsDirectory(path, inTree: tree) { return false }
    for ancestor in path.ancestors where try history.entry(ancestor, inTree: tree) != nil { return false }
    return true
  }

  func keepAside(_ blob: ObjectID, _ path: BankPath?) throws(HistoryError) {
    let name = path ?? (try? BankPath("unknown-\(blob.short(12)).md"))
    guard let name else { return }
    let tree = try history.writeTree(from: nil, changes: [(name, TreeEntry(blob: blob, executable: false))])
    let commit = try history.writeCommit(
      tree: tree, parents: [], author: signature(), committer: signature(),
      message: "Rescue \(name) from a temporary file\n")
    try history.forceRef(EngineRef.rescue(commit), to: commit)
  }
}
