import FoundationEssentials
public import History
public import Support

/// What a check came to.
public struct DrillReport: Hashable, Sendable {
  /// What was restored; nil: nothing was, and it was only looked at from outside.
  public struct Restored: Hashable, Sendable {
    /// The newest version.
    public let head: ObjectID
    /// How many versions were there.
    public let commits: Int
    /// How many files were restored and compared.
    public let files: Int
    /// Whether the bank's own history has that version, so that each file was compared with it too.
    public let comparesWithHistory: Bool

    /// What was restored.
    public init(head: ObjectID, commits: Int, files: Int, comparesWithHistory: Bool) {
      self.head = head
      self.commits = commits
      self.files = files
      self.comparesWithHistory = comparesWithHistory
    }
  }

  /// What was restored; nil: nothing was, and it was only looked at from outside.
  public let restored: Restored?
  /// How large it is where it is kept; nil: not known.
  public var bytes: Int64?
  /// How many documents of their own it has that were compared; nil: none were looked for.
  public var documents: Int?

  /// The object of `--json`.
  public var json: JSONValue {
    .members([
      "restored": .bool(restored != nil), "head": .optional(restored?.head.description),
      "commits": restored.map { .integer($0.commits) } ?? .null, "files": restored.map { .integer($0.files) } ?? .null,
      "comparedWithHistory": .bool(restored?.comparesWithHistory ?? false),
      "documents": documents.map { .integer($0) } ?? .null, "bytes": bytes.map { .integer($0) } ?? .null,
    ])
  }
}

/// The proof of a backup: it is restored into scratch space, and what stands there is compared.
public struct BackupDrill {
  /// The bank's own versions, to compare with; nil when this machine has none.
  let reference: History?
  let scratch: String
  let watch: BackupWatch

  /// A drill.
  ///
  /// - Parameters:
  ///   - reference: The bank's own versions, to compare with; nil when this machine has none.
  ///   - scratch: A directory that may be made and is removed again.
  ///   - watch: How it is told of, and stopped.
  public init(reference: History?, scratch: String, watch: BackupWatch) {
    self.reference = reference
    self.scratch = scratch
    self.watch = watch
  }

  /// Restores and compares.
  ///
  /// - Parameters:
  ///   - head: The newest version that is to be in it.
  ///   - manifest: What is known of it; of an earlier version than `head`, perhaps.
  ///   - name: The backup, for messages.
  ///   - load: Brings its versions into a history.
  ///   - examine: Looks at what else the backup holds of a file.
  /// - Returns: What was found as it should be.
  /// - Throws: ``BackupError`` for the first thing that wasn't.
  func run(
    _ head: ObjectID, _ manifest: BackupManifest?, _ name: String, load: (History) throws(BackupError) -> Void,
    examine: ([BankPath: TreeEntry], History) throws(BackupError) -> Void = { _, _ throws(BackupError) in }
  ) throws(BackupError) -> DrillReport {
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    try inSystem(scratch) { () throws(SystemError) in try BackupFiles.makeDirectory(scratch) }
    let restored = try inHistory(scratch) { () throws(HistoryError) in
      try History.create(at: "\(scratch)/history.git")
    }
    try load(restored)
    guard try inHistory(name, { () throws(HistoryError) in try restored.isComplete(head, trusting: []) }) else {
      throw BackupError(.damaged, name, "versions are missing below \(head.short())")
    }
    let (commits, files) = try inHistory(name) { () throws(HistoryError) in
      (
        try restored.walk(from: [head], excluding: [], limit: nil).count,
        try restored.files(inTree: restored.commit(head).tree)
      )
    }
    if let manifest, manifest.head == head, commits != manifest.commits || files.count != manifest.files {
      throw BackupError(
        .damaged, name,
        "holds \(files.count) files in \(commits) versions, and should hold \(manifest.files) in \(manifest.commits)")
    }
    let compares = reference?.contains(head) ?? false
    try compare(files, restored, compares ? reference : nil, name)
    try examine(files, restored)
    return DrillReport(
      restored: .init(head: head, commits: commits, files: files.count, comparesWithHistory: compares))
  }

  /// Writes every file, reads it back, and compares it with what it is to be, and with the bank's own version.
  private func compare(
    _ files: [BankPath: TreeEntry], _ restored: History, _ reference: History?, _ name: String
  ) throws(BackupError) {
    let place = "\(scratch)/files"
    let sorted = files.sorted { $0.key < $1.key }
    for (index, (path, entry)) in sorted.enumerated() {
      guard watch.note("restoring into scratch space", index, of: sorted.count) else { throw .cancelled }
      let bytes = try inHistory(name) { () throws(HistoryError) in try restored.blob(entry.blob) }
      try inSystem(scratch) { () throws(SystemError) in try BackupFiles.writeNew("\(place)/\(path)", bytes) }
    }
    let found = Set(
      ((try? FileManager.default.subpathsOfDirectory(atPath: place)) ?? []).filter { isFile("\(place)/\($0)") })
    guard found == Set(sorted.map(\.key.description)) else {
      throw BackupError(.damaged, name, "its files don't come out under their own names")
    }
    for (index, (path, entry)) in sorted.enumerated() {
      guard watch.note("comparing", index, of: sorted.count) else { throw .cancelled }
      let bytes = try inSystem(scratch) { () throws(SystemError) in try BackupFiles.read("\(place)/\(path)") }
      guard ObjectID.blob(of: bytes) == entry.blob else {
        throw BackupError(.damaged, name, "\(path) is not what it was")
      }
      guard let reference else { continue }
      let own = try inHistory { () throws(HistoryError) in try reference.blob(entry.blob) }
      guard own == bytes else { throw BackupError(.damaged, name, "\(path) differs from the bank's own version") }
    }
  }

  private func isFile(_ path: String) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory
  }
}
