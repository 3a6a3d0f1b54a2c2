public import History
import Mirror
import Support
import Upstash

/// Backups that Upstash makes of the database that the bank is mirrored to.
///
/// Upstash holds them, and nobody can look into one: it is read by restoring it into another database.
public final class SnapshotTarget: BackupTarget {
  /// The address of the database.
  public var place: String { service.address }
  private let subject: BackupSubject
  private let names: BackupNames
  private let service: SnapshotService
  private let mirror: DatabaseMirror
  private let notes: SnapshotNotes
  private let scratch: ScratchDatabase?

  /// How long a new version may take to the mirror, in seconds.
  private static let publishing: Int64 = 60

  /// Backups of a bank by Upstash.
  ///
  /// - Parameters:
  ///   - subject: Whose.
  ///   - service: Upstash's management of the database.
  ///   - mirror: What the database holds of the bank.
  ///   - notes: What this machine notes of each.
  ///   - scratch: A database that may be wiped to look into one; nil: there is none.
  public init(
    _ subject: BackupSubject, _ service: SnapshotService, _ mirror: DatabaseMirror, notes: SnapshotNotes,
    scratch: ScratchDatabase?
  ) {
    self.subject = subject
    self.service = service
    self.mirror = mirror
    self.notes = notes
    self.scratch = scratch
    names = BackupNames(subject)
  }

  /// Whether one can be read only with a database that is wiped for it.
  public var lacksDatabase: Bool { scratch == nil }

  /// Those of this bank that are completed; Upstash's own daily ones, and what people make by hand, are none of ours.
  public func list() throws(BackupError) -> [Backup] {
    let known = notes.manifests()
    var seen: Set<Int64> = []
    return try service.snapshots().compactMap { snapshot in
      guard snapshot.state == .completed, let seconds = names.seconds(ofSnapshot: snapshot.name),
        // Two machines may have had one made in the same second; they are of the same database.
        seen.insert(seconds).inserted
      else { return nil }
      let manifest = known[snapshot.id]
      return Backup(
        id: BackupStamp.text(seconds), seconds: seconds, place: "\(service.address) \(snapshot.name)",
        manifest: manifest, state: Self.problem(snapshot, manifest).map { .damaged($0) } ?? .complete)
    }
  }

  /// What a look from outside shows to be wrong.
  private static func problem(_ snapshot: UpstashBackup, _ manifest: BackupManifest?) -> String? {
    // Some answers may not tell the size.
    guard let size = snapshot.size else { return nil }
    if size == 0 { return "it is empty at Upstash" }
    if case .snapshot(let bytes?) = manifest?.content, bytes != size {
      return "it has \(size) bytes at Upstash, and had \(bytes) when it was made"
    }
    return nil
  }

  /// Takes away those that came to nothing.
  public func clean(now: Int64) throws(BackupError) {
    for snapshot in try service.snapshots()
    where snapshot.state == .failed && names.seconds(ofSnapshot: snapshot.name) != nil {
      // They are in nobody's way: where they can't be deleted, new ones can be made all the same.
      try? service.delete(snapshot)
    }
  }

  /// Has one made, once the mirror has what is to be in it, and waits until it is completed.
  public func create(_ job: BackupJob) throws(BackupError) -> Backup {
    try waitForMirror(job)
    let taken = Set(try service.snapshots().map(\.name))
    var seconds = job.seconds
    while taken.contains(names.snapshot(seconds)) { seconds += 1 }
    let made = try service.create(names.snapshot(seconds), job.watch)
    try notes.note(made.id, job.manifest(.snapshot(bytes: made.size), at: seconds))
    // As it is listed, not as we think that it is.
    guard let backup = try list().first(where: { $0.id == BackupStamp.text(seconds) }) else {
      throw BackupError(.damaged, "\(place) \(made.name)", "it was completed and is not listed any more")
    }
    try backup.checkState()
    return backup
  }

