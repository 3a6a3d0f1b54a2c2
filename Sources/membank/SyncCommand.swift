import Control
import FoundationEssentials
import Support

/// `membank sync`: the daemon, or one full pass.
enum SyncCommand {
  static func once(_ directory: String?, remotes: [String], dryRun: Bool, json: Bool) throws(ControlError) -> Int32 {
    let session = try Session(quiet: json)
    let setup = try session.setup(directory)
    if !BankLocation.isBank(setup.directory), try adopts(setup, dryRun: dryRun) {
      if dryRun { return ControlError.ExitCode.success.rawValue }
      let configuration = try setup.create(project: nil)
      if !json { Output.line("made \(setup.directory) a bank, project \(configuration.project ?? "")") }
    }
    let outcome =
      dryRun
      ? try SyncOnce.preview(setup, remotes: remotes, log: session.log)
      : try SyncOnce.run(setup, remotes: remotes, log: session.log)
    if json { Output.json(outcome.report) } else { SyncText.show(outcome.report) }
    return outcome.code.rawValue
  }

  /// Whether a directory that is no bank yet is made one: not the places that must never be, and not one whose
  /// history says that its marker was lost.
  private static func adopts(_ setup: BankSetup, dryRun: Bool) throws(ControlError) -> Bool {
    if setup.hasHistory { return false }
    if let reason = BankLocation.refusal(setup.directory, home: setup.environment.home) {
      throw ControlError(.usage, "\(reason); if it is to be a bank, say so with `membank init \(setup.directory)`")
    }
    if dryRun { Output.line("would make \(setup.directory) a bank and take in its files") }
    return true
  }

  static func daemon(_ directory: String?, remotes: [String]) throws(ControlError) -> Int32 {
    let session = try Session(watched: Output.isWatched)
    let setup = try session.setup(directory)
    try Daemon(BankAccess.own(setup, remotes: remotes, log: session.log), log: session.log).run()
    return ControlError.ExitCode.success.rawValue
  }
}

/// A pass's report in words.
enum SyncText {
  /// Prints what was done, and on standard error what could not be.
  static func show(_ report: JSONValue) {
    Output.line(of(report))
    TroubleText.complain(report)
  }

  private static func of(_ report: JSONValue) -> String {
    if report["dryRun"]?.bool == true { return preview(report) }
    var lines: [String] = []
    let (committed, pushed, pulled) = (count(report, "committed"), count(report, "pushed"), count(report, "pulled"))
    if committed + pushed + pulled == 0 {
      lines.append("nothing changed: \(count(report, "files")) files at \(short(report["head"]))")
    } else {
      lines.append(
        "\(committed) commit\(committed == 1 ? "" : "s"), \(pushed) pushed, \(pulled) pulled: "
          + "\(count(report, "files")) files at \(short(report["head"]))")
    }
    for remote in report["remotes"]?.elements ?? [] {
      lines.append("\(remote["name"]?.text ?? ""): \(remote["state"]?.text ?? "")")
    }
    return lines.joined(separator: "\n")
  }

  private static func preview(_ report: JSONValue) -> String {
    let changes = (report["changes"]?.elements ?? []).map { "\($0["change"]?.text ?? "") \($0["path"]?.text ?? "")" }
    let remotes = (report["remotes"]?.elements ?? []).map { "\($0["name"]?.text ?? ""): \($0["state"]?.text ?? "")" }
    return ((changes.isEmpty ? ["no changes in the directory"] : changes) + remotes).joined(separator: "\n")
  }

  static func short(_ id: JSONValue?) -> String { id?.text.map { String($0.prefix(7)) } ?? "no version" }

  private static func count(_ report: JSONValue, _ name: String) -> Int64 { report[name]?.integer ?? 0 }
}

/// What the remotes say, conflicts, problems and halts in words, each with the way out.
enum TroubleText {
  /// Prints them on standard error.
  static func complain(_ report: JSONValue) {
    let lines = of(report)
    if !lines.isEmpty { Output.complaint(lines.joined(separator: "\n") + "\n") }
  }

  static func of(_ report: JSONValue) -> [String] {
    var lines: [String] = []
    for remote in report["remotes"]?.elements ?? [] {
      let name = remote["name"]?.text ?? ""
      if let message = remote["message"]?.text { lines.append("\(name): \(message)") }
      for problem in remote["problems"]?.elements ?? [] { lines.append("problem in \(name): \(problem.text ?? "")") }
    }
    for backup in report["backups"]?.elements ?? [] {
      if let trouble = BackupReport.trouble(backup) { lines.append(trouble) }
    }
    for conflict in report["conflicts"]?.elements ?? [] {
      lines.append(
        "conflict \(conflict["id"]?.text ?? ""): \(conflict["path"]?.text ?? "") and \(conflict["copy"]?.text ?? "") "
          + "(`membank conflicts resolve`)")
    }
    for problem in report["problems"]?.elements ?? [] {
      lines.append("problem: \(problem["path"]?.text ?? "") \(problem["reason"]?.text ?? "")")
    }
    for halt in report["halts"]?.elements ?? [] {
      lines.append("halted: \(halt["reason"]?.text ?? "")")
      let files = halt["files"]?.elements ?? []
      for file in files.prefix(20) { lines.append("  \(file.text ?? "")") }
      if files.count > 20 { lines.append("  and \(files.count - 20) more") }
      for setting in halt["settings"]?.elements ?? [] { lines.append("  \(setting.text ?? "")") }
      if let plan = halt["plan"]?.text {
        lines.append(
          files.isEmpty
            ? "  let them in with `membank approve \(plan)`"
            : "  Nothing was deleted. If these files are to go, `membank approve \(plan)`; if not, restore them where they are missing"
        )
      }
    }
    return lines
  }
}
