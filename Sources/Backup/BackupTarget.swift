public import History
public import Support

/// What a backup is of.
public struct BackupOrigin: Hashable, Sendable {
  /// The bank's name in Redis.
  public let project: String
  /// The bank's uuid.
  public let bank: String
  /// The newest commit.
  public let head: ObjectID

  /// What a backup is of.
  public init(project: String, bank: String, head: ObjectID) {
    self.project = project
    self.bank = bank
    self.head = head
  }
}

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
  /// Whether its backups can be read only with a database that is wiped for it.
  var lacksDatabase: Bool { get }
  /// Makes a backup, restores it into scratch space where that can be, compares it with the bank, and only then makes it
  /// complete.
  func create(_ job: BackupJob) throws(BackupError) -> Backup
  /// Restores a backup into scratch space and compares every document and the head commit.
  func verify(_ backup: Backup, _ drill: BackupDrill) throws(BackupError) -> DrillReport
  /// What a backup is of.
  func origin(of backup: Backup, _ watch: BackupWatch) throws(BackupError) -> BackupOrigin
  /// Brings a backup's versions into a history.
  func load(_ backup: Backup, into history: History, _ watch: BackupWatch) throws(BackupError)
  /// Takes a backup away; interrupted, it is incomplete.
  func delete(_ backup: Backup) throws(BackupError)
}

extension BackupTarget {
  /// It takes none.
  public var lacksDatabase: Bool { false }

  /// What the manifest says.
  public func origin(of backup: Backup, _ watch: BackupWatch) throws(BackupError) -> BackupOrigin {
    let manifest = try backup.soundManifest()
    return BackupOrigin(project: manifest.project, bank: manifest.bank, head: manifest.head)
  }
}
