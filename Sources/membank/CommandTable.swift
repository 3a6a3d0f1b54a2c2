import Control
import Support

/// Every command of the program: parsing, help and running come from here.
enum CommandTable {
  static let table = CommandLineTable(
    Command(
      "membank", summary: "versioned, synced memory for coding agents",
      discussion: """
        Keeps a directory of Markdown versioned in git, mirrored in Redis, and equal on every machine that shares it.

        Exit codes of sync --once: 0 in sync, 1 problems or conflicts, 2 wrong usage or configuration, 3 a remote can't \
        be reached, 4 halted by a guard.
        """,
      subcommands: [
        create, join, sync, status, log, show, diff, conflicts, backup, approve, pause, resume, flush, doctor,
        UpstashCommandTable.command, mergeFile, git,
      ]), version: Version.current)

  private static let directory = CommandArgument(
    "DIR", .optional, help: "the bank; default: the nearest one at or above the current directory")
  static let directoryOption = CommandOption(
    "bank", short: "C", value: "DIR", help: "the bank, when it isn't the nearest one")
  static let json = CommandOption("json", help: "print one JSON object")
  private static let remote = CommandOption(
    "remote", value: "URL", repeats: true, help: "a Redis to use instead of the configured ones (redis://, unix://)")

  private static let create = Command<Void>(
    "init", summary: "make a directory a bank",
    discussion: "Writes the marker .membank with the bank's settings. Nothing else in the directory is touched.",
    arguments: [CommandArgument("DIR", .optional, help: "the directory; default: the current one")],
    options: [
      CommandOption("project", value: "NAME", help: "the project's name in Redis"),
      CommandOption("import", help: "take the directory's past from the git repository around it, read-only"),
    ]
  ) { _, line in
    try BankCommands.create(line.argument("DIR"), project: line.value("project"), imports: line.flag("import"))
  }

  private static let join = Command<Void>(
    "join", summary: "make a directory a replica of a bank that a remote holds",
    arguments: [CommandArgument("DIR", .optional, help: "the directory; default: the current one")],
    options: [CommandOption("project", value: "NAME", help: "the bank's project name (required)"), remote, json]
  ) { _, line in
    guard let project = line.value("project") else { throw UsageError("which bank? name it with --project NAME") }
    return try BankCommands.join(
      line.argument("DIR"), project: project, remotes: line.values("remote"), json: line.flag("json"))
  }

  private static let sync = Command<Void>(
    "sync", summary: "keep a bank in sync until stopped, or make one full pass",
    arguments: [directory],
    options: [
      CommandOption("once", help: "one full pass, then exit; through the daemon if one runs"),
      CommandOption("dry-run", help: "with --once: say what there is to do, and do nothing"), remote, json,
    ]
  ) { _, line in
    guard line.flag("once") else {
      if line.flag("dry-run") || line.flag("json") { throw UsageError("--dry-run and --json go with --once") }
      return try SyncCommand.daemon(line.argument("DIR"), remotes: line.values("remote"))
    }
    return try SyncCommand.once(
      line.argument("DIR"), remotes: line.values("remote"), dryRun: line.flag("dry-run"), json: line.flag("json"))
  }

  private static let status = Command<Void>(
    "status", summary: "show the state of a bank, its remotes, conflicts and halts", arguments: [directory],
    options: [json]
  ) { _, line in try StatusCommand.status(line.argument("DIR"), json: line.flag("json")) }

  private static let log = Command<Void>(
    "log", summary: "list versions, newest first",
    arguments: [CommandArgument("PATH", .optional, help: "only the versions that changed this file")],
    options: [CommandOption("number", short: "n", value: "N", help: "at most so many"), directoryOption, json]
  ) { _, line in
    var limit: Int?
    if let text = line.value("number") {
      guard let number = Int(text), number > 0 else { throw UsageError("-n takes a number above 0, not '\(text)'") }
      limit = number
    }
    return try HistoryCommands.log(line.argument("PATH"), line.value("bank"), limit: limit, json: line.flag("json"))
  }

  private static let show = Command<Void>(
    "show", summary: "print a version's change, or a file as it was",
    arguments: [CommandArgument("ID", help: "a version (a1b2c3d, HEAD~2), or ID:PATH for a file in it")],
    options: [directoryOption]
  ) { _, line in try HistoryCommands.show(line.argument("ID") ?? "HEAD", line.value("bank")) }

  private static let diff = Command<Void>(
    "diff", summary: "print what changed between two versions",
    arguments: [
      CommandArgument("FROM", .optional, help: "a version; default: the one before TO"),
      CommandArgument("TO", .optional, help: "a version; default: the newest"),
    ],
    options: [CommandOption("path", value: "PATH", help: "only this file"), directoryOption]
  ) { _, line in
    try HistoryCommands.diff(
      line.argument("FROM"), line.argument("TO"), path: line.value("path"), line.value("bank"))
  }

