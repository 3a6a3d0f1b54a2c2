import CGit2
package import Support

/// Something that keeps objects.
package protocol ObjectSource: AnyObject {
  /// - Throws: ``HistoryError`` of kind `missing` when it isn't there, `damaged` when it can't be read.
  func read(_ id: ObjectID) throws(HistoryError) -> RawObject
}

/// Something that objects, and trees entry by entry, can be read from.
protocol ObjectReading: ObjectSource {
  /// The entries of a tree.
  func tree(_ id: ObjectID) throws(HistoryError) -> TreeText
}

extension ObjectReading {
  /// The bytes of an object that must be of one kind.
  func read(_ kind: ObjectKind, _ id: ObjectID) throws(HistoryError) -> [UInt8] {
    let object = try read(id)
    guard object.kind == kind else {
      throw .damaged("read \(kind.name)", id.description, "is a \(object.kind.name), not a \(kind.name)")
    }
    return object.bytes
  }

  func tree(_ id: ObjectID) throws(HistoryError) -> TreeText { try readTree(id) }

  func readTree(_ id: ObjectID) throws(HistoryError) -> TreeText {
    // git knows the empty tree without having it.
    if id == .emptyTree { return TreeText() }
    return try TreeText(id, read(.tree, id))
  }
}

/// libgit2's object database.
final class ObjectDatabase: ObjectReading {
  private let odb: OpaquePointer
  /// Where packs are looked for; nil: nowhere.
  private let packFolder: String?
  private var opened: Set<String> = []

  private init(adopting odb: OpaquePointer, packFolder: String?) {
    self.odb = odb
    self.packFolder = packFolder
  }

  deinit { git_odb_free(odb) }

  /// Opens a directory's loose objects and packs, and nothing else: alternates are not followed.
  ///
  /// Only for what libgit2 must read by itself: see ``ObjectDirectory``.
  convenience init(objectsAt directory: String) throws(HistoryError) {
    try self.init(packsAt: directory)
    try add("git_odb_backend_loose", directory, priority: 1) { git_odb_backend_loose(&$0, directory, 1, 0, 0, 0) }
  }

  /// Opens a directory's packs alone.
  convenience init(packsAt directory: String) throws(HistoryError) {
    try self.init(named: directory, packFolder: directory + "/pack")
    try openPacks()
  }

  /// Opens one pack by its index file.
  convenience init(pack index: String) throws(HistoryError) {
    try self.init(named: index, packFolder: nil)
    try add("git_odb_backend_one_pack", index, priority: 1) { git_odb_backend_one_pack(&$0, index) }
  }

  private convenience init(named operand: String, packFolder: String?) throws(HistoryError) {
    try Library.start()
    var odb: OpaquePointer?
    let code = git_odb_new(&odb)
    guard code == 0, let odb else { throw .git("git_odb_new", operand, code) }
    self.init(adopting: odb, packFolder: packFolder)
  }

  /// Opens the packs that have come since it was last called; those whose index leads astray are passed over.
  ///
  /// Returns whether there were any.
  @discardableResult
  private func openPacks() throws(HistoryError) -> Bool {
    guard let packFolder else { return false }
    let before = opened.count
    for name in try Disk.list(packFolder) where name.hasPrefix("pack-") && name.hasSuffix(".idx") {
      guard !opened.contains(name) else { continue }
      let base = "\(packFolder)/\(name.dropLast(4))"
      do throws(HistoryError) {
        guard try PackOffsets.lieInside(base) else { continue }
        try add("git_odb_backend_one_pack", base, priority: 2) { git_odb_backend_one_pack(&$0, base + ".idx") }
      } catch {
        // Gone again since the directory was read, or damaged in a way that libgit2 sees.
        continue
      }
      opened.insert(name)
    }
    return opened.count > before
  }

