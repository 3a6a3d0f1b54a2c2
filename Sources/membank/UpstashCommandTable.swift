import Support
import Upstash

/// The commands below `membank upstash`.
enum UpstashCommandTable {
  static let command = Command<Void>(
    "upstash", summary: "manage databases at Upstash and the backups there",
    discussion: """
      Speaks to Upstash's management API with UPSTASH_EMAIL and UPSTASH_API_KEY, which is made at \
      https://console.upstash.com/account/api. DATABASE is an id, a name or an address; where it may be left out, it is \
      that of UPSTASH_REDIS_REST_URL. Passwords and tokens are never printed; --token-file stores a token.
      """,
    subcommands: [
      list, get, create, delete, resetPassword, statistics, usage, backups, createBackup, restoreBackup, deleteBackup,
      dailyBackup,
    ])

  private static let json = CommandOption("json", help: "print JSON")
  private static let yes = CommandOption("yes", help: "don't ask; needed where there is no terminal")
  private static let tokenFile = CommandOption(
    "token-file", value: "FILE", help: "store the standard token in FILE, for remote.NAME.token-file")
  private static let meant = CommandArgument("DATABASE", .optional, help: "its id, name or address")
  private static let named = CommandArgument("DATABASE", help: "its id, name or address")
  private static let backup = CommandArgument("BACKUP", help: "its id or name")

  private static let list = Command<Void>(
    "list", summary: "list the databases", options: [json]
  ) { _, line in try UpstashDatabaseCommands.list(json: line.flag("json")) }

  private static let get = Command<Void>(
    "get", summary: "show a database", arguments: [meant], options: [tokenFile, json]
  ) { _, line in
    try UpstashDatabaseCommands.get(
      line.argument("DATABASE"), tokenFile: line.value("token-file"), json: line.flag("json"))
  }

  private static let create = Command<Void>(
    "create", summary: "make a database",
    arguments: [CommandArgument("NAME", help: "the new database's name")],
    options: [
      CommandOption("region", value: "REGION", help: "where it is, as in eu-west-1 (required)"),
      CommandOption("platform", value: "WHOSE", help: "aws (default) or gcp"),
      CommandOption(
        "read-region", value: "REGION", repeats: true, help: "where else to read; each bills every write once more"),
      tokenFile, json,
    ]
  ) { _, line in
    guard let region = line.value("region") else { throw UsageError("where? name it with --region, as in eu-west-1") }
    let platform = line.value("platform") ?? "aws"
    guard ["aws", "gcp"].contains(platform) else { throw UsageError("--platform takes aws or gcp, not '\(platform)'") }
    return try UpstashDatabaseCommands.create(
      UpstashDatabase.Wish(
        name: line.argument("NAME") ?? "", region: region, platform: platform,
        readRegions: line.values("read-region")), tokenFile: line.value("token-file"), json: line.flag("json"))
  }

  private static let delete = Command<Void>(
    "delete", summary: "delete a database with all that is in it", arguments: [named], options: [yes, json]
  ) { _, line in
    try UpstashDatabaseCommands.delete(
      line.argument("DATABASE") ?? "", yes: line.flag("yes"), json: line.flag("json"))
  }

  private static let resetPassword = Command<Void>(
    "reset-password", summary: "give a database a new password and new tokens", arguments: [named],
    options: [tokenFile, yes, json]
  ) { _, line in
    try UpstashDatabaseCommands.resetPassword(
      line.argument("DATABASE") ?? "", tokenFile: line.value("token-file"), yes: line.flag("yes"),
      json: line.flag("json"))
  }

  private static let statistics = Command<Void>(
    "stats", summary: "show what a database did", arguments: [meant],
    options: [CommandOption("period", value: "TIME", help: "1h (default), 3h, 12h, 1d, 3d, 7d or 30d"), json]
  ) { _, line in
    let text = line.value("period") ?? "1h"
    guard let period = UpstashStatistics.Period(rawValue: text) else {
      let known = UpstashStatistics.Period.allCases.map(\.rawValue).joined(separator: ", ")
      throw UsageError("--period takes one of \(known), not '\(text)'")
    }
    return try UpstashDatabaseCommands.statistics(line.argument("DATABASE"), period: period, json: line.flag("json"))
  }

  private static let usage = Command<Void>(
    "usage", summary: "show what was used on each of the last five days", arguments: [meant], options: [json]
  ) { _, line in try UpstashDatabaseCommands.usage(line.argument("DATABASE"), json: line.flag("json")) }

  private static let backups = Command<Void>(
    "backups", summary: "list a database's backups", arguments: [meant], options: [json]
  ) { _, line in try UpstashBackupCommands.list(line.argument("DATABASE"), json: line.flag("json")) }

  private static let createBackup = Command<Void>(
    "create-backup", summary: "have a backup made; `backups` shows when it is completed",
    arguments: [named, CommandArgument("NAME", help: "the backup's name")], options: [json]
  ) { _, line in
    try UpstashBackupCommands.create(
      line.argument("DATABASE") ?? "", name: line.argument("NAME") ?? "", json: line.flag("json"))
  }

  private static let restoreBackup = Command<Void>(
    "restore-backup", summary: "wipe a database and put a backup in its place", arguments: [named, backup],
    options: [CommandOption("of", value: "DATABASE", help: "whose backup it is; default: its own"), yes, json]
  ) { _, line in
    try UpstashBackupCommands.restore(
      line.argument("DATABASE") ?? "", line.argument("BACKUP") ?? "", from: line.value("of"), yes: line.flag("yes"),
      json: line.flag("json"))
  }

  private static let deleteBackup = Command<Void>(
    "delete-backup", summary: "delete a backup", arguments: [named, backup], options: [yes, json]
  ) { _, line in
    try UpstashBackupCommands.delete(
      line.argument("DATABASE") ?? "", line.argument("BACKUP") ?? "", yes: line.flag("yes"), json: line.flag("json"))
  }

  private static let dailyBackup = Command<Void>(
    "daily-backup", summary: "turn Upstash's own daily backup on or off",
    arguments: [named, CommandArgument("STATE", help: "on or off")], options: [json]
  ) { _, line in
    guard let state = line.argument("STATE"), ["on", "off"].contains(state) else {
      throw UsageError("STATE is on or off")
    }
    return try UpstashBackupCommands.setDaily(
      line.argument("DATABASE") ?? "", state == "on", json: line.flag("json"))
  }
}
