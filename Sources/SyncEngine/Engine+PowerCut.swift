import Bank
public import History
import Support

extension Engine {
  /// After a power cut, brings back files that the file system lost: empty, all NUL, or an earlier version of
  /// themselves, and last touched before this boot.
  ///
  /// They are damage, not edits.
  ///
  /// - Parameter bootedAt: When the machine booted, in nanoseconds since 1970.
  /// - Returns: What was brought back, in words.
  /// - Throws: ``HistoryError``.
  public func restoreTornFiles(bootedAt: Int64) throws(HistoryError) -> [String] {
    var restored: [String] = []
    for (path, stamp) in bank.scan().files.sorted(by: { $0.key < $1.key }) where stamp.modified < bootedAt {
      guard let entry = files[path], let (bytes, _) = try? bank.read(path, limit: settings.holdLimit) else { continue }
      let blob = ObjectID.blob(of: bytes)
      guard blob != entry.blob, let main else { continue }
      if !bytes.allSatisfy({ $0 == 0 }), try !history.everHeld(path, blob, at: main) { continue }
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
