import Bank
import CLinux
import Glibc
import History
import Mirror
import RedisTransport
public import Support
import SyncEngine

/// Keeps one bank in sync until it is told to stop: one thread, one event loop; workers only for what blocks.
public final class Daemon {
  let replica: Replica
  let log: Log
  private let poller: Poller
  private let clock = SystemClock()
  private let signals: SignalDescriptor
  private let news: Channel<RemoteNews>
  private let server: ControlServer
  private var watcher: Watcher
  private var settler = Settler(SettleTiming())
  private var workers: [RemoteWorker] = []
  private var listeners: [RemoteListener] = []
  private var housekeeping: Housekeeping
  private var service: ServiceManager
  private var waiters: [Waiter] = []
  var paused = false
  private var stopping = false
  private var generation = 0
  private var watcherIsLost = false
  private var reportedPlans: Set<String> = []
  private var targetRetry: (at: Int64, failures: Int)?
  private var displacedRetry: Int64?
  private var localFailures = 0
  /// When the private server was started last, in monotonic nanoseconds.
  private var embeddedSince: Int64 = 0
  private var embeddedEnds = 0
  private var embeddedRetry: Int64?
  /// Paths that changed under a guarded write and have not been captured since.
  private var pendingUnsettled: Set<BankPath> = []
  /// What the workers were started with.
  private var connected: [RemoteConnector] = []
  private var lastTip: ObjectID?
  private var lastMain: ObjectID?

  var engine: Engine { replica.engine }

  /// Prepares everything that can fail; the bank is watched from here on.
  ///
  /// - Throws: ``ControlError``.
  public init(_ replica: Replica, log: Log) throws(ControlError) {
    self.replica = replica
    self.log = log
    do {
      poller = try Poller()
      signals = try SignalDescriptor([SIGTERM, SIGINT, SIGHUP])
      news = try Channel()
      server = try ControlServer(replica.state, runtimeDirectory: replica.environment.runtimeDirectory)
      watcher = try Watcher(root: replica.directory, rules: replica.engine.bank.rules)
      housekeeping = try Housekeeping(replica)
      service = ServiceManager(replica.environment.notifySocket)
      for descriptor in [signals.descriptor, news.descriptor, server.descriptor, watcher.descriptor]
      where descriptor >= 0 {
        try poller.add(descriptor)
      }
      try poller.add(housekeeping.descriptor)
    } catch {
      throw ControlError(.problems, "\(error)")
    }
    paused = replica.state.read("paused") != nil
  }

  /// Runs until a signal or a request stops it.
  public func run() throws(ControlError) {
    for notice in replica.notices { log.notice(notice) }
    reportSettings()
    startEmbedded()
    replica.takeUpRules()
    do {
      try startRemotes()
      // Watched first, scanned second: what changes in between is seen by the watch.
      if !paused { try rescan() }
      service.notify("READY=1\nSTATUS=watching \(replica.directory)")
      log.info("watching \(replica.directory)")
      work()
      while try turn() {}
      try stop()
    } catch {
      log.error("\(error)")
      stopRemotes()
      replica.saveTable()
      replica.stopEmbedded()
      server.close()
      throw ControlError(.problems, "\(error)")
    }
  }

  /// Starts the private server, if there is to be one, and has its end noticed at once.
  private func startEmbedded() {
    replica.startEmbedded()
    embeddedSince = clock.monotonicNanoseconds
    // Of a server that ran already the poller knows.
    if let end = replica.embedded?.endDescriptor { try? poller.add(end) }
  }

  /// Plans to start the private server again: at once, and ever more rarely when it ends again and again.
  private func noteEmbeddedEnd(_ end: Int32) {
    poller.remove(end)
    let now = clock.monotonicNanoseconds
    if now - embeddedSince > 60_000_000_000 { embeddedEnds = 0 }
    let wait = embeddedEnds == 0 ? 0 : min(60, 1 << min(embeddedEnds, 6))
    embeddedRetry = now + Int64(wait) * 1_000_000_000
    embeddedEnds += 1
    log.warning("the private redis-server has ended", key: "embedded")
  }

