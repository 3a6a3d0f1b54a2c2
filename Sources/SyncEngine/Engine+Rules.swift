public import Bank
public import History
import Support

extension Engine {
  private static let rulesNote = "rules"

  /// Makes ignore rules hold, and takes up what the earlier ones hid.
  ///
  /// - Parameters:
  ///   - ignore: The patterns of what is ignored, besides the defaults.
  ///   - include: The patterns of what is wanted all the same.
  ///   - notes: Where the rules that hold are noted between runs.
  /// - Returns: Whether they hold now; where not, the earlier ones stay in force, to be replaced the next time.
  /// - Throws: ``HistoryError``, or the failure to write the note.
  public func takeUp(ignore: [String], include: [String], notes: some Notes) throws -> Bool {
    let text = JSONValue.members([
      "ignore": .array(ignore.map { .string($0) }), "include": .array(include.map { .string($0) }),
    ]).rendered()
    bank.rules = IgnoreRules(patterns: ignore, include: include)
    guard let noted = notes.read(Self.rulesNote) else {
      try notes.write(Self.rulesNote, text)
      return true
    }
    guard noted != text, let old = try? JSONValue.parse(noted) else { return true }
    let earlier = IgnoreRules(
      patterns: (old["ignore"]?.elements ?? []).compactMap(\.text),
      include: (old["include"]?.elements ?? []).compactMap(\.text))
    guard try reveal(hiddenBy: earlier) else {
      bank.rules = earlier
      return false
    }
    // Noted last: what a kill cuts short is done again.
    try notes.write(Self.rulesNote, text)
    return true
  }

  /// Takes up paths that the ignore rules hid until now.
  ///
  /// `main` went on without looking at them: what is missing there was never deleted, and what differs was never
  /// merged. Missing files are written; a file that differs becomes a version of its own and is merged as one that
  /// was created on both sides.
  ///
  /// - Parameter old: The rules until now; call this before anything is captured under the new ones.
  /// - Returns: Whether all of it could be taken up; where not, the old rules must stay in force, since what is still
  ///   missing would be taken for deleted.
  /// - Throws: ``HistoryError``.
  public func reveal(hiddenBy old: IgnoreRules) throws(HistoryError) -> Bool {
    let rules = bank.rules
    var isWhole = true
    for (path, entry) in files.sorted(by: { $0.key < $1.key })
    where old.ignores(path, isDirectory: false) && !rules.ignores(path, isDirectory: false) {
      // A held version has a base of its own; its release merges it.
      if held[path] != nil { continue }
      let scan = bank.look(at: [path])
      if scan.isUnknown(path) || scan.rootUnknown {
        isWhole = false
        continue
      }
      guard scan.files[path] != nil else {
        guard try makeWay(for: path), try write(path, entry, over: nil) else {
          isWhole = false
          continue
        }
        continue
      }
      guard let (bytes, stamp) = try? bank.read(path, limit: settings.holdLimit) else {
        isWhole = false
        continue
      }
      guard ObjectID.blob(of: bytes) != entry.blob else { continue }
      if let reason = secretReason(bytes) {
        try hold(path, bytes, reason)
        continue
      }
      let blob = try mergeRevealed(path, bytes, stamp)
      if try !writeMerged(path, over: blob) { isWhole = false }
    }
    return isWhole
  }

  /// Makes what was found at a path a version without a past, and merges it.
  private func mergeRevealed(_ path: BankPath, _ bytes: [UInt8], _ stamp: FileStamp) throws(HistoryError) -> ObjectID {
    let blob = try history.writeBlob(bytes)
    let found = TreeEntry(blob: blob, executable: stamp.isExecutable)
    let commit = try history.writeCommit(
      tree: history.writeTree(from: nil, changes: [(path, found)]), parents: [], author: signature(),
      committer: signature(),
      message: CommitMessage.text(
        subject: "Add \(path), which was ignored", deltas: [],
        trailers: [("Origin", settings.replica), ("Cause", "reveal")]))
    counts.committed += 1
    Failpoint.revealCommit.pass()
    try integrate(commit)
    return blob
  }

  /// A file that stands where the path needs a directory becomes a conflict copy, as in any merge.
  private func makeWay(for path: BankPath) throws(HistoryError) -> Bool {
    for place in path.ancestors {
      guard bank.look(at: [place]).files[place] != nil else { continue }
      guard let (bytes, stamp) = try? bank.read(place, limit: settings.holdLimit), secretReason(bytes) == nil else {
        note(place, .writeFailed, "stands where \(path) needs a directory; move it away")
        return false
      }
      let blob = try mergeRevealed(place, bytes, stamp)
      let removal = GuardedChange(path: place, expected: blob, content: nil, executable: false)
      guard case .applied = bank.apply(removal, inHistory: { self.history.contains($0) }) else { return false }
      table.files[place] = nil
    }
    return true
  }
}
