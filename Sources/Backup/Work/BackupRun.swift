public import Support

/// What a run came to.
public struct BackupOutcome: Sendable {
  /// The backup that was made.
  public let backup: Backup
  /// Which backups were kept and which went, the newest first.
  public let decisions: [RetentionDecision]
  /// What went wrong while old backups were taken away; the new one is good all the same.
  public let pruneProblem: BackupError?
}

/// Makes one backup at one target, and sees to the older ones there.
public struct BackupRun {
  private let settings: TargetSettings
  private let target: any BackupTarget
  private let local: LocalTime

  /// A run.
  public init(_ settings: TargetSettings, _ target: any BackupTarget, local: LocalTime) {
    self.settings = settings
    self.target = target
    self.local = local
  }

  /// Makes a backup; what goes wrong leaves the earlier ones as they are.
  ///
  /// - Parameters:
  ///   - job: What is to be backed up.
  ///   - past: What is known of earlier runs.
  ///   - isAsked: Whether a person asked for it, who sees what it says.
  /// - Returns: What it came to.
  /// - Throws: ``BackupError``.
  public func make(_ job: BackupJob, after past: BackupPast, isAsked: Bool) throws(BackupError) -> BackupOutcome {
    try target.clean(now: job.seconds)
    let before = try target.list()
    if past.succeeded != nil, before.isEmpty, !isAsked {
      // A mount point without its disk looks like that, and a backup beneath it would be hidden by the next mount.
      throw BackupError(
        .place, target.place,
        "none of the backups that were made there is to be found. Is the disk mounted, is it the right server? If they "
          + "are gone for good, `membank backup create \(settings.name)` begins anew")
    }
    let made = try target.create(job)
    do throws(BackupError) {
      let decisions = try prune(now: job.seconds, isDryRun: false)
      return BackupOutcome(backup: made, decisions: decisions, pruneProblem: nil)
    } catch {
      return BackupOutcome(backup: made, decisions: [], pruneProblem: error)
    }
  }

  /// Takes away the backups that no rule keeps; never the newest good one.
  ///
  /// - Parameters:
  ///   - now: The time, in seconds since 1970.
  ///   - isDryRun: Whether nothing is to be done but the deciding.
  /// - Returns: The decisions, the newest backup's first.
  /// - Throws: ``BackupError``.
  public func prune(now: Int64, isDryRun: Bool) throws(BackupError) -> [RetentionDecision] {
    // What is damaged neither counts nor goes: a person should see it.
    let decisions = settings.retention.decide(try target.list().filter(\.isGood), now: now, local: local)
    if !isDryRun {
      for decision in decisions where !decision.isKept { try target.delete(decision.backup) }
    }
    return decisions
  }
}
