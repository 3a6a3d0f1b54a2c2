import Bank
public import History
import Support

/// What the directory tells, and what is made of it.
extension Cycle {
  /// Takes what the watcher has seen by now.
  public func takeChanges() {
    let seen = watch.drain()
    if let problem = seen.problem { report(.warning, "\(problem)", "watch") }
    if seen.rootLost {
      watchIsLost = true
      root.check()
      report(.error, engine.suspicion ?? "the bank's directory changed its place", "root")
      rescanSoon()
    }
    let now = clock.monotonicNanoseconds
    if seen.overflowed { noteOverflow(now) }
    if seen.markerTouched { rescanSoon() }
    for hint in seen.hints {
      settler.note(hint, at: now) { self.engine.knows($0) || self.pendingUnsettled.contains($0) }
    }
    lookAtDirectories()
  }

  private func noteOverflow(_ now: Int64) {
    engine.counts.overflows += 1
    if overflows.note(now) {
      report(
        .warning, "events are lost again and again: the directory is looked at from time to time until that ends",
        "overflow")
      rescanSoon()
    }
  }

  /// Whether events are not to be relied on at present.
  private var needsPolling: Bool { watch.needsPolling || overflows.isStorm(clock.monotonicNanoseconds) }

  /// Looks below directories that came, went or were renamed: their files raised no events of their own.
  private func lookAtDirectories() {
    for directory in settler.takeDirectories() {
      guard let directory else {
        // In a storm the next look is near, and looking at once each time would be all that is done.
        if !overflows.isStorm(clock.monotonicNanoseconds) { rescanSoon() }
        continue
      }
      note(engine.bank.look(at: [directory]), inside: directory)
    }
  }

  /// Takes all that the watcher has seen for settled: what was written before this call is captured.
  public func settleEverything() throws(HistoryError) {
    guard !engine.joins else { return }
    if needsPolling { return try rescan() }
    takeChanges()
    // After an overflow nobody knows what was told.
    if rescans.isDue(clock.monotonicNanoseconds) { return try rescan() }
    try capture(settler.takeAll())
  }

  /// Looks at everything at once, as at the start: what stands there now is taken for settled.
  public func rescan() throws(HistoryError) {
    defer { rescans.noteRescan(isPolling: needsPolling || root.isGone) }
    root.check()
    if watchIsLost { try? watchAgain() }
    guard !root.isGone, !engine.joins else { return }
    pendingUnsettled.removeAll()
    try engine.captureEverything()
    root.settle()
    if engine.target != nil { try engine.applyTarget() }
    noteUnsettled()
    reportPlans()
  }

  /// Has everything looked at in the next round.
  public func rescanSoon() { rescans.soon() }

  /// Has everything looked at after so many seconds.
  public func rescan(after seconds: Int64) { rescans.after(seconds) }

  /// Looks at everything at these intervals from the next time on.
  public func setRescan(seconds: Int64) { rescans.seconds = seconds }

  /// Looks at everything and has what differs settle like what events tell of: a save that is half-way is no version.
  func lookAround() throws(HistoryError) {
    defer { rescans.noteRescan(isPolling: needsPolling || root.isGone) }
    root.check()
    if watchIsLost { try? watchAgain() } else { watch.rewatch() }
    guard !root.isGone, !engine.joins else { return }
    // A directory that took the bank's place is judged by all that it holds.
    if engine.suspicion != nil { return try rescan() }
    note(engine.bank.scan(), inside: nil)
  }

  /// Watches the directory that now stands in the bank's place.
  private func watchAgain() throws {
    // What was written late into files of the directory that was is taken in before it is let go.
    try engine.captureDisplaced()
    try watch.reopen()
    root.check()
    watchIsLost = false
    report(.notice, "watching the directory again", nil)
  }

  private func note(_ scan: Scan, inside directory: BankPath?) {
    let now = clock.monotonicNanoseconds
    for (path, stamp) in scan.files where engine.wantsLook(path, stamp) {
      // Without events nobody says that a file was closed: it has to be quiet for a while.
      let hint: WatchHint = needsPolling ? .changing(path) : .written(path)
      settler.note(hint, at: now) { self.engine.knows($0) }
    }
    for path in engine.knownPaths(inside: directory)
    where scan.files[path] == nil && !scan.isUnknown(path) && !scan.rootUnknown {
      settler.note(.removed(path), at: now) { _ in true }
    }
  }

  func capture(_ paths: [BankPath]) throws(HistoryError) {
    // A directory that was replaced, or lost its marker, a moment ago proves nothing by what it lacks.
    root.check()
    guard !root.isGone else { return }
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

  /// Paths that changed under a guarded write wait until they are quiet, like any other.
  func noteUnsettled() {
    let now = clock.monotonicNanoseconds
    for path in engine.unsettled { settler.note(.changing(path), at: now) { _ in true } }
    pendingUnsettled.formUnion(engine.unsettled)
    engine.unsettled.removeAll()
  }
}
