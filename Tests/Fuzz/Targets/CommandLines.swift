import Support

extension FuzzTarget {
  /// The words of a command line, one a line.
  static let commandLines = FuzzTarget(
    "command-lines", longest: 512,
    words: [
      "sync", "--once", "--json", "--remote", "--remote=", "-C", "-n5", "-n=", "--", "-", "help", "--help", "--version",
      "git",
    ],
    seeds: [
      "sync\n--once\n--remote=redis://h\n--json", "log\n-n\n5\n-Cx", "git\n--version", "conflicts\nshow\n--\n-x",
      "help", "snyc",
    ]
  ) { input in
    let words = input.lines().map { String(decoding: $0, as: UTF8.self) }
    var ran = false
    var told = ""
    let code = try table { invocation in
      try hold(invocation.path.first == "membank", "\(invocation)")
      ran = true
    }.run(words, context: (), output: { told += $0 }, complaint: { told += $0 })
    try hold(ran ? code == 0 && told.isEmpty : !told.isEmpty, "nothing was said and nothing was done")
    try hold([0, CommandLineTable<Void>.usageExitCode].contains(code), "exit \(code)")
  }

  /// A table with options and arguments of every sort.
  private static func table(_ body: @escaping (Invocation) throws -> Void) -> CommandLineTable<Void> {
    // Run at once, and not kept.
    nonisolated(unsafe) let body = body
    let run: Command<Void>.Run = { _, invocation in
      try body(invocation)
      return 0
    }
    let json = CommandOption("json", short: "j", help: "json")
    let bank = CommandOption("bank", short: "C", value: "DIR", help: "the bank")
    return CommandLineTable(
      Command(
        "membank", summary: "memory",
        subcommands: [
          Command(
            "sync", summary: "sync", arguments: [CommandArgument("DIR", .optional, help: "the bank")],
            options: [
              CommandOption("once", help: "once"),
              CommandOption("remote", value: "URL", repeats: true, help: "a remote"), json,
            ], run: run),
          Command(
            "log", summary: "log", arguments: [CommandArgument("PATH", .many, help: "files")],
            options: [CommandOption("number", short: "n", value: "N", help: "at most"), bank], run: run),
          Command(
            "conflicts", summary: "conflicts",
            subcommands: [
              Command(
                "show", summary: "show", arguments: [CommandArgument("ID", .some, help: "which")], options: [bank],
                run: run)
            ], run: run),
          Command("git", summary: "git", passesThrough: true, run: run),
          Command("secret", summary: "hidden", isHidden: true, run: run),
        ]), version: "1")
  }
}
