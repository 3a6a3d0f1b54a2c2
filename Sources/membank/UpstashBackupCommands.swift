import Control
import Support
import Upstash

/// `membank upstash`: the backups that Upstash holds.
enum UpstashBackupCommands {
  static func list(_ word: String?, json: Bool) throws(ControlError) -> Int32 {
    let session = try UpstashSession()
    let id = try session.database(word).id
    let backups = try session.call { api throws(UpstashError) in try api.backups(of: id) }
    if json {
      Output.json(.array(backups.map(\.json)))
    } else if backups.isEmpty {
      Output.line("no backups")
    } else {
      for backup in backups {
        let time = backup.created.map { LocalTime.here.civil(at: $0).text } ?? ""
        let size = backup.size.map { "\($0) bytes" } ?? ""
        let kind = backup.isDaily ? "daily" : ""
        let parts = [backup.id, backup.name, backup.state.word, time, size, kind].filter { !$0.isEmpty }
        Output.line(printable(parts.joined(separator: "  ")))
      }
    }
    return 0
  }

  static func create(_ word: String, name: String, json: Bool) throws(ControlError) -> Int32 {
    let session = try UpstashSession()
    let database = try session.database(word)
    try session.call { api throws(UpstashError) in try api.createBackup(of: database.id, name: name) }
    UpstashDatabaseCommands.done("began the backup '\(name)' of", database, json: json)
    return 0
  }

  static func restore(_ word: String, _ name: String, from: String?, yes: Bool, json: Bool) throws(ControlError)
    -> Int32
  {
    try Confirmation.require(yes, "wipe the database \(word) and put the backup \(name) in its place")
    let session = try UpstashSession()
    let target = try session.database(word)
    let source = try from.map { word throws(ControlError) in try session.database(word) } ?? target
    let backup = try session.backup(name, of: source)
    guard backup.state == .completed else {
      throw ControlError(
        .usage, "the backup \(backup) is \(backup.state.word), and only a completed one can be restored")
    }
    try Confirmation.ask(
      yes, "wipe the database \(target) at \(target.endpoint) and put the backup \(backup) of \(source) in its place",
      word: target.name)
    try session.call { api throws(UpstashError) in try api.restoreBackup(backup.id, into: target.id) }
    UpstashDatabaseCommands.done("restored \(backup) into", target, json: json)
    return 0
  }

  static func delete(_ word: String, _ name: String, yes: Bool, json: Bool) throws(ControlError) -> Int32 {
    try Confirmation.require(yes, "delete the backup \(name) of \(word)")
    let session = try UpstashSession()
    let database = try session.database(word)
    let backup = try session.backup(name, of: database)
    try Confirmation.ask(yes, "delete the backup \(backup) of \(database)", word: backup.name)
    try session.call { api throws(UpstashError) in try api.deleteBackup(backup.id, of: database.id) }
    UpstashDatabaseCommands.done("deleted the backup \(backup) of", database, json: json)
    return 0
  }

  static func setDaily(_ word: String, _ isOn: Bool, json: Bool) throws(ControlError) -> Int32 {
    let session = try UpstashSession()
    let database = try session.database(word)
    try session.call { api throws(UpstashError) in try api.setDailyBackup(isOn, of: database.id) }
    UpstashDatabaseCommands.done("turned daily backups \(isOn ? "on" : "off") for", database, json: json)
    return 0
  }
}
