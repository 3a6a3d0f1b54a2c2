import HTTPClient
import Support

extension UpstashAPI {
  /// The backups of a database, those that are not finished too.
  ///
  /// - Throws: ``UpstashError``.
  public func backups(of database: String) throws(UpstashError) -> [UpstashBackup] {
    var request = Request(method: .get, path: "", operation: "list backups of", operand: database)
    request.path = "/redis/list-backup/\(try segment(database, of: request))"
    return try list(request, UpstashBackup.init)
  }

  /// Has a backup made; it is listed at once and completed some time later, and only its name says which it is.
  ///
  /// - Throws: ``UpstashError``.
  public func createBackup(of database: String, name: String) throws(UpstashError) {
    try act(
      .post, "/redis/create-backup/", database, "create backup of", body: .members(["name": .string(name)]))
  }

  /// Wipes a database and puts a backup in its place, which may be one of another database of the account.
  ///
  /// - Throws: ``UpstashError``.
  public func restoreBackup(_ backup: String, into database: String) throws(UpstashError) {
    try act(
      .post, "/redis/restore-backup/", database, "restore backup into",
      body: .members(["backup_id": .string(backup)]))
  }

  /// Deletes a backup.
  ///
  /// - Throws: ``UpstashError``.
  public func deleteBackup(_ backup: String, of database: String) throws(UpstashError) {
    var request = Request(method: .delete, path: "", operation: "delete backup", operand: backup)
    request.path =
      "/redis/delete-backup/\(try segment(database, of: request))/\(try segment(backup, of: request))"
    try perform(request)
  }

  /// Turns Upstash's own daily backup on or off.
  ///
  /// - Throws: ``UpstashError``.
  public func setDailyBackup(_ isOn: Bool, of database: String) throws(UpstashError) {
    let verb = isOn ? "enable" : "disable"
    try act(.patch, "/redis/\(verb)-dailybackup/", database, "\(verb) daily backup of")
  }
}
