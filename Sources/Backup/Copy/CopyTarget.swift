public import History
import Mirror
public import RedisTransport
import Support

/// Backups as keys in a Redis: every document as any client reads it, and the packs that hold all versions.
///
/// The keys have no TTL; they go when the rules of retention say so. The manifest comes last and makes a copy complete.
public final class CopyTarget: BackupTarget {
  /// The server's address.
  public var place: String { copies.client.address }
  private let subject: BackupSubject
  private let keys: CopyKeys
  private let copies: CopyClient

  /// Bytes of packs in one key.
  private static let packBytes = 4 << 20
  /// What other machines left lying so long, in seconds, is not in the making any more.
  private static let patience: Int64 = 86_400

  /// Copies of a bank in the database that a client speaks to; an empty uuid stands for whatever bank has that name.
  public init(_ subject: BackupSubject, _ client: any RedisClient) {
    self.subject = subject
    keys = CopyKeys(prefix: subject.prefix, project: subject.project)
    copies = CopyClient(client: client)
  }

  deinit { copies.client.close() }

  /// The copies that are there.
  public func list() throws(BackupError) -> [Backup] {
    let stamps = try found().filter { $0.value.contains(keys.manifest($0.key)) }.keys.sorted()
    var backups: [Backup] = []
    for (stamp, bytes) in zip(stamps, try copies.get(stamps.map { keys.manifest($0) })) {
      guard let bytes, let backup = backup(stamp, bytes) else { continue }
      backups.append(backup)
    }
    return backups
  }

  /// Nil for that of another bank, which is none of ours.
  private func backup(_ stamp: String, _ bytes: [UInt8]) -> Backup? {
    let place = String(decoding: keys.key(stamp, []), as: UTF8.self)
    let seconds = BackupStamp.seconds(stamp) ?? 0
    do throws(ManifestProblem) {
      let manifest = try BackupManifest(parsing: bytes)
      guard subject.bank.isEmpty || manifest.bank == subject.bank else { return nil }
      guard case .copy = manifest.content else { throw .damaged("it is of another kind of backup") }
      return Backup(id: stamp, seconds: seconds, place: place, manifest: manifest, state: .complete)
    } catch {
      return Backup(id: stamp, seconds: seconds, place: place, manifest: nil, state: .damaged("\(error)"))
    }
  }

  /// All keys of copies, by stamp.
  private func found() throws(BackupError) -> [String: Set<[UInt8]>] {
    var found: [String: Set<[UInt8]>] = [:]
    for key in try copies.scan(keys.pattern(), beside: keys.root) {
      if let stamp = keys.stamp(of: key) { found[stamp, default: []].insert(key) }
    }
    return found
  }

  /// Takes away what interrupted runs have left.
  public func clean(now: Int64) throws(BackupError) {
    for (stamp, found) in try found() where !found.contains(keys.manifest(stamp)) {
      let seconds = BackupStamp.seconds(stamp) ?? 0
      let begun = try copies.get(keys.begun(stamp))
      // Whoever calls holds the lock, so nothing of this machine's is in the making.
      guard begun?.starts(with: owner) == true || seconds < now - Self.patience else { continue }
      try remove(stamp, found)
    }
  }

  private var owner: [UInt8] { Array("\(subject.bank) \(subject.replica) ".utf8) }

  /// Makes a copy.
  public func create(_ job: BackupJob) throws(BackupError) -> Backup {
    var seconds = job.seconds
    let run = owner + SystemRandom().hex(8).utf8
    // Another machine may be making one in the same second.
    while try !copies.claim(keys.begun(BackupStamp.text(seconds)), run) { seconds += 1 }
    let stamp = BackupStamp.text(seconds)
    do throws(BackupError) {
      let without = try storeDocuments(job, stamp)
      let packs = try storePacks(job, stamp)
      try storeHead(job, stamp, packs, seconds)
      let manifest = try job.manifest(.copy(packs: packs, withoutDocument: without), at: seconds)
      let place = String(decoding: keys.key(stamp, []), as: UTF8.self)
      let made = Backup(id: stamp, seconds: seconds, place: place, manifest: manifest, state: .complete)
      // Before anybody can take it for a backup it has been restored once.
      _ = try verify(made, BackupDrill(reference: job.history, scratch: job.scratch, watch: job.watch))
      try job.watch.check()
      guard try copies.claim(keys.manifest(stamp), manifest.rendered) else {
        throw BackupError(.place, place, "somebody else has written a manifest there")
      }
      return made
    } catch {
      // If that fails too, the next run takes it away.
      try? remove(stamp, Set(try copies.scan(keys.pattern(stamp), beside: keys.root)))
      throw error
    }
  }

  /// Returns the paths that have no document: too large for one.
  private func storeDocuments(_ job: BackupJob, _ stamp: String) throws(BackupError) -> [String] {
    let files = try inHistory { () throws(HistoryError) in
      try job.history.files(inTree: job.history.commit(job.head).tree)
    }
    var sized: [(path: BankPath, entry: TreeEntry, size: Int)] = []
    var without: [String] = []
    for (path, entry) in files.sorted(by: { $0.key < $1.key }) {
      let size = try inHistory { () throws(HistoryError) in try job.history.blobSize(entry.blob) }
      if size > subject.documentLimit {
        without.append(path.description)
      } else {
        sized.append((path, entry, Int(size)))
      }
    }
    var done = 0
    // Base64 takes a third more.
    for chunk in CopyClient.chunks(sized, size: { $0.size * 4 / 3 }) {
      guard job.watch.note("copying documents", done, of: sized.count) else { throw .cancelled }
      var values: [(key: [UInt8], value: [UInt8])] = []
      for (path, entry, _) in chunk {
        let bytes = try inHistory { () throws(HistoryError) in try job.history.blob(entry.blob) }
        values.append((keys.document(stamp, path), StoredForm.encode(bytes)))
      }
      try copies.store(values)
      done += chunk.count
    }
    return without
  }

