import Bank
import History
import Support

/// What is tried again by and by.
extension Cycle {
  /// A file that could not be written (a full disk, a read-only directory) is tried again, ever more rarely.
  func retryTarget(_ now: Int64) throws(HistoryError) {
    guard engine.target != nil else {
      targetRetry = nil
      return
    }
    guard let retry = targetRetry else {
      targetRetry = (at: now + 1_000_000_000, failures: 0)
      return reportFailedWrites()
    }
    guard now >= retry.at else { return }
    targetRetry = (at: now + min(60, 2 << min(retry.failures, 5)) * 1_000_000_000, failures: retry.failures + 1)
    try engine.applyTarget()
    noteUnsettled()
    if engine.target != nil { reportFailedWrites() }
  }

  private func reportFailedWrites() {
    let failed = engine.problems.values.filter { $0.kind == .writeFailed }.sorted { $0.name < $1.name }
    guard let first = failed.first else { return }
    let others = failed.count == 1 ? "" : " (and \(failed.count - 1) more)"
    report(.warning, "\(first.name): \(first.reason)\(others); it is tried again", "write")
  }

  /// Files that had a writer when they were replaced are looked at again while there are any.
  func retryDisplaced(_ now: Int64) throws(HistoryError) {
    guard engine.bank.displacedCount > 0 else {
      displacedRetry = nil
      return
    }
    let at = displacedRetry ?? now + 1_000_000_000
    displacedRetry = at
    guard now >= at else { return }
    displacedRetry = now + 2_000_000_000
    try engine.captureDisplaced()
  }
}
