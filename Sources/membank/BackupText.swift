import Backup
import Control
import Support

/// What `membank backup` says, in words.
enum BackupText {
  static func made(_ name: String, _ outcome: BackupOutcome) -> String {
    let backup = outcome.backup
    let removed = outcome.decisions.count { !$0.isKept }
    let size = backup.manifest.map { "\($0.files) files in \($0.commits) versions, head \($0.head.short())" } ?? ""
    let proof = if case .snapshot = backup.manifest?.content { "completed" } else { "verified" }
    return "\(name): \(backup.id), \(size), \(proof)\n  \(backup.place)"
      + (removed > 0 ? "\n  removed \(removed) older one\(removed == 1 ? "" : "s")" : "")
  }

  static func listed(_ found: FoundBackup) -> String {
    let backup = found.backup
    let what =
      if case .damaged(let problem) = backup.state { "DAMAGED: \(problem)" } else {
        backup.manifest.map { "\($0.files) files, \($0.commits) versions, head \($0.head.short())" } ?? ""
      }
    return "\(backup.id)  \(local(backup.seconds))  \(found.place.name)  \(what)"
  }

  static func verified(_ report: JSONValue) -> String {
    let drill = report["verified"]
    if drill?["restored"] == false {
      return "\(report["target"]?.text ?? "")  \(report["id"]?.text ?? "")  listed and completed"
        + (drill?["bytes"]?.integer.map { ", \($0) bytes" } ?? "")
        + "; --into DATABASE_ID restores it into a database that is wiped, and compares"
    }
    return "\(report["target"]?.text ?? "")  \(report["id"]?.text ?? "")  restored and compared: "
      + "\(drill?["files"]?.integer ?? 0) files, \(drill?["commits"]?.integer ?? 0) versions"
      + (drill?["comparedWithHistory"]?.bool == true ? ", all as in the bank's history" : "")
  }

  static func pruned(_ target: TargetSettings, _ decisions: [RetentionDecision], dryRun: Bool) -> String {
    var lines = ["\(target.name): \(target.retention)\(dryRun ? " (nothing is removed)" : "")"]
    for decision in decisions {
      lines.append(
        "  \(decision.isKept ? "keep  " : "remove")  \(decision.backup.id)  \(local(decision.backup.seconds))"
          + (decision.isKept ? "  " + decision.reasons.joined(separator: ", ") : ""))
    }
    return lines.joined(separator: "\n")
  }

  static func json(_ decision: RetentionDecision, _ target: String) -> JSONValue {
    .members([
      "target": .string(target), "id": .string(decision.backup.id),
      "time": .string(Timestamp.text(seconds: decision.backup.seconds)), "keep": .bool(decision.isKept),
      "reasons": .array(decision.reasons.map { .string($0) }),
    ])
  }

  static func scheduled(_ report: JSONValue) -> String {
    if report["state"] == "unusable" { return BackupReport.trouble(report) ?? "" }
    let next = report["next"]?.text.flatMap { MomentText.seconds($0, now: 0, local: .utc) }.map(local) ?? "on demand"
    let last = report["last"]?.text.flatMap { MomentText.seconds($0, now: 0, local: .utc) }.map(local) ?? "never"
    let line =
      "\(report["name"]?.text ?? "")  \(report["schedule"]?.text ?? "on demand")  last \(last), next \(next)  "
      + "\(report["target"]?.text ?? "") \(report["place"]?.text ?? ""), \(report["retention"]?.text ?? "")"
    return [line, BackupReport.trouble(report)].compactMap { $0 }.joined(separator: "\n  ")
  }

  /// What a restore would do.
  static func plan(_ report: JSONValue) -> String {
    let plan = report["plan"]
    func names(_ key: String) -> [String] { (plan?[key]?.elements ?? []).compactMap(\.text) }
    var lines: [String] = []
    for (key, word) in [("written", "write"), ("deleted", "delete"), ("kept", "keep, newer than the backup:")] {
      let found = names(key)
      for name in found.prefix(20) { lines.append("\(word) \(name)") }
      if found.count > 20 { lines.append("\(word) \(found.count - 20) more") }
    }
    let unchanged = plan?["unchanged"]?.integer ?? 0
    if unchanged > 0 { lines.append("\(unchanged) file\(unchanged == 1 ? " is" : "s are") as in the backup") }
    return lines.isEmpty ? "the backup has no files" : lines.joined(separator: "\n")
  }

  static func restored(_ report: JSONValue, into directory: String?) -> String {
    let id = report["backup"]?["id"]?.text ?? ""
    if report["dryRun"]?.bool == true { return plan(report) }
    var lines: [String] = []
    if let directory {
      lines.append("restored \(id) into \(directory), head \(SyncText.short(report["head"]))")
      if let checkpoint = report["checkpoint"]?.text { lines.append("what was newer is kept as \(checkpoint)") }
      lines.append("next: `membank sync --once \(directory)`, or `membank sync` to keep it in sync")
    } else if report["commit"]?.text == nil, (report["plan"]?["written"]?.elements ?? []).isEmpty {
      lines.append("nothing to restore: the bank is as in \(id)")
    } else {
      let written = report["plan"]?["written"]?.elements?.count ?? 0
      lines.append(
        "restored \(id): \(written) file\(written == 1 ? "" : "s") written, head \(SyncText.short(report["head"]))")
      if let checkpoint = report["checkpoint"]?.text { lines.append("what was before is kept as \(checkpoint)") }
    }
    for problem in report["problems"]?.elements ?? [] {
      lines.append("problem: \(problem["path"]?.text ?? "") \(problem["reason"]?.text ?? "")")
    }
    if report["complete"]?.bool == false {
      lines.append("not all of it could be written; `membank sync --once` goes on with it")
    }
    return lines.joined(separator: "\n")
  }

  private static func local(_ seconds: Int64) -> String { LocalTime.here.civil(at: seconds).text }
}
