public import Bank
public import History
import Support

extension Engine {
  /// Takes up paths that the ignore rules hid until now.
  ///
  /// `main` went on without looking at them: what is missing there was never deleted, and what differs was never
  /// merged. Missing files are written; a file that differs becomes a version of its own and is merged as one that
  /// was created on both sides.
  ///
  /// - Parameter old: The rules until now; call this before anything is captured under the new ones.
  /// - Throws: ``HistoryError``.
  public func reveal(hiddenBy old: IgnoreRules) throws(HistoryError) {
    let rules = bank.rules
    for (path, entry) in files.sorted(by: { $0.key < $1.key })
    where old.ignores(path, isDirectory: false) && !rules.ignores(path, isDirectory: false) {
      let scan = bank.look(at: [path])
      if scan.isUnknown(path) || scan.rootUnknown { continue }
      guard scan.files[path] != nil else {
        try write(path, entry, over: nil)
        continue
      }
      guard let (bytes, stamp) = try? bank.read(path, limit: settings.holdLimit) else { continue }
      let blob = try history.writeBlob(bytes)
      guard blob != entry.blob else { continue }
      let found = TreeEntry(blob: blob, executable: stamp.isExecutable)
      let commit = try history.writeCommit(
        tree: history.writeTree(from: nil, changes: [(path, found)]), parents: [], author: signature(),
        committer: signature(),
        message: CommitMessage.text(
          subject: "Add \(path), which was ignored", deltas: [],
          trailers: [("Origin", settings.replica), ("Cause", "reveal")]))
      counts.committed += 1
      try integrate(commit)
      try writeMerged(path, over: blob)
    }
  }
}
