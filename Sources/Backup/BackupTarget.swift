public import History

/// A place that keeps backups of one bank; it belongs to one thread at a time.
public protocol BackupTarget: AnyObject {
  /// Where it is, without secrets.
  var place: String { get }
  /// The backups of the bank that are there, in any order; what is incomplete is not among them.
  func list() throws(BackupError) -> [Backup]
  /// Takes away what interrupted runs have left.
  ///
  /// `now`: seconds since 1970; what other machines began lately may still be in the making.
  func clean(now: Int64) throws(BackupError)
  /// Makes a backup, restores it into scratch space, compares it with the bank, and only then makes it complete.
  func create(_ job: BackupJob) throws(BackupError) -> Backup
  /// Restores a backup into scratch space and compares every document and the head commit.
  func verify(_ backup: Backup, _ drill: BackupDrill) throws(BackupError) -> DrillReport
  /// Brings a backup's versions into a history.
  func load(_ backup: Backup, into history: History, _ watch: BackupWatch) throws(BackupError)
  /// Takes a backup away; interrupted, it is incomplete.
  func delete(_ backup: Backup) throws(BackupError)
}
