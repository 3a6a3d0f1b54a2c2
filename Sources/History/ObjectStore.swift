import Support

/// The objects of our repository: packs are read through libgit2, all else is done by our own hand.
///
/// libgit2's loose writer looks through all packs anew before each object; ours writes the one file.
final class ObjectStore: ObjectReading {
  /// Where they are kept.
  let files: any ObjectKeeping
  /// The same where it is a directory on a disk: then there are packs as well.
  let disk: ObjectDirectory?
  private var pack: PackFile?
  private var bulkDepth = 0
  /// What was written lately: a commit is read back at once, to be published and built upon.
  private var recent: [ObjectID: RawObject] = [:]
  private var recentSize = 0
  /// Trees as they were read: from one version to the next all but a few are the same.
  private var trees: [ObjectID: TreeText] = [:]
  private var treeSize = 0

  init(_ files: any ObjectKeeping) {
    self.files = files
    disk = files as? ObjectDirectory
  }

  /// Closes and opens the packs, so that none is held that is gone, and forgets what was written.
  func reopen() throws(HistoryError) {
    recent = [:]
    recentSize = 0
    trees = [:]
    treeSize = 0
    try files.reopen()
  }

  func read(_ id: ObjectID) throws(HistoryError) -> RawObject {
    if let object = recent[id] { return object }
    if let object = try pack?.read(id) { return object }
    return try files.read(id)
  }

  func tree(_ id: ObjectID) throws(HistoryError) -> TreeText {
    if let tree = trees[id] { return tree }
    let tree = try readTree(id)
    if treeSize > 4 << 20 {
      trees.removeAll(keepingCapacity: true)
      treeSize = 0
    }
    trees[id] = tree
    treeSize += tree.bytes.count + tree.entries.count * MemoryLayout<TreeText.Entry>.stride
    return tree
  }

  func header(_ id: ObjectID) throws(HistoryError) -> (kind: ObjectKind, size: Int) {
    if let object = try pack?.read(id) { return (object.kind, object.bytes.count) }
    return try files.header(id)
  }

  func contains(_ id: ObjectID) -> Bool {
    pack?.contains(id) == true || files.contains(id, refreshing: true) || id == .emptyTree
  }

  @discardableResult
  func write(_ kind: ObjectKind, _ bytes: [UInt8]) throws(HistoryError) -> ObjectID {
    if bulkDepth > 0, let disk {
      let id = ObjectText.id(kind, bytes)
      // New packs of others are not looked for: an object that is there twice does no harm.
      if pack?.contains(id) == true || disk.freshen(id) { return id }
      if pack == nil { pack = try PackFile(in: disk.path + "/pack") }
      try pack?.append(id, kind, bytes)
      return id
    }
    let whole = ObjectText.whole(kind, bytes)
    let id = ObjectText.id(ofWhole: whole)
    let object = RawObject(kind: kind, bytes: bytes)
    remember(id, object)
    if files.freshen(id) { return id }
    try files.write(id, object, whole: whole)
    return id
  }

  private func remember(_ id: ObjectID, _ object: RawObject) {
    guard object.bytes.count <= 1 << 16 else { return }
    if recentSize > 1 << 20 {
      recent.removeAll(keepingCapacity: true)
      recentSize = 0
    }
    recent[id] = object
    recentSize += object.bytes.count
  }

  /// Sends what is written from now on into one pack instead of loose files; it may be nested.
  func beginBulk() { bulkDepth += 1 }

  /// Puts the pack in place, if anything was written since it was begun.
  func seal() throws(HistoryError) {
    guard let pack else { return }
    self.pack = nil
    do {
      try pack.finish()
    } catch {
      try? pack.abandon()
      throw error
    }
    try refresh()
  }

  /// Looks for new packs.
  func refresh() throws(HistoryError) {
    try files.refresh()
  }

  /// Ends what ``beginBulk()`` began.
  func endBulk(keeping: Bool) throws(HistoryError) {
    bulkDepth -= 1
    guard bulkDepth == 0 else { return }
    if keeping { return try seal() }
    // What was read from it may be among them.
    trees = [:]
    treeSize = 0
    try pack?.abandon()
    pack = nil
  }
}
