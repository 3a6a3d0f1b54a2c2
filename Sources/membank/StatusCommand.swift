import Control
import Support
import SyncEngine

/// `membank status`, `flush`, `approve`, `pause` and `resume`: what a daemon answers, or a bank opened here.
enum StatusCommand {
  static func status(_ directory: String?, json: Bool) throws(ControlError) -> Int32 {
    let session = try Session(quiet: json)
    let report: JSONValue
    switch try session.access(directory) {
    case .daemon(let client): report = try BankAccess.ask(client, ["command": "status"])
    case .open(let replica):
      do {
        try replica.engine.lookForProblems()
        report = try StatusReport.json(replica, daemon: false, paused: replica.state.read("paused") != nil)
      } catch { throw ControlError(.problems, "\(error)") }
    }
    if json { Output.json(report) } else { Output.line(text(report)) }
    let troubles =
      ["conflicts", "problems", "halts"].contains { !(report[$0]?.elements ?? []).isEmpty }
      || (report["remotes"]?.elements ?? []).contains { !($0["problems"]?.elements ?? []).isEmpty }
      || (report["backups"]?.elements ?? []).contains(where: BackupReport.isTrouble)
    return troubles ? ControlError.ExitCode.problems.rawValue : ControlError.ExitCode.success.rawValue
  }

  private static func text(_ report: JSONValue) -> String {
    let state =
      report["paused"]?.bool == true ? "paused" : report["daemon"]?.bool == true ? "watching" : "no daemon runs"
    var lines = [
      "\(report["directory"]?.text ?? "")  project \(report["project"]?.text ?? ""), \(state)",
      "head \(SyncText.short(report["head"])), \(report["files"]?.integer ?? 0) files, history in \(report["state"]?.text ?? "")",
    ]
    for remote in report["remotes"]?.elements ?? [] {
      let backlog = remote["backlog"]?.integer ?? 0
      let waiting = backlog == 0 ? "" : ", \(backlog) commit\(backlog == 1 ? "" : "s") waiting"
      let names = [remote["name"]?.text ?? "", remote["address"]?.text ?? ""]
      let name = names[0] == names[1] ? names[0] : names.joined(separator: " ")
      lines.append("\(name): \(remote["state"]?.text ?? "")\(waiting)")
      if let quota = remote["quota"], quota.members != nil { lines.append("  " + spending(quota)) }
    }
    for backup in report["backups"]?.elements ?? [] where !BackupReport.isTrouble(backup) {
      lines.append("backup \(BackupText.scheduled(backup))")
    }
    let large = (report["withoutDocument"]?.elements ?? []).compactMap(\.text)
    if !large.isEmpty {
      lines.append("too large for a key in Redis, versioned all the same: \(large.joined(separator: ", "))")
    }
    return (lines + TroubleText.of(report)).joined(separator: "\n")
  }

  /// What a remote has cost that bills each command.
  private static func spending(_ quota: JSONValue) -> String {
    let spent = quota["spent"]?.integer ?? 0
    let budget = quota["budget"]?.integer.map { " of \($0)" } ?? ""
    let slowdown = quota["slowdown"]?.number ?? 1
    let pace = slowdown > 1 ? "; to stay within it looks are \(slowdown) times rarer" : ""
    return
      "\(spent)\(budget) commands in \(quota["month"]?.text ?? ""), about \(quota["projected"]?.integer ?? 0) by its end\(pace)"
  }

  static func flush(_ directory: String?, timeout: Int64, json: Bool) throws(ControlError) -> Int32 {
    let session = try Session(quiet: json)
    switch try session.access(directory) {
    case .daemon(let client):
      let answer = try BankAccess.ask(client, ["command": "flush", "timeout": .integer(timeout)])
      show(answer["report"] ?? .null, json: json)
      guard answer["captured"]?.bool == true else {
        throw ControlError(.problems, "not all that was written has become a version within \(timeout) s")
      }
      guard answer["complete"]?.bool == true else {
        throw ControlError(.unreachable, "not mirrored within \(timeout) s; the versions are complete here")
      }
      return Int32(answer["code"]?.integer ?? 1)
    case .open(let replica):
      let outcome = try SyncOnce.run(replica)
      show(outcome.report, json: json)
      return outcome.code.rawValue
    }
  }

  /// A flush that came through says nothing; what did not is told.
  private static func show(_ report: JSONValue, json: Bool) {
    if json { Output.json(report) } else { TroubleText.complain(report) }
  }

  static func approve(_ plan: String, _ directory: String?) throws(ControlError) -> Int32 {
    let session = try Session()
    let approved: Bool
    switch try session.access(directory) {
    case .daemon(let client):
      approved = try BankAccess.ask(client, ["command": "approve", "plan": .string(plan)])["approved"]?.bool ?? false
    case .open(let replica):
      do {
        // The plans are those of what is missing now, on either side.
        if plan != replica.settings.pending { try replica.engine.lookForProblems() }
        approved = try Approval.give(plan, replica) != .unknown
      } catch { throw ControlError(.problems, "\(error)") }
      if approved { _ = try SyncOnce.run(replica) }
    }
    guard approved else {
      throw ControlError(.usage, "nothing waits under '\(plan)'; what is shown may have changed: see `membank status`")
    }
    Output.line("approved \(plan)")
    return ControlError.ExitCode.success.rawValue
  }

  static func pause(_ isPaused: Bool, _ directory: String?) throws(ControlError) -> Int32 {
    let session = try Session()
    switch try session.access(directory) {
    case .daemon(let client):
      _ = try BankAccess.ask(client, ["command": isPaused ? "pause" : "resume"])
    case .open(let replica):
      do {
        if isPaused { try replica.state.write("paused", "yes") } else { replica.state.remove("paused") }
      } catch { throw ControlError(.problems, "\(error)") }
    }
    Output.line(isPaused ? "paused: files are left alone until `membank resume`" : "resumed")
    return ControlError.ExitCode.success.rawValue
  }
}
