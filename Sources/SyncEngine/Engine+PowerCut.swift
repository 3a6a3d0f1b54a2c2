import Bank
public import History
import Support

extension Engine {
  /// After a power cut, brings back files that the file system lost: empty, all NUL, an earlier version of themselves,
  /// or other bytes under the very stamp that the bank's version was read with; and last touched before this boot.
  ///
  /// They are damage, not edits. What was known of files before is believed no longer: a file system may have written
  /// down when a file changed, and not what.
  ///
  /// - Parameter bootedAt: When the machine booted, in nanoseconds since 1970.
  /// - Returns: What was brought back, in words.
  /// - Throws: ``HistoryError``.
  public func restoreTornFiles(bootedAt: Int64) throws(HistoryError) -> [String] {
    var restored: [String] = []
    let before = table.files
    table.files = [:]
    for (path, stamp) in bank.scan().files.sorted(by: { $0.key < $1.key }) where stamp.modified < bootedAt {
      guard let entry = files[path], let (bytes, read) = try? bank.read(path, limit: settings.holdLimit) else {
        continue
      }
      let blob = ObjectID.blob(of: bytes)
      guard blob != entry.blob, let main else {
        table.files[path] = KnownFile(stamp: read, blob: blob, hashedAt: clock.wallMilliseconds * 1_000_000)
        continue
      }
      let known = before[path]
      let isUnderItsStamp = known?.stamp == read && known?.blob == entry.blob
      let isEmpty = bytes.allSatisfy { $0 == 0 }
      let wasHeld = isEmpty ? true : try history.everHeld(path, blob, at: main)
      guard wasHeld || isUnderItsStamp else { continue }
      // Bytes that were never a version may be the last of what somebody wrote.
      if !wasHeld { try keepAside(history.writeBlob(bytes), path) }
      // What is replaced is in history first, even if it is only zeros.
      let kept = try history.writeBlob(bytes)
      let change = GuardedChange(
        path: path, expected: kept, content: try history.blob(entry.blob), executable: entry.executable)
      if case .applied(let stamp) = bank.apply(change, inHistory: { self.history.contains($0) }) {
        Failpoint.restoreWritten.pass()
        if let stamp {
          table.files[path] = KnownFile(
            stamp: stamp, blob: entry.blob, hashedAt: clock.wallMilliseconds * 1_000_000)
        }
        restored.append("\(path) was damaged by the power cut and restored from \(main.short())")
      }
    }
    return restored
  }
}
