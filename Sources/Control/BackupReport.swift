import Backup
public import Support

/// How a bank's backups stand, for `status`, `doctor` and `backup schedule`.
public enum BackupReport {
  /// How long after its time a backup is called overdue, in seconds.
  private static let patience: Int64 = 3600

  /// One object for each target; none for the default one as long as nobody uses it.
  public static func all(_ bank: BackupBank, now: Int64 = SystemClock().wallMilliseconds / 1000) -> [JSONValue] {
    let pasts = bank.notes.pasts()
    var reports: [JSONValue] = []
    for target in bank.settings.targets {
      let past = pasts[target.name] ?? BackupPast()
      if bank.settings.isDefault, target.schedule == nil, past == BackupPast() { continue }
      reports.append(report(target, past, bank, now))
    }
    for problem in bank.settings.problems {
      reports.append(
        .members(["name": .string(problem.name), "state": "unusable", "message": .string(problem.message)]))
    }
    return reports
  }

  private static func report(
    _ target: TargetSettings, _ past: BackupPast, _ bank: BackupBank, _ now: Int64
  ) -> JSONValue {
    let next = bank.timing(target)?.next(after: past, now: now, local: .here)
    let state =
      past.failures > 0
      ? "failed" : next.map { $0 < now - patience } ?? false ? "overdue" : past.succeeded == nil ? "never" : "ok"
    func time(_ seconds: Int64?) -> JSONValue { .optional(seconds.map { Timestamp.text(seconds: $0) }) }
    return .members([
      "name": .string(target.name), "target": .string(target.kind.name), "place": .string(place(target)),
      "schedule": .optional(target.schedule?.description), "retention": .string(target.retention.description),
      "state": .string(state), "last": time(past.succeeded), "backup": .optional(past.backup), "next": time(next),
      "failures": .integer(past.failures), "failedSince": time(past.failedSince), "message": .optional(past.message),
    ])
  }

  private static func place(_ target: TargetSettings) -> String {
    switch target.kind {
    case .bundle(let directory): directory
    case .copy(let remote): remote?.url ?? "UPSTASH_REDIS_REST_URL"
    case .snapshot(let remote): remote.map { "at Upstash, of \($0)" } ?? "at Upstash"
    }
  }

  /// Whether somebody has to see to it.
  public static func isTrouble(_ report: JSONValue) -> Bool {
    ["failed", "overdue", "unusable"].contains(report["state"]?.text)
  }

  /// What is wrong, in words, with the way out; nil when nothing is.
  public static func trouble(_ report: JSONValue) -> String? {
    let name = report["name"]?.text ?? ""
    switch report["state"]?.text {
    case "failed":
      let count = report["failures"]?.integer ?? 1
      return
        "backup '\(name)' failed\(count > 1 ? " \(count) times" : "") since \(report["failedSince"]?.text ?? "?"): "
        + "\(report["message"]?.text ?? ""); the last good one is \(report["last"]?.text.map { "of \($0)" } ?? "not made yet")"
    case "overdue":
      return "backup '\(name)' is overdue since \(report["next"]?.text ?? "?"): let the daemon run, or the timer "
        + "membank-backup@.timer, or make one with `membank backup create`"
    case "unusable": return "backup '\(name)' can't be made: \(report["message"]?.text ?? "")"
    default: return nil
    }
  }
}
