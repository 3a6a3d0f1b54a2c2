public import Backup
import History
import RedisTransport
public import Support
import SyncEngine

/// Makes backups: for a person who asks, for the daemon, for a timer.
public struct BackupWork: Sendable {
  private let bank: BackupBank
  private let watch: BackupWatch
  private let now: @Sendable () -> Int64

  /// Work for a bank.
  ///
  /// - Parameters:
  ///   - bank: The bank.
  ///   - watch: How it is told of, and stopped.
  ///   - now: The time, in seconds since 1970.
  public init(
    _ bank: BackupBank, watch: BackupWatch,
    now: @escaping @Sendable () -> Int64 = { SystemClock().wallMilliseconds / 1000 }
  ) {
    self.bank = bank
    self.watch = watch
    self.now = now
  }

  /// When a target is due; nil: on demand only, or never again.
  public func nextRun(_ target: TargetSettings, after past: BackupPast) -> Int64? {
    bank.timing(target)?.next(after: past, now: now(), local: .here)
  }

  /// The targets that are due now.
  public func due(_ targets: [TargetSettings]) -> [TargetSettings] {
    let (pasts, now) = (bank.notes.pasts(), now())
    return targets.filter { target in
      nextRun(target, after: pasts[target.name] ?? BackupPast()).map { $0 <= now } ?? false
    }
  }

  /// Makes a backup at a target, and notes what came of it.
  ///
  /// - Parameters:
  ///   - target: The target.
  ///   - isAsked: Whether a person asked for it; else it is made only if it still is due.
  ///   - whenBusy: Is called when another process works on this bank's backups; says whether to wait.
  /// - Returns: What it came to; nil when it was not its turn.
  /// - Throws: ``BackupError``; the failure has been noted.
  public func make(
    _ target: TargetSettings, isAsked: Bool, whenBusy: () -> Bool
  ) throws(BackupError) -> BackupOutcome? {
    let result = try bank.notes.alone(whenBusy: whenBusy) { () throws(BackupError) -> BackupOutcome? in
      // Another process may have made it while this one waited.
      guard isAsked || !due([target]).isEmpty else { return nil }
      return try makeAlone(target, isAsked: isAsked)
    }
    return result ?? nil
  }

  private func makeAlone(_ target: TargetSettings, isAsked: Bool) throws(BackupError) -> BackupOutcome {
    bank.notes.removeScratch()
    let moment = now()
    var past = bank.notes.pasts()[target.name] ?? BackupPast()
    do throws(BackupError) {
      let outcome: BackupOutcome
      do throws(BackupError) {
        outcome = try make(target, at: moment, past, isAsked: isAsked)
      } catch  where error.operand == BackupError.ownHistory && error.kind != .full {
        // The daemon may have packed the history under our hands: what went is in the new pack.
        outcome = try make(target, at: moment, past, isAsked: isAsked)
      }
      past.noteSuccess(at: moment, backup: outcome.backup.id)
      try bank.notes.note(target.name, past)
      return outcome
    } catch {
      guard error.kind != .cancelled else { throw error }
      past.noteFailure(at: moment, "\(error)")
      // Where not even that can be noted, the failure itself is told all the same.
      try? bank.notes.note(target.name, past)
      throw error
    }
  }

  private func make(
    _ target: TargetSettings, at moment: Int64, _ past: BackupPast, isAsked: Bool
  ) throws(BackupError) -> BackupOutcome {
    let history: History
    let head: ObjectID?
    do throws(HistoryError) {
      history = try History(opening: bank.state.history)
      head = try history.ref(EngineRef.main)
    } catch  where error.kind == .missing {
      throw BackupError(.history, bank.directory, "has no version yet; `membank sync --once` makes the first")
    } catch {
      throw BackupError(error)
    }
    guard let head else {
      throw BackupError(.history, bank.directory, "has no version yet; `membank sync --once` makes the first")
    }
    let job = BackupJob(
      bank.subject, history: history, head: head, seconds: moment, scratch: bank.notes.scratchDirectory(),
      watch: watch)
    return try BackupRun(target, bank.open(target), local: .here).make(job, after: past, isAsked: isAsked)
  }

  /// Takes away what a target's rules don't keep.
  ///
  /// - Parameters:
  ///   - target: The target.
  ///   - isDryRun: Whether nothing is to be done but the deciding.
  ///   - whenBusy: As with ``make(_:isAsked:whenBusy:)``.
  /// - Returns: The decisions, the newest backup's first; nil when it was not waited for.
  /// - Throws: ``BackupError``.
  public func prune(
    _ target: TargetSettings, isDryRun: Bool, whenBusy: () -> Bool
  ) throws(BackupError) -> [RetentionDecision]? {
    try bank.notes.alone(whenBusy: whenBusy) { () throws(BackupError) in
      try BackupRun(target, bank.open(target), local: .here).prune(now: now(), isDryRun: isDryRun)
    }
  }
}