  private func add(
    _ operation: String, _ operand: String, priority: Int32,
    _ open: (inout UnsafeMutablePointer<git_odb_backend>?) -> Int32
  ) throws(HistoryError) {
    var backend: UnsafeMutablePointer<git_odb_backend>?
    let code = open(&backend)
    guard code == 0, let backend else { throw .git(operation, operand, code) }
    let added = git_odb_add_backend(odb, backend, priority)
    guard added == 0 else { throw .git("git_odb_add_backend", operand, added) }
  }

  func read(_ id: ObjectID) throws(HistoryError) -> RawObject {
    var object: OpaquePointer?
    var oid = id.oid
    git_error_clear()
    let code = git_odb_read(&object, odb, &oid)
    if code == GIT_ENOTFOUND.rawValue, try openPacks() { return try read(id) }
    guard code == 0, let object else { throw unreadable(.git("git_odb_read", id.description, code)) }
    defer { git_odb_object_free(object) }
    guard let kind = ObjectKind(rawValue: UInt8(clamping: git_odb_object_type(object).rawValue)) else {
      throw .damaged("git_odb_read", id.description, "is of no known kind")
    }
    let content = UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object))
    return RawObject(kind: kind, bytes: Array(content))
  }

  func header(_ id: ObjectID) throws(HistoryError) -> (kind: ObjectKind, size: Int) {
    var size = 0
    var type = GIT_OBJECT_INVALID
    var oid = id.oid
    git_error_clear()
    let code = git_odb_read_header(&size, &type, odb, &oid)
    if code == GIT_ENOTFOUND.rawValue, try openPacks() { return try header(id) }
    guard code == 0, let kind = ObjectKind(rawValue: UInt8(clamping: type.rawValue)) else {
      throw unreadable(.git("git_odb_read_header", id.description, code))
    }
    return (kind, size)
  }

  /// libgit2 has no word for some of the damage that a pack can have; then it says nothing at all.
  private func unreadable(_ error: HistoryError) -> HistoryError {
    guard error.kind == .git, git_error_last() == nil else { return error }
    return .damaged(error.operation, error.operand, "can't be read from its pack")
  }

  /// Whether the object is there.
  ///
  /// `refreshing`: whether to look for new packs before saying no.
  func contains(_ id: ObjectID, refreshing: Bool) -> Bool {
    var oid = id.oid
    if git_odb_exists_ext(odb, &oid, UInt32(GIT_ODB_LOOKUP_NO_REFRESH.rawValue)) == 1 { return true }
    guard refreshing, (try? openPacks()) == true else { return false }
    return contains(id, refreshing: false)
  }

  func refresh() throws(HistoryError) { try openPacks() }

  /// A repository of this database alone, without refs and with an empty configuration, for the calls that want one.
  func makeRepository() throws(HistoryError) -> Repository { try Repository(wrapping: odb) }
}

/// A libgit2 repository, freed when the value goes out of scope.
struct Repository: ~Copyable {
  let pointer: OpaquePointer

  fileprivate init(wrapping odb: OpaquePointer) throws(HistoryError) {
    var config: OpaquePointer?
    let made = git_config_new(&config)
    guard made == 0, let config else { throw .git("git_config_new", "objects", made) }
    defer { git_config_free(config) }
    var repository: OpaquePointer?
    let code = git_repository_wrap_odb(&repository, odb)
    guard code == 0, let repository else { throw .git("git_repository_wrap_odb", "objects", code) }
    pointer = repository
    // Without one the global configuration of whoever runs us would be read. It fails for no reason but memory.
    git_repository_set_config(pointer, config)
  }

  /// Opens a repository of the user's, with everything that git itself would check.
  init(opening path: String) throws(HistoryError) {
    try Library.start()
    var repository: OpaquePointer?
    let code = git_repository_open(&repository, path)
    guard code == 0, let repository else { throw .git("git_repository_open", path, code) }
    pointer = repository
  }

  deinit { git_repository_free(pointer) }
}
