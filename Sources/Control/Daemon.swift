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
  let poller: Poller
  let clock = SystemClock()
  let signals: SignalDescriptor
  let news: Channel<RemoteNews>
  let server: ControlServer
  var watcher: Watcher
  var settler = Settler(SettleTiming())
  var workers: [RemoteWorker] = []
  var listeners: [RemoteListener] = []
  var housekeeping: Housekeeping
  var service: ServiceManager
  var waiters: [Waiter] = []
  var paused = false
  var stopping = false
  var generation = 0
  var watcherIsLost = false
  var reportedPlans: Set<String> = []
  var targetRetry: (at: Int64, failures: Int)?
  var displacedRetry: Int64?
  var localFailures = 0
  /// When the private server was started last, in monotonic nanoseconds.
  var embeddedSince: Int64 = 0
  var embeddedEnds = 0
  var embeddedRetry: Int64?
  /// Paths that changed under a guarded write and have not been captured since.
  var pendingUnsettled: Set<BankPath> = []
  /// What the workers were started with.
  var connected: [RemoteConnector] = []
  var lastTip: ObjectID?
  var lastMain: ObjectID?

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
  func attempt(_ body: () throws(HistoryError) -> Void) {
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
        if engine.tip != lastTip { log.info(newestVersion()) }
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

  private func newestVersion() -> String {
    guard let tip = engine.tip, let message = try? engine.history.commit(tip).message else { return "no version" }
    return "\(tip.short()) \(message.prefix { $0 != "\n" })"
  }

  func reportSettings() {
    guard let pending = replica.settings.pending else { return }
    log.warning("settings in .membank wait for `membank approve \(pending)`; `membank status` shows them")
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
