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
  let server: ControlServer
  let watched: WatchedDirectory
  let remotes: RemoteThreads
  let cycle: Cycle
  let housekeeping: Housekeeping
  let backups: BackupWorker
  var service: ServiceManager
  var waiters: [Waiter] = []
  var quota: QuotaKeeper
  var stopping = false
  /// When the private server was started last, in monotonic nanoseconds.
  var embeddedSince: Int64 = 0
  var embeddedEnds = 0
  var embeddedRetry: Int64?
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
      server = try ControlServer(replica.state, runtimeDirectory: replica.environment.runtimeDirectory)
      watched = try WatchedDirectory(replica, poller)
      remotes = try RemoteThreads()
      housekeeping = try Housekeeping(replica)
      backups = try BackupWorker(log)
      service = ServiceManager(replica.environment.notifySocket)
      for descriptor in [signals.descriptor, remotes.news.descriptor, server.descriptor, housekeeping.descriptor] {
        try poller.add(descriptor)
      }
    } catch {
      throw ControlError(.problems, "\(error)")
    }
    quota = QuotaKeeper(replica.state, log: log)
    cycle = Cycle(
      replica.engine, root: replica.root, watch: watched, remotes: remotes,
      rescanSeconds: replica.settings.configuration.rescan, clock: clock, random: SystemRandom()
    ) { log.write($0, $1, key: $2) }
    if replica.state.read("paused") != nil { cycle.pause() }
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
      if !cycle.isPaused { try cycle.rescan() }
      // Where nothing can be watched no event would ever bring the reason to light.
      cycle.takeChanges()
      service.notify("READY=1\nSTATUS=watching \(replica.directory)")
      log.info("watching \(replica.directory)")
      work()
      backups.use(replica.backups)
      while try turn() {}
      try stop()
    } catch {
      log.error("\(error)")
      backups.stop()
      remotes.stop()
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
      case remotes.news.descriptor: takeNews()
      case watched.descriptor: cycle.takeChanges()
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
        cycle.rescan(after: 1)
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
    var deadlines: [Int64?] = [service.nextDeadline, waiters.compactMap(\.deadline).min(), cycle.nextDeadline]
    if !cycle.isPaused { deadlines += [housekeeping.nextDeadline, embeddedRetry] }
    return deadlines.compactMap(\.self).min().map { max(0, $0 - now) }
  }

  /// Lets the cycle do what there is to do, and sees to what came of it.
  private func work() {
    guard !cycle.isPaused else { return }
    retryEmbedded(clock.monotonicNanoseconds)
    cycle.work()
    if engine.tip != lastTip || engine.main != lastMain {
      if engine.tip != lastTip { log.info(newestVersion()) }
      (lastTip, lastMain) = (engine.tip, engine.main)
      housekeeping.noteCommit()
    }
    attempt { () throws(HistoryError) in try housekeeping.begin(clock.monotonicNanoseconds) }
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
    if isPaused {
      cycle.pause()
      try? giveUpWaiters()
      try? replica.state.write("paused", "yes")
    } else {
      replica.state.remove("paused")
      cycle.resume()
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
      defer { watched.updateRules() }
      try replica.reload()
      if replica.remotes != remotes.connected {
        remotes.stop()
        startEmbedded()
        try startRemotes()
      }
      for index in engine.sessions.indices { engine.resumeRemote(index) }
      cycle.setRescan(seconds: replica.settings.configuration.rescan)
      cycle.rescanSoon()
      backups.use(replica.backups)
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
    backups.stop()
    try cycle.stop()
    try housekeeping.finish()
    quota.write(engine)
    remotes.stop()
    replica.stopEmbedded()
    server.close()
    log.info("stopped")
  }
}
