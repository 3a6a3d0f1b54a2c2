import Support

/// The objects of our repository: read through libgit2, written by our own hand.
///
/// libgit2's loose writer looks through all packs anew before each object; ours writes the one file.
final class ObjectStore: ObjectReading {
  /// The repository's `objects`.
  let directory: String
  let loose: LooseFiles
  private(set) var database: ObjectDatabase
  /// Asked only whether packs have something: the other one remembers what it has read, and would say yes to what
  /// has been removed since.
  private var packs: ObjectDatabase
  private var pack: PackFile?
  private var isBulk = false

  init(_ directory: String) throws(HistoryError) {
    self.directory = directory
    loose = LooseFiles(directory)
    database = try ObjectDatabase(objectsAt: directory)
    packs = try ObjectDatabase(packsAt: directory)
  }

  /// Closes and opens the database, so that it holds no pack that is gone.
  func reopen() throws(HistoryError) {
    database = try ObjectDatabase(objectsAt: directory)
    packs = try ObjectDatabase(packsAt: directory)
  }

  func read(_ id: ObjectID) throws(HistoryError) -> RawObject {
    if let object = try pack?.read(id) { return object }
    return try database.read(id)
  }

  func header(_ id: ObjectID) throws(HistoryError) -> (kind: ObjectKind, size: Int) {
    if let object = try pack?.read(id) { return (object.kind, object.bytes.count) }
    return try database.header(id)
  }

  func contains(_ id: ObjectID) -> Bool {
    pack?.contains(id) == true || loose.contains(id) || packs.contains(id, refreshing: true) || id == .emptyTree
  }

  @discardableResult
  func write(_ kind: ObjectKind, _ bytes: [UInt8]) throws(HistoryError) -> ObjectID {
    if isBulk {
      let id = ObjectText.id(kind, bytes)
      // New packs of others are not looked for: an object that is there twice does no harm.
      if pack?.contains(id) == true || loose.freshen(id) || packs.contains(id, refreshing: false) { return id }
      if pack == nil { pack = try PackFile(in: "\(directory)/pack") }
      try pack?.append(id, kind, bytes)
      return id
    }
    let whole = ObjectText.whole(kind, bytes)
    let id = ObjectText.id(ofWhole: whole)
    if loose.freshen(id) || packs.contains(id, refreshing: false) { return id }
    try loose.write(id, whole: whole)
    return id
  }

  /// Sends what is written from now on into one pack instead of loose files.
  func beginBulk() { isBulk = true }

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
    try database.refresh()
    try packs.refresh()
  }

  /// Ends what ``beginBulk()`` began.
  func endBulk(keeping: Bool) throws(HistoryError) {
    isBulk = false
    if keeping { return try seal() }
    try pack?.abandon()
    pack = nil
  }
}