  /// A backup of the database is one of the bank only as far as the bank has come there.
  private func waitForMirror(_ job: BackupJob) throws(BackupError) {
    var pause = PollingPause(job.watch, atMost: 8)
    let deadline = SystemClock().monotonicNanoseconds + Self.publishing * 1_000_000_000
    while true {
      if let head = try mirror.head(), try has(job.head, below: head.commit, job.history) { return }
      guard SystemClock().monotonicNanoseconds < deadline else {
        throw BackupError(
          .place, place,
          "the mirror there has not got the newest version (\(job.head.short())) yet, and a backup of it would lack "
            + "that; `membank status` says what keeps it")
      }
      job.watch.note("waiting for the mirror", 0, of: 0)
      try pause.wait()
    }
  }

  private func has(_ commit: ObjectID, below head: ObjectID, _ history: History) throws(BackupError) -> Bool {
    if commit == head { return true }
    // What others have just published isn't here yet.
    guard history.contains(head), history.contains(commit) else { return false }
    return try inHistory { () throws(HistoryError) in try history.isAncestor(commit, of: head) }
  }

  /// Looks whether it is listed, completed, and as large as it was; with a database for it, restores it and compares.
  public func verify(_ backup: Backup, _ drill: BackupDrill) throws(BackupError) -> DrillReport {
    let snapshot = try find(backup)
    try backup.checkState()
    guard let scratch else { return DrillReport(restored: nil, bytes: snapshot.size) }
    let head = try scratch.restored(snapshot, keys: mirror.keys, drill.watch)
    let held = scratch.mirror(mirror.keys)
    var documents = 0
    var report = try drill.run(head.commit, backup.manifest, backup.place) { history throws(BackupError) in
      try scratch.load(head, into: history, mirror.keys, backup.place, drill.watch)
      try check(backup, head, history)
    } examine: { files, restored throws(BackupError) in
      documents = try held.compareDocuments(files, restored, backup.place, drill.watch)
    }
    report.documents = documents
    report.bytes = snapshot.size
    return report
  }

  /// What came out must be this bank, and hold what was newest when it was made.
  private func check(_ backup: Backup, _ head: MirrorHead, _ restored: History) throws(BackupError) {
    guard head.bank == subject.bank else {
      throw BackupError(.anotherBank, backup.place, "holds another bank, \(head.bank)")
    }
    guard let noted = backup.manifest?.head else { return }
    guard try has(noted, below: head.commit, restored) else {
      throw BackupError(.damaged, backup.place, "lacks the version \(noted.short()), which was newest when it was made")
    }
  }

  /// What it is of, read from the database that it is restored into.
  public func origin(of backup: Backup, _ watch: BackupWatch) throws(BackupError) -> BackupOrigin {
    let head = try neededScratch(backup).restored(find(backup), keys: mirror.keys, watch)
    return BackupOrigin(project: subject.project, bank: head.bank, head: head.commit)
  }

  /// Brings its versions into a history, by way of the database that it is restored into.
  public func load(_ backup: Backup, into history: History, _ watch: BackupWatch) throws(BackupError) {
    let scratch = try neededScratch(backup)
    let head = try scratch.restored(find(backup), keys: mirror.keys, watch)
    try scratch.load(head, into: history, mirror.keys, backup.place, watch)
  }

  private func neededScratch(_ backup: Backup) throws(BackupError) -> ScratchDatabase {
    guard let scratch else {
      throw BackupError(
        .settings, backup.place,
        "a snapshot is read by restoring it into another database, which is wiped for it: name one with --via "
          + "DATABASE_ID (`membank upstash list`, `membank upstash create`)")
    }
    return scratch
  }

  private func find(_ backup: Backup) throws(BackupError) -> UpstashBackup {
    let name = names.snapshot(backup.seconds)
    guard let found = try service.snapshots().first(where: { $0.name == name }) else {
      throw BackupError(.missing, backup.place, "is not listed at Upstash any more")
    }
    guard found.state == .completed else {
      throw BackupError(.damaged, backup.place, "is \(found.state.word) at Upstash, and not completed")
    }
    return found
  }

  /// Has Upstash delete it.
  public func delete(_ backup: Backup) throws(BackupError) {
    let name = names.snapshot(backup.seconds)
    for snapshot in try service.snapshots() where snapshot.name == name {
      try service.delete(snapshot)
      try notes.forget(snapshot.id)
    }
  }
}