  private func retryEmbedded(_ now: Int64) {
    guard let at = embeddedRetry, now >= at else { return }
    embeddedRetry = nil
    startEmbedded()
    for (index, remote) in replica.remotes.enumerated() where remote.target.place == .embedded {
      engine.resumeRemote(index)
    }
  }

  private func startRemotes() throws(SystemError) {
    generation += 1
    engine.forgetCalls()
    connected = []
    for (index, connector) in replica.remotes.enumerated() {
      let slot = RemoteSlot(index: index, generation: generation)
      workers.append(try RemoteWorker(slot, connector, news: news))
      listeners.append(try RemoteListener(slot, connector, news: news))
    }
    connected = replica.remotes
  }

  private func stopRemotes() {
    for worker in workers { worker.stop() }
    for listener in listeners { listener.stop() }
    (workers, listeners) = ([], [])
  }

  /// One round: sleep until something happens, take it in, do what it asks for.
  ///
  /// - Returns: Whether to go on.
  private func turn() throws -> Bool {
    let ready = poller.wait(nanoseconds: sleep())
    service.pet()
    var requests: [ControlRequest] = []
    for descriptor in ready {
      switch descriptor {
      case signals.descriptor: takeSignals()
      case news.descriptor: takeNews()
      case watcher.descriptor: takeChanges()
      case housekeeping.descriptor: attempt { () throws(HistoryError) in try housekeeping.finished() }
      case _ where descriptor == replica.embedded?.endDescriptor: noteEmbeddedEnd(descriptor)
      default: requests += server.ready(descriptor, poller)
      }
    }
    for request in requests {
      do {
        try serve(request)
      } catch {
        log.error("\(error)", key: "request")
        housekeeping.rescan(after: 1)
        answer(request, .members(["error": .string("\(error)")]))
      }
    }
    if stopping { return false }
    work()
    attempt { () throws(HistoryError) in try answerWaiters() }
    return true
  }

  /// Does what must not end the daemon when it fails: it is tried again by what comes next.
  private func attempt(_ body: () throws(HistoryError) -> Void) {
    do throws(HistoryError) { try body() } catch { log.error("\(error)", key: "attempt") }
  }

  private func sleep() -> Int64? {
    let now = clock.monotonicNanoseconds
    var deadlines: [Int64?] = [service.nextDeadline, waiters.compactMap(\.deadline).min()]
    if !paused { deadlines += [housekeeping.nextDeadline, embeddedRetry] }
    if !paused, !replica.rootIsGone {
      deadlines += [settler.nextDeadline, engine.nextRemoteDeadline, targetRetry?.at, displacedRetry]
    }
    return deadlines.compactMap(\.self).min().map { max(0, $0 - now) }
  }

  /// Captures what has settled, asks the remotes what there is to ask, does what is due besides.
  ///
  /// What fails here (a full disk, a lack of descriptors) is tried again: the bank's files are untouched meanwhile.
  private func work() {
    guard !paused else { return }
    let now = clock.monotonicNanoseconds
    retryEmbedded(now)
    do {
      if housekeeping.rescanIsDue(now) { try lookAround() }
      if engine.tip != lastTip || engine.main != lastMain {
        (lastTip, lastMain) = (engine.tip, engine.main)
        housekeeping.noteCommit()
      }
      try housekeeping.begin(now)
      guard !replica.rootIsGone else { return }
      let due = settler.due(at: now) { path in engine.bank.observe(path) { self.engine.isEmptyInBank($0) } }
      if !due.isEmpty, !engine.joins { try capture(due) }
      try retryTarget(now)
      try retryDisplaced(now)
      try askRemotes()
      localFailures = 0
    } catch {
      localFailures += 1
      log.error("\(error)", key: "work")
      housekeeping.rescan(after: Int64(min(60, 1 << min(localFailures, 6))))
    }
  }

