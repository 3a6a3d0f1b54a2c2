public import History
public import Support

/// Whose backup is made.
public struct BackupSubject: Hashable, Sendable {
  /// The bank's name in Redis.
  public let project: String
  /// The bank's uuid.
  public let bank: String
  /// This replica.
  public let replica: String
  /// The first part of the bank's keys.
  public let prefix: String
  /// Bytes over which a file has no document of its own.
  public let documentLimit: Int64

  /// A bank on this machine.
  public init(project: String, bank: String, replica: String, prefix: String, documentLimit: Int64) {
    self.project = project
    self.bank = bank
    self.replica = replica
    self.prefix = prefix
    self.documentLimit = documentLimit
  }
}

/// One backup to be made: of what, from where, when.
public struct BackupJob {
  /// Whose.
  public let subject: BackupSubject
  /// The bank's versions; opened by the thread that makes the backup.
  public let history: History
  /// The newest one that is to be in it.
  public let head: ObjectID
  /// When, in seconds since 1970.
  public let seconds: Int64
  /// A directory for what is only needed meanwhile.
  public let scratch: String
  /// How it is told of, and stopped.
  public let watch: BackupWatch

  /// A backup to be made.
  public init(
    _ subject: BackupSubject, history: History, head: ObjectID, seconds: Int64, scratch: String, watch: BackupWatch
  ) {
    self.subject = subject
    self.history = history
    self.head = head
    self.seconds = seconds
    self.scratch = scratch
    self.watch = watch
  }

  /// The manifest of a backup that holds `content`.
  func manifest(_ content: BackupManifest.Content, at seconds: Int64) throws(BackupError) -> BackupManifest {
    do throws(HistoryError) {
      let files = try history.files(inTree: history.commit(head).tree)
      var bytes: Int64 = 0
      for entry in files.values { bytes += try history.blobSize(entry.blob) }
      return BackupManifest(
        project: subject.project, bank: subject.bank, head: head, seconds: seconds,
        commits: try history.walk(from: [head], excluding: [], limit: nil).count, files: files.count, bytes: bytes,
        replica: subject.replica, membank: Version.current, content: content)
    } catch {
      throw BackupError(error)
    }
  }
}