  private static let conflicts = Command<Void>(
    "conflicts", summary: "list, show and resolve conflicts",
    subcommands: [
      Command("list", summary: "list what waits", arguments: [directory], options: [json]) { _, line in
        try ConflictsCommand.list(line.argument("DIR"), json: line.flag("json"))
      },
      Command(
        "show", summary: "print both versions", arguments: [conflictName], options: [directoryOption]
      ) { _, line in try ConflictsCommand.show(line.argument("ID") ?? "", line.value("bank")) },
      Command(
        "resolve", summary: "end a conflict, if nothing changed since it was shown", arguments: [conflictName],
        options: [
          CommandOption("take", value: "WHICH", help: "ours (in place), theirs (set aside) or both"),
          CommandOption("edited", value: "FILE", help: "this file's text takes the place"), directoryOption,
        ]
      ) { _, line in
        try ConflictsCommand.resolve(
          line.argument("ID") ?? "", line.value("bank"), take: line.value("take"), edited: line.value("edited"))
      },
    ]
  ) { _, line in try ConflictsCommand.list(nil, json: false) }
  private static let conflictName = CommandArgument("ID", help: "the conflict's id, or the path of its file")

  private static let approve = Command<Void>(
    "approve", summary: "release what a guard holds back, exactly as it was shown",
    arguments: [CommandArgument("PLAN", help: "the id that status shows")], options: [directoryOption]
  ) { _, line in try StatusCommand.approve(line.argument("PLAN") ?? "", line.value("bank")) }

  private static let pause = Command<Void>(
    "pause", summary: "leave files and remotes alone until resume", arguments: [directory]
  ) { _, line in try StatusCommand.pause(true, line.argument("DIR")) }

  private static let resume = Command<Void>("resume", summary: "go on after pause", arguments: [directory]) { _, line in
    try StatusCommand.pause(false, line.argument("DIR"))
  }

  private static let flush = Command<Void>(
    "flush", summary: "return when all that was written before is versioned and mirrored", arguments: [directory],
    options: [CommandOption("timeout", value: "SECONDS", help: "give up after so long; default 30"), json]
  ) { _, line in
    guard let seconds = Int64(line.value("timeout") ?? "30"), seconds > 0 else {
      throw UsageError("--timeout takes seconds above 0")
    }
    return try StatusCommand.flush(line.argument("DIR"), timeout: seconds, json: line.flag("json"))
  }

  private static let doctor = Command<Void>(
    "doctor", summary: "check the bank, its history, its remotes and this machine", arguments: [directory],
    options: [json]
  ) { _, line in try DoctorCommand.run(line.argument("DIR"), json: line.flag("json")) }

  private static let mergeFile = Command<Void>(
    "merge-file", summary: "merge two versions of a Markdown file, block by block",
    discussion: """
      Like git merge-file: what OURS and THEIRS made of BASE is written into OURS, with conflict markers around what \
      doesn't go together. A file that is not UTF-8 counts as a conflict and leaves OURS as it is. The exit code is the number \
      of conflicts (127: that many or more), 255 when a file can't be read or written.

      As a merge driver of your own repository: git config merge.markdown.driver 'membank merge-file %O %A %B \
      --marker-size %L --ours-name ours --theirs-name theirs', and in .gitattributes: *.md merge=markdown
      """,
    arguments: [
      CommandArgument("BASE", help: "the version that both came from"),
      CommandArgument("OURS", help: "the version that is written to"), CommandArgument("THEIRS", help: "the other one"),
    ],
    options: [
      CommandOption("stdout", short: "p", help: "print the text and leave OURS as it is"),
      CommandOption("quiet", short: "q", help: "don't say that there are conflicts"),
      CommandOption("ours", help: "take ours where the two don't go together"),
      CommandOption("theirs", help: "take theirs there"), CommandOption("union", help: "take both there"),
      CommandOption("diff3", help: "show the base's text between the two as well"),
      CommandOption("ours-name", value: "NAME", help: "what stands behind the first marker; default: the file's name"),
      CommandOption("base-name", value: "NAME", help: "the same for the base"),
      CommandOption("theirs-name", value: "NAME", help: "the same for the last marker"),
      CommandOption("marker-size", value: "N", help: "how many characters a marker has; default 7"),
    ]
  ) { _, line in try MergeFileCommand.run(line) }

  private static let git = Command<Void>(
    "git", summary: "run git on the bank's history", passesThrough: true
  ) { _, line in try HistoryCommands.git(line.rest) }
}
