import History
public import Mirror
public import RedisTransport
import Support

/// What a database holds of a bank, read and never written.
public final class DatabaseMirror {
  let keys: MirrorKeys
  private let connect: () throws(RedisError) -> any RedisClient
  private var connected: (client: any RedisClient, mirror: Mirror)?

  /// A bank's mirror; it is connected to when it is first asked.
  public init(_ keys: MirrorKeys, _ connect: @escaping () throws(RedisError) -> any RedisClient) {
    self.keys = keys
    self.connect = connect
  }

  deinit { connected?.client.close() }

  private func open() throws(BackupError) -> (client: any RedisClient, mirror: Mirror) {
    if let connected { return connected }
    let client = try inRedis { () throws(RedisError) in try connect() }
    let made = (
      client,
      Mirror(client: client, keys: keys, ttl: TTLPolicy(), limits: MirrorLimits(), random: SystemRandom())
    )
    connected = made
    return made
  }

  /// Its head; nil when there is none.
  func head() throws(BackupError) -> MirrorHead? {
    let mirror = try open().mirror
    switch try inMirror({ () throws(MirrorError) in try mirror.readHead() }) {
    case .absent: return nil
    case .present(let head): return head
    case .newerSchema(let schema):
      throw BackupError(.place, keys.root, "is of a newer membank (schema \(schema)); update membank")
    case .damaged(let what): throw BackupError(.damaged, keys.root, "its head is damaged: \(what)")
    }
  }

  /// Brings all versions below a head into a history.
  func load(
    _ head: MirrorHead, into history: History, _ name: String, _ watch: BackupWatch
  ) throws(BackupError) {
    let mirror = try open().mirror
    for (index, id) in head.packs.enumerated() {
      guard watch.note("fetching versions", index, of: head.packs.count) else { throw .cancelled }
      guard let pack = try inMirror({ () throws(MirrorError) in try mirror.packs([id]) })[id] else {
        throw BackupError(.damaged, name, "the pack \(id) is gone, or not what it was")
      }
      try inHistory(name) { () throws(HistoryError) in try history.addPack(pack) }
    }
    guard try inHistory(name, { () throws(HistoryError) in try history.isComplete(head.commit, trusting: []) }) else {
      throw BackupError(.damaged, name, "versions are missing below \(head.commit.short())")
    }
  }

  /// Compares documents with the versions that were restored; those whose time to live is over are in these alone.
  ///
  /// - Returns: How many were there.
  func compareDocuments(
    _ files: [BankPath: TreeEntry], _ restored: History, _ name: String, _ watch: BackupWatch
  ) throws(BackupError) -> Int {
    let copies = CopyClient(client: try open().client)
    var sized: [(path: BankPath, entry: TreeEntry, size: Int)] = []
    for (path, entry) in files.sorted(by: { $0.key < $1.key }) {
      let size = try inHistory(name) { () throws(HistoryError) in try restored.blobSize(entry.blob) }
      sized.append((path, entry, Int(size)))
    }
    var (done, found) = (0, 0)
    for chunk in CopyClient.chunks(sized, size: { $0.size * 4 / 3 }) {
      guard watch.note("comparing documents", done, of: sized.count) else { throw .cancelled }
      for (item, value) in zip(chunk, try copies.get(chunk.map { keys.document($0.path) })) {
        guard let value else { continue }
        found += 1
        let blob = StoredForm.decode(value).map { ObjectID.blob(of: $0) }
        // Documents may lag behind the head by a version.
        guard blob == item.entry.blob || blob.map(restored.contains) == true else {
          throw BackupError(
            .damaged, name,
            "the document \(item.path) is none of its versions: it was changed, or somebody wrote it in that moment")
        }
      }
      done += chunk.count
    }
    return found
  }

  private func inMirror<T>(_ body: () throws(MirrorError) -> T) throws(BackupError) -> T {
    do throws(MirrorError) { return try body() } catch { throw BackupError(error) }
  }
}
