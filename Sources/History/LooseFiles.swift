import CLinux
import Glibc
import Support

/// The loose object files of a repository: one zlib stream of header and bytes each.
final class LooseFiles {
  let directory: String
  private let deflater = Deflater()
  private let inflater = Inflater()
  private var written = 0

  /// `directory`: the repository's `objects`.
  init(_ directory: String) { self.directory = directory }

  func path(_ id: ObjectID) -> String {
    let digits = id.description
    return "\(directory)/\(digits.prefix(2))/\(digits.dropFirst(2))"
  }

  /// Whether the file is there.
  func contains(_ id: ObjectID) -> Bool { access(path(id), F_OK) == 0 }

  /// Whether the file is there; it is made young, so that a repack that is under way doesn't take it for garbage.
  func freshen(_ id: ObjectID) -> Bool { Disk.touch(path(id)) }

  /// Writes an object, over whatever stood at its name.
  ///
  /// `whole`: header and bytes.
  func write(_ id: ObjectID, whole: [UInt8]) throws(HistoryError) {
    let compressed = try deflater.deflate(whole)
    let final = path(id)
    let folder = String(final.dropLast(39))
    var temporary = ""
    var number: Int32
    repeat {
      // git's own name for such files: its `prune` knows what they are when a crash leaves one behind.
      written += 1
      temporary = "\(folder)/tmp_obj_mb\(getpid())-\(written)"
      number = membank_open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o444)
      if number < 0, errno == ENOENT {
        try Disk.makeDirectory(folder)
        number = membank_open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o444)
      }
    } while number < 0 && errno == EEXIST
    guard number >= 0 else { throw .system("open", temporary) }
    let file = Descriptor(adopting: number)
    do {
      try file.write(compressed[...], to: temporary)
      Failpoint.objectTemporary.pass()
      try Disk.rename(temporary, to: final)
      Failpoint.objectPlaced.pass()
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// The object in a file, nil when there is none.
  ///
  /// - Throws: ``HistoryError`` of kind `damaged` when the file is torn, or not this object.
  func read(_ id: ObjectID) throws(HistoryError) -> RawObject? {
    guard let compressed = try Disk.read(path(id)) else { return nil }
    guard let whole = inflater.inflateAll(compressed, limit: Self.largest), ObjectText.id(ofWhole: whole) == id,
      let end = whole.firstIndex(of: 0)
    else { throw .damaged("read loose object", id.description, "is torn") }
    let word = whole.prefix { $0 != UInt8(ascii: " ") }
    guard let kind = [ObjectKind.commit, .tree, .blob, .tag].first(where: { $0.name.utf8.elementsEqual(word) })
    else { throw .damaged("read loose object", id.description, "is of no known kind") }
    return RawObject(kind: kind, bytes: Array(whole[(end + 1)...]))
  }

  /// Whether the file is there and is the object it should be; one that the disk can't give is not.
  func isSound(_ id: ObjectID) throws(HistoryError) -> Bool {
    do {
      return try read(id) != nil
    } catch  where error.kind == .damaged || error.code == EIO {
      return false
    }
  }

  /// No object of ours is a quarter as large.
  private static let largest = 1 << 30

  /// Every loose object, sorted.
  func list() throws(HistoryError) -> [ObjectID] {
    var ids: [ObjectID] = []
    for folder in try Disk.list(directory) where folder.utf8.count == 2 {
      for name in try Disk.list("\(directory)/\(folder)") {
        if let id = ObjectID(hex: folder + name) { ids.append(id) }
      }
    }
    return ids
  }

  func remove(_ id: ObjectID) throws(HistoryError) { try Disk.remove(path(id)) }

  /// What crashes left behind in the folders of loose objects.
  func leftovers() throws(HistoryError) -> [String] {
    var paths: [String] = []
    for folder in try Disk.list(directory) where folder.utf8.count == 2 {
      for name in try Disk.list("\(directory)/\(folder)") where name.hasPrefix("tmp_obj_") {
        paths.append("\(directory)/\(folder)/\(name)")
      }
    }
    return paths
  }
}

extension Descriptor {
  /// Takes over an open descriptor.
  init(adopting number: Int32) { self.number = number }
}