  private func storePacks(_ job: BackupJob, _ stamp: String) throws(BackupError) -> [String] {
    var ids: [String] = []
    var failure: BackupError?
    do throws(HistoryError) {
      try job.history.forEachPack(from: job.head, excluding: [], limit: Self.packBytes) { pack throws(HistoryError) in
        guard failure == nil else { return }
        do throws(BackupError) {
          guard job.watch.note("copying versions", ids.count, of: 0) else { throw .cancelled }
          try copies.store(keys.pack(stamp, pack.id), bytes: pack.bytes)
        } catch {
          failure = error
        }
        ids.append(pack.id)
      }
    } catch {
      throw BackupError(error)
    }
    if let failure { throw failure }
    return ids
  }

  private func storeHead(_ job: BackupJob, _ stamp: String, _ packs: [String], _ seconds: Int64) throws(BackupError) {
    let fields = [
      "commit", job.head.description, "bank", subject.bank, "schema", "\(MirrorHead.currentSchema)", "packs",
      packs.joined(separator: " "), "by", subject.replica, "at", "\(seconds * 1000)",
    ]
    try copies.run(RedisCommand([Array("HSET".utf8), keys.head(stamp)] + fields.map { Array($0.utf8) }))
  }

  /// Restores a copy into scratch space, and compares its documents with what its packs say.
  public func verify(_ backup: Backup, _ drill: BackupDrill) throws(BackupError) -> DrillReport {
    let manifest = try backup.soundManifest()
    var documents = 0
    var report = try drill.run(manifest.head, manifest, backup.place) { history throws(BackupError) in
      try load(backup, into: history, drill.watch)
    } examine: { files, restored throws(BackupError) in
      documents = try compareDocuments(backup, manifest, files, restored, drill.watch)
    }
    report.documents = documents
    return report
  }

  private func compareDocuments(
    _ backup: Backup, _ manifest: BackupManifest, _ files: [BankPath: TreeEntry], _ restored: History,
    _ watch: BackupWatch
  ) throws(BackupError) -> Int {
    guard case .copy(_, let without) = manifest.content else { return 0 }
    let left = Set(without)
    var sized: [(path: BankPath, entry: TreeEntry, size: Int)] = []
    for (path, entry) in files.sorted(by: { $0.key < $1.key }) where !left.contains(path.description) {
      let size = try inHistory(backup.place) { () throws(HistoryError) in try restored.blobSize(entry.blob) }
      sized.append((path, entry, Int(size)))
    }
    var done = 0
    for chunk in CopyClient.chunks(sized, size: { $0.size * 4 / 3 }) {
      guard watch.note("comparing documents", done, of: sized.count) else { throw .cancelled }
      for (item, value) in zip(chunk, try copies.get(chunk.map { keys.document(backup.id, $0.path) })) {
        guard let value else { throw BackupError(.damaged, backup.place, "the document \(item.path) is gone") }
        guard StoredForm.decode(value).map({ ObjectID.blob(of: $0) }) == item.entry.blob else {
          throw BackupError(.damaged, backup.place, "the document \(item.path) is not what it was")
        }
      }
      done += chunk.count
    }
    return done
  }

  /// Brings a copy's versions into a history.
  public func load(_ backup: Backup, into history: History, _ watch: BackupWatch) throws(BackupError) {
    let manifest = try backup.soundManifest()
    guard case .copy(let packs, _) = manifest.content else { return }
    for (index, id) in packs.enumerated() {
      guard watch.note("fetching versions", index, of: packs.count) else { throw .cancelled }
      guard let bytes = try copies.get(keys.pack(backup.id, id)) else {
        throw BackupError(.damaged, backup.place, "the pack \(id) is gone")
      }
      guard packID(bytes) == id else {
        throw BackupError(.damaged, backup.place, "the pack \(id) is not what it was")
      }
      try inHistory(backup.place) { () throws(HistoryError) in try history.addPack(bytes) }
    }
    guard
      try inHistory(backup.place, { () throws(HistoryError) in try history.isComplete(manifest.head, trusting: []) })
    else { throw BackupError(.damaged, backup.place, "versions are missing below \(manifest.head.short())") }
  }

  /// Takes a copy away, its manifest first: without one it is none.
  public func delete(_ backup: Backup) throws(BackupError) {
    try remove(backup.id, Set(try copies.scan(keys.pattern(backup.id), beside: keys.root)))
  }

  private func remove(_ stamp: String, _ found: Set<[UInt8]>) throws(BackupError) {
    let (manifest, begun) = (keys.manifest(stamp), keys.begun(stamp))
    try copies.delete([manifest])
    try copies.delete(found.filter { $0 != manifest && $0 != begun }.sorted { $0.lexicographicallyPrecedes($1) })
    // Last: it says whose leftovers the others are.
    try copies.delete([begun])
  }
}
