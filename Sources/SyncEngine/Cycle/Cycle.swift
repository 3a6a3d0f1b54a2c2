public import Bank
public import History
public import Support

/// The cycle around an engine: what settles when, what is looked at again, when a remote is asked.
///
/// It is synchronous and belongs to one thread. Events come in as calls (the watcher's reports, remotes' answers and
/// hints, the passing of time through ``work()``); what goes out are calls for remotes, through ``RemoteAsking``, and
/// what the engine writes. Who runs it sleeps until something happens or ``nextDeadline`` has come. The program and
/// the simulator run the same one.
public final class Cycle {
  /// Where a message goes: its level, its text, and what makes two of them one kind.
  public typealias Report = (_ level: LogLevel, _ message: String, _ key: String?) -> Void

  /// What it keeps going.
  public let engine: Engine
  /// The root's identity and marker.
  public let root: RootGuard
  /// Whether nothing is to be done until a person says so.
  public private(set) var isPaused = false
  let clock: any Clock
  let watch: any DirectoryWatch
  let remotes: any RemoteAsking
  let report: Report
  var settler: Settler
  var rescans: RescanSchedule
  /// Whether the directory that is watched is no longer the bank's.
  var watchIsLost = false
  /// Paths that changed under a guarded write and have not been captured since.
  var pendingUnsettled: Set<BankPath> = []
  var targetRetry: (at: Int64, failures: Int)?
  var displacedRetry: Int64?
  var overflows = OverflowPace()
  private var gap = TimeGap()
  private var awaited: Int64?
  private var failures = 0
  private var reportedPlans: Set<String> = []

  /// A cycle that has done nothing yet.
  ///
  /// - Parameters:
  ///   - engine: What it keeps going.
  ///   - root: The root's identity and marker.
  ///   - watch: Where changes in the directory come to notice.
  ///   - remotes: Where calls for remotes go.
  ///   - rescanSeconds: How often everything is looked at again.
  ///   - timing: How long paths must be left alone before they are taken.
  ///   - clock: The time.
  ///   - random: Chance, for jitter.
  ///   - report: Where messages go.
  public init(
    _ engine: Engine, root: RootGuard, watch: any DirectoryWatch, remotes: any RemoteAsking, rescanSeconds: Int64,
    timing: SettleTiming = SettleTiming(), clock: any Clock, random: any RandomSource, report: @escaping Report
  ) {
    self.engine = engine
    self.root = root
    self.watch = watch
    self.remotes = remotes
    self.clock = clock
    self.report = report
    settler = Settler(timing)
    rescans = RescanSchedule(seconds: rescanSeconds, clock: clock, random: random)
  }

  /// Captures what has settled, asks the remotes what there is to ask, does what is due besides.
  ///
  /// What fails here (a full disk, a lack of descriptors) is tried again: the bank's files are untouched meanwhile.
  public func work() {
    guard !isPaused else { return }
    let now = clock.monotonicNanoseconds
    if gap.note(clock, deadline: awaited) { lookAfterGap() }
    defer { awaited = nextDeadline }
    do throws(HistoryError) {
      if rescans.isDue(now) { try lookAround() }
      guard !root.isGone else { return }
      let due = settler.due(at: now) { path in engine.bank.observe(path) { self.engine.isEmptyInBank($0) } }
      if !due.isEmpty, !engine.joins { try capture(due) }
      try retryTarget(now)
      try retryDisplaced(now)
      try askRemotes()
      failures = 0
    } catch {
      report(.error, "\(error)", "work")
      retrySoon()
    }
  }

  /// Much may have happened of which nobody told.
  private func lookAfterGap() {
    report(.notice, "the machine slept, or its clock was set: everything is looked at again", "gap")
    rescanSoon()
    for index in engine.sessions.indices { engine.refresh(index) }
  }

  /// When ``work()`` has something to do next if nothing happens before, in monotonic nanoseconds; nil: never.
  public var nextDeadline: Int64? {
    guard !isPaused else { return nil }
    var deadlines: [Int64?] = [rescans.at]
    if !root.isGone {
      deadlines += [settler.nextDeadline, engine.nextRemoteDeadline, targetRetry?.at, displacedRetry]
    }
    return deadlines.compactMap(\.self).min()
  }

  /// Whether nothing that was noticed in the directory waits to be quiet.
  public var isSettled: Bool { settler.isEmpty }

  /// Whether all that was noticed in the directory is in history.
  public var isCaptured: Bool { engine.unsettled.isEmpty && pendingUnsettled.isEmpty && !engine.joins }

  /// Whether all that was noticed is in history and every remote has it.
  public var isInSync: Bool { isCaptured && engine.sessions.indices.allSatisfy { engine.isInSync($0) } }

  /// Whether all that was noticed is in history and every remote has it, or can't have it for now.
  public var isQuiet: Bool {
    isCaptured && engine.sessions.indices.allSatisfy { engine.isInSync($0) || engine.isStuck($0) }
  }

  /// Does nothing more until it is told to go on.
  public func pause() { isPaused = true }

  /// Goes on, and looks at everything: much may have happened meanwhile.
  public func resume() {
    isPaused = false
    rescanSoon()
  }

  /// Takes what has settled into history before the end; what is half-way is found again at the next start.
  public func stop() throws(HistoryError) {
    guard !isPaused, !engine.joins, !root.isGone else { return }
    try capture(settler.due(at: clock.monotonicNanoseconds) { engine.bank.observe($0) { _ in false } })
  }

  /// Has everything looked at again a while after a failure, ever later.
  func retrySoon() {
    failures += 1
    rescans.after(Int64(min(60, 1 << min(failures, 6))))
  }

  func reportPlans() {
    for rewrite in engine.rewrites { report(.warning, rewrite.message, nil) }
    engine.rewrites = []
    for plan in engine.plans where reportedPlans.insert(plan.id).inserted {
      report(
        .error,
        "halted: \(plan.reason); `membank status` shows the files, `membank approve \(plan.id)` lets them go", nil)
    }
  }
}