  /// Files that had a writer when they were replaced are looked at again while there are any.
  private func retryDisplaced(_ now: Int64) throws(HistoryError) {
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
  private func retryTarget(_ now: Int64) throws(HistoryError) {
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

  private func capture(_ paths: [BankPath]) throws(HistoryError) {
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

  /// Asks every remote; what one of them brought is news for those that were asked before it.
  private func askRemotes() throws(HistoryError) {
    var before: ObjectID?
    repeat {
      before = engine.tip
      for index in workers.indices {
        do throws(HistoryError) {
          if let call = try engine.nextCall(for: index) { workers[index].ask(call) }
        } catch {
          // A remote may hold what can't be: it is put aside, and the others go on.
          log.error("\(engine.sessions[index].name): \(error)", key: "cycle-\(index)")
          engine.setAside(index, error)
        }
      }
      noteUnsettled()
      if engine.joins, engine.tip != nil || engine.needNotWaitToJoin { try finishJoining() }
    } while engine.tip != before
  }

  /// The bank's own files have come: what stands in the directory besides is now looked at.
  private func finishJoining() throws(HistoryError) {
    engine.joins = false
    try engine.captureEverything()
    try engine.applyTarget()
    noteUnsettled()
  }

  /// Paths that changed under a guarded write wait until they are quiet, like any other.
  private func noteUnsettled() {
    let now = clock.monotonicNanoseconds
    for path in engine.unsettled { settler.note(.changing(path), at: now) { _ in true } }
    pendingUnsettled.formUnion(engine.unsettled)
    engine.unsettled.removeAll()
  }

  /// Looks at everything and has what differs settle like what events tell of: a save that is half-way is no version.
  private func lookAround() throws(HistoryError) {
    defer { housekeeping.noteRescan(isPolling: watcher.needsPolling || replica.rootIsGone) }
    replica.checkRoot()
    if watcherIsLost { try? watchAgain() } else { watcher.rewatch() }
    guard !replica.rootIsGone, !engine.joins else { return }
    // A directory that took the bank's place is judged by all that it holds.
    if engine.suspicion != nil { return try rescan() }
    note(engine.bank.scan(), inside: nil)
  }

  private func note(_ scan: Scan, inside directory: BankPath?) {
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

  private func reportSettings() {
    guard let pending = replica.settings.pending else { return }
    log.warning("settings in .membank wait for `membank approve \(pending)`; `membank status` shows them")
  }

  private func reportPlans() {
    for plan in engine.plans where !reportedPlans.contains(plan.id) {
      reportedPlans.insert(plan.id)
      log.error("halted: \(plan.reason); `membank status` shows the files, `membank approve \(plan.id)` lets them go")
    }
  }

  /// Watches the directory that now stands in the bank's place.
  private func watchAgain() throws {
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

  private func takeChanges() {
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
  private func lookAtDirectories() {
    for directory in settler.takeDirectories() {
      guard let directory else {
        housekeeping.rescanSoon()
        continue
      }
      note(engine.bank.look(at: [directory]), inside: directory)
    }
  }

  private func takeNews() {
    for item in news.takeAll() where item.slot.generation == generation {
      let index = item.slot.index
      switch item {
      case .answer(_, let answer):
        let before = engine.sessions[index].state
        do throws(HistoryError) {
          try engine.receive(answer, from: index)
        } catch {
          engine.setAside(index, error)
        }
        report(index, before)
      case .events(_, let events): take(events, index)
      case .listening(_, let isUp):
        engine.setNotifications(index, isUp)
        if isUp { engine.refresh(index) }
      }
    }
  }

  private func take(_ events: [MirrorEvent], _ index: Int) {
    for event in events {
      switch event {
      case .published(let commit):
        engine.hint(index, head: true, commit: commit, documents: [])
      case .document(let path): engine.hint(index, head: false, documents: [path])
      case .unnamed: break
      case .headGone: engine.refresh(index)
      }
    }
  }

  private func report(_ index: Int, _ before: RemoteSession.State) {
    let session = engine.sessions[index]
    guard session.state != before else { return }
    switch session.state {
    case .up: log.notice("\(session.name): reachable again", key: "up-\(session.name)")
    case .down:
      log.warning("\(session.name): \(session.message ?? "unreachable")", key: "down-\(session.name)")
      // A private server that died is ours to start again.
      if replica.remotes[index].target.place == .embedded, let embedded = replica.embedded, !embedded.isAlive {
        startEmbedded()
      }
    case .halted: log.error("\(session.name): \(session.message ?? "halted")", key: "halt-\(session.name)")
    }
  }

  func answer(_ request: ControlRequest, _ body: JSONValue) { server.answer(request.client, body) }

  /// Leaves a waiter that is answered when every remote is in sync, or can't be for now.
  func wait(_ request: ControlRequest, since before: EngineCounts? = nil) {
    let seconds = request.body["timeout"]?.integer
    waiters.append(
      Waiter(
        client: request.client, before: before ?? engine.counts,
        deadline: seconds.map { clock.monotonicNanoseconds + $0 * 1_000_000_000 }))
  }

  private func answerWaiters() throws(HistoryError) {
    guard !waiters.isEmpty else { return }
    if replica.rootIsGone { return try giveUpWaiters() }
    let isCaptured = engine.unsettled.isEmpty && pendingUnsettled.isEmpty && !engine.joins
    let indices = engine.sessions.indices
    let isQuiet = isCaptured && indices.allSatisfy { engine.isInSync($0) || engine.isStuck($0) }
    let now = clock.monotonicNanoseconds
    for waiter in waiters where isQuiet || (waiter.deadline.map { now >= $0 } ?? false) {
      try answer(waiter, complete: isCaptured && indices.allSatisfy { engine.isInSync($0) })
    }
    waiters.removeAll { isQuiet || ($0.deadline.map { now >= $0 } ?? false) }
  }

  /// Tells those who wait that nothing will go on for now.
  private func giveUpWaiters() throws(HistoryError) {
    for waiter in waiters { try answer(waiter, complete: false) }
    waiters = []
  }

  private func answer(_ waiter: Waiter, complete: Bool) throws(HistoryError) {
    let report = try SyncReport(replica, since: waiter.before)
    server.answer(
      waiter.client,
      .members([
        "report": report.json, "code": .integer(Int64(report.code.rawValue)), "complete": .bool(complete),
      ]))
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

  func setPaused(_ isPaused: Bool) {
    paused = isPaused
    if isPaused {
      try? giveUpWaiters()
      try? replica.state.write("paused", "yes")
    } else {
      replica.state.remove("paused")
      housekeeping.rescanSoon()
    }
    log.notice(isPaused ? "paused" : "resumed")
  }

  private func takeSignals() {
    for signal in signals.take() {
      switch signal {
      case SIGHUP: reload()
      default: stopping = true
      }
    }
  }

  func reload() {
    service.notify("RELOADING=1\nMONOTONIC_USEC=\(clock.monotonicNanoseconds / 1000)")
    do {
      // Whatever came of it, the workers must be those of the remotes that hold now.
      defer { watcher.updateRules(engine.bank.rules) }
      try replica.reload()
      if replica.remotes != connected {
        stopRemotes()
        startEmbedded()
        try startRemotes()
      }
      for index in engine.sessions.indices { engine.resumeRemote(index) }
      housekeeping.rescanSoon()
      log.notice("settings read again")
      reportSettings()
    } catch {
      log.error("settings not read again, the earlier ones hold: \(error)")
    }
    service.notify("READY=1")
  }

  private func stop() throws(HistoryError) {
    service.notify("STOPPING=1")
    // The second signal doesn't wait for anything.
    signals.release()
    // What has settled goes into history; what is half-way is found again at the next start.
    if !paused, !engine.joins, !replica.rootIsGone {
      try capture(settler.due(at: clock.monotonicNanoseconds) { engine.bank.observe($0) { _ in false } })
    }
    try housekeeping.finish()
    stopRemotes()
    replica.stopEmbedded()
    server.close()
    log.info("stopped")
  }
}
