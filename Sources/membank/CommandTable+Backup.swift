import Support

/// `membank backup` and what is below it.
extension CommandTable {
  static let backup = Command<Void>(
    "backup", summary: "make, check and restore backups of the whole history",
    discussion: """
      Targets stand in .membank as [backup "NAME"] with directory (git bundles), target = upstash-copy or target = upstash-snapshot, schedule and \
      keep-daily, keep-weekly, …; without any, backups go into the bank's state directory.
      """,
    subcommands: [
      Command(
        "create", summary: "make a backup now, at all targets or some", arguments: [targets],
        options: [
          CommandOption("due", help: "only where the schedule says so: for timers"), directoryOption, json,
        ]
      ) { _, line in
        try BackupCommand(line.value("bank"), json: line.flag("json"))
          .create(line.arguments("TARGET"), due: line.flag("due"))
      },
      Command(
        "list", summary: "list the backups there are, newest first", options: [from, project, directoryOption, json]
      ) { _, line in
        try BackupCommand(line.value("bank"), json: line.flag("json"))
          .list(from: line.value("from"), project: line.value("project"))
      },
      Command(
        "verify", summary: "restore into scratch space and compare every document and the head",
        arguments: [backupName],
        options: [
          CommandOption("all", help: "every backup, not only the newest"),
          CommandOption(
            "into", value: "DATABASE_ID", help: "restore a snapshot at Upstash into this database, which is wiped"),
          yes, from, project, directoryOption, json,
        ]
      ) { _, line in
        try BackupCommand(line.value("bank"), json: line.flag("json")).verify(
          BackupCommand.VerifyOptions(
            name: line.argument("ID"), from: line.value("from"), project: line.value("project"),
            into: line.value("into"), all: line.flag("all"), yes: line.flag("yes")))
      },
      Command(
        "restore", summary: "bring a backup back, as a new version of the bank or elsewhere",
        discussion: """
          Into the bank it is a new version; what was newest before is kept as a checkpoint, and files that the backup \
          doesn't have stay.
          """,
        arguments: [backupName],
        options: [
          CommandOption(
            "at", value: "TIME", help: "as the bank was then: '2 days ago', 2026-11-20, '2026-11-20 14:02'"),
          CommandOption("into", value: "DIR", help: "into an empty directory, which becomes the bank"),
          CommandOption("to", value: "REMOTE", help: "to a remote that lost the bank: its name or URL"),
          CommandOption(
            "via", value: "DATABASE_ID", help: "read a snapshot at Upstash through this database, which is wiped"), yes,
          CommandOption("exact", help: "delete the files that the backup doesn't have"),
          CommandOption("dry-run", short: "n", help: "say what there is to do, and do nothing"), from, project,
          directoryOption, json,
        ]
      ) { _, line in
        let options = BackupCommand.RestoreOptions(
          name: line.argument("ID"), from: line.value("from"), project: line.value("project"), at: line.value("at"),
          into: line.value("into"), to: line.value("to"), via: line.value("via"), exact: line.flag("exact"),
          dryRun: line.flag("dry-run"),
          yes: line.flag("yes"))
        if options.into != nil, options.to != nil { throw UsageError("--into and --to exclude each other") }
        if options.dryRun, options.into != nil || options.to != nil {
          throw UsageError("--dry-run is for restoring into the bank")
        }
        return try BackupCommand(line.value("bank"), json: line.flag("json")).restore(options)
      },
      Command(
        "prune", summary: "remove the backups that no keep rule holds", arguments: [targets],
        options: [
          CommandOption("dry-run", short: "n", help: "explain each one, and remove none"), directoryOption, json,
        ]
      ) { _, line in
        try BackupCommand(line.value("bank"), json: line.flag("json"))
          .prune(line.arguments("TARGET"), dryRun: line.flag("dry-run"))
      },
      Command(
        "schedule", summary: "show what is scheduled, or when an expression comes next",
        arguments: [CommandArgument("EXPRESSION", .optional, help: "such as 'Mon..Fri 03:30'")],
        options: [directoryOption, json]
      ) { _, line in
        try BackupCommand(line.value("bank"), json: line.flag("json")).schedule(line.argument("EXPRESSION"))
      },
    ])

  private static let targets = CommandArgument("TARGET", .many, help: "targets by name; default: all")
  private static let backupName = CommandArgument(
    "ID", .optional, help: "a backup's id or its beginning, or a bundle's path; default: the newest")
  private static let yes = CommandOption("yes", help: "don't ask; needed where there is no terminal")
  private static let from = CommandOption(
    "from", value: "PLACE", help: "where to look: a target, a directory, a bundle, a database's URL")
  private static let project = CommandOption("project", value: "NAME", help: "the bank, where PLACE is a database")
}
