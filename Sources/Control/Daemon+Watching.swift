import Bank
import History
import Support
import SyncEngine

/// What the directory tells, and what is made of it.
extension Daemon {
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

  /// A file that could not be written (a full disk, a read-only directory) is tried again, ever more rarely.
  func retryTarget(_ now: Int64) throws(HistoryError) {
    guard engine.target != nil else {
      targetRetry = nil
      return
    }
    let retry = targetRetry ?? (at: now + 1_000_000_000, failures: 0)
    targetRetry = retry
    guard now >= retry.at else { return }
    targetRetry = (at: now + min(60, 2 << min(retry.failures, 5)) * 1_000_000_000, failures: retry.failures + 1)
    try engine.applyTarget()
    noteUnsettled()
  }

  func capture(_ paths: [BankPath]) throws(HistoryError) {
    // A directory that was replaced, or lost its marker, a moment ago proves nothing by what it lacks.
    replica.checkRoot()
    guard !replica.rootIsGone else { return }
    do throws(HistoryError) {
      try engine.capture(paths)
    } catch {
      // They were taken from the settler: back to it, or nobody would look again.
      engine.unsettled.formUnion(paths)
      noteUnsettled()
      throw error
    }
    pendingUnsettled.subtract(paths)
    if engine.target != nil { try engine.applyTarget() }
    noteUnsettled()
    reportPlans()
  }

  /// The bank's own files have come: what stands in the directory besides is now looked at.
  func finishJoining() throws(HistoryError) {
    engine.joins = false
    try engine.captureEverything()
    try engine.applyTarget()
    noteUnsettled()
  }

  /// Paths that changed under a guarded write wait until they are quiet, like any other.
  func noteUnsettled() {
    let now = clock.monotonicNanoseconds
    for path in engine.unsettled { settler.note(.changing(path), at: now) { _ in true } }
    pendingUnsettled.formUnion(engine.unsettled)
    engine.unsettled.removeAll()
  }

  /// Looks at everything and has what differs settle like what events tell of: a save that is half-way is no version.
  func lookAround() throws(HistoryError) {
    defer { housekeeping.noteRescan(isPolling: watcher.needsPolling || replica.rootIsGone) }
    replica.checkRoot()
    if watcherIsLost { try? watchAgain() } else { watcher.rewatch() }
    guard !replica.rootIsGone, !engine.joins else { return }
    // A directory that took the bank's place is judged by all that it holds.
    if engine.suspicion != nil { return try rescan() }
    note(engine.bank.scan(), inside: nil)
  }

  func note(_ scan: Scan, inside directory: BankPath?) {
    let now = clock.monotonicNanoseconds
    for (path, stamp) in scan.files where engine.wantsLook(path, stamp) {
      // Without events nobody says that a file was closed: it has to be quiet for a while.
      let hint: WatchHint = watcher.needsPolling ? .changing(path) : .written(path)
      settler.note(hint, at: now) { self.engine.knows($0) }
    }
    for path in engine.knownPaths(inside: directory)
    where scan.files[path] == nil && !scan.isUnknown(path) && !scan.rootUnknown {
      settler.note(.removed(path), at: now) { _ in true }
    }
  }

  /// Looks at everything at once, as at the start: what stands there now is taken for settled.
  func rescan() throws(HistoryError) {
    defer { housekeeping.noteRescan(isPolling: watcher.needsPolling || replica.rootIsGone) }
    replica.checkRoot()
    if watcherIsLost { try? watchAgain() }
    guard !replica.rootIsGone, !engine.joins else { return }
    pendingUnsettled.removeAll()
    try engine.captureEverything()
    replica.settleRoot()
    if engine.target != nil { try engine.applyTarget() }
    noteUnsettled()
    reportPlans()
  }

  func reportPlans() {
    for plan in engine.plans where !reportedPlans.contains(plan.id) {
      reportedPlans.insert(plan.id)
      log.error("halted: \(plan.reason); `membank status` shows the files, `membank approve \(plan.id)` lets them go")
    }
  }

  /// Watches the directory that now stands in the bank's place.
  func watchAgain() throws {
    // What was written late into files of the directory that was is taken in before it is let go.
    try engine.captureDisplaced()
    try replica.reopenRoot()
    let fresh = try Watcher(root: replica.directory, rules: engine.bank.rules)
    poller.remove(watcher.descriptor)
    watcher.close()
    watcher = fresh
    try poller.add(watcher.descriptor)
    watcherIsLost = false
    log.notice("watching \(replica.directory) again")
  }

  func takeChanges() {
    let report = watcher.drain()
    if let problem = report.problem { log.warning("\(problem)", key: "watch") }
    if report.rootLost {
      watcherIsLost = true
      replica.checkRoot()
      log.error(engine.suspicion ?? "the bank's directory changed its place", key: "root")
      housekeeping.rescanSoon()
    }
    if report.overflowed || report.markerTouched { housekeeping.rescanSoon() }
    let now = clock.monotonicNanoseconds
    for hint in report.hints {
      settler.note(hint, at: now) { self.engine.knows($0) || self.pendingUnsettled.contains($0) }
    }
    lookAtDirectories()
  }

  /// Looks below directories that came, went or were renamed: their files raised no events of their own.
  func lookAtDirectories() {
    for directory in settler.takeDirectories() {
      guard let directory else {
        housekeeping.rescanSoon()
        continue
      }
      note(engine.bank.look(at: [directory]), inside: directory)
    }
  }

  /// Takes all that the kernel has told of for settled: what was written before this call is captured.
  func settleEverything() throws(HistoryError) {
    guard !engine.joins else { return }
    if watcher.needsPolling { return try rescan() }
    takeChanges()
    // After an overflow nobody knows what was told.
    if housekeeping.rescanIsDue(clock.monotonicNanoseconds) { return try rescan() }
    try capture(settler.takeAll())
  }
}
