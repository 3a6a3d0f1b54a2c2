import CLinux
import Glibc
import Support

/// The objects of one `objects` directory: loose files read by our own hand, packs through libgit2.
///
/// libgit2 1.5.1 never comes back from reading a loose object that is cut short, as power cuts leave them.
final class ObjectDirectory: ObjectKeeping {
  let path: String
  let loose: LooseFiles
  private var packs: ObjectDatabase

  init(_ path: String) throws(HistoryError) {
    self.path = path
    loose = LooseFiles(path)
    packs = try ObjectDatabase(packsAt: path)
  }

  /// Closes and opens the packs, so that none is held that is gone.
  func reopen() throws(HistoryError) { packs = try ObjectDatabase(packsAt: path) }

  /// Looks for new packs.
  func refresh() throws(HistoryError) { try packs.refresh() }

  func read(_ id: ObjectID) throws(HistoryError) -> RawObject {
    // The packs that are open are asked first: that is a search in memory, a loose file is three calls.
    if packs.contains(id, refreshing: false) {
      do throws(HistoryError) {
        return try packs.read(id)
      } catch {
        if error.kind == .damaged, let object = try loose.read(id) { return object }
        throw error
      }
    }
    if let object = try loose.read(id) { return object }
    return try packs.read(id)
  }

  func header(_ id: ObjectID) throws(HistoryError) -> (kind: ObjectKind, size: Int) {
    guard !packs.contains(id, refreshing: false), loose.contains(id) else { return try packs.header(id) }
    let object = try read(id)
    return (object.kind, object.bytes.count)
  }

  func contains(_ id: ObjectID, refreshing: Bool) -> Bool {
    packs.contains(id, refreshing: false) || loose.contains(id)
      || (refreshing && packs.contains(id, refreshing: true))
  }

  func freshen(_ id: ObjectID) -> Bool { loose.freshen(id) || packs.contains(id, refreshing: false) }

  func write(_ id: ObjectID, _ object: RawObject, whole: [UInt8]) throws(HistoryError) {
    try loose.write(id, whole: whole)
  }

  func listLoose() throws(HistoryError) -> [ObjectID] { try loose.list() }

  func list(beginning digits: String) throws(HistoryError) -> Set<ObjectID> {
    guard let low = ObjectID(hex: digits + String(repeating: "0", count: max(0, 40 - digits.utf8.count))) else {
      return []
    }
    var found = Set(try loose.list(beginning: digits))
    for pack in try PackIndex.all(in: path + "/pack").packs {
      var place = pack.lowerBound(low)
      while place < pack.count, pack.id(at: place).description.hasPrefix(digits) {
        found.insert(pack.id(at: place))
        place += 1
      }
    }
    return found
  }

  func isEmpty(_ id: ObjectID) -> Bool { Disk.facts(loose.path(id))?.size == 0 }

  func isSound(_ id: ObjectID) throws(HistoryError) -> Bool { try loose.isSound(id) }

  func remove(_ id: ObjectID) throws(HistoryError) { try loose.remove(id) }

  /// One `syncfs` for any number of files.
  ///
  /// It costs milliseconds, an fsync of each would cost that per object. It waits for what others have written to the
  /// same file system too.
  func synchronise() throws(HistoryError) {
    let folder = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY)
    guard membank_syncfs(folder.number) == 0 else { throw .system("syncfs", path) }
  }
}
