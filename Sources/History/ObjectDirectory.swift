import Support

/// The objects of one `objects` directory: loose files read by our own hand, packs through libgit2.
///
/// libgit2 1.5.1 never comes back from reading a loose object that is cut short, as power cuts leave them.
final class ObjectDirectory: ObjectReading {
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
    do {
      if let object = try loose.read(id) { return object }
    } catch  where error.kind == .damaged && packs.contains(id, refreshing: false) {
      // It stands in a pack as well.
    }
    return try packs.read(id)
  }

  func header(_ id: ObjectID) throws(HistoryError) -> (kind: ObjectKind, size: Int) {
    guard loose.contains(id) else { return try packs.header(id) }
    let object = try read(id)
    return (object.kind, object.bytes.count)
  }

  /// Whether the object is there; `refreshing` has new packs looked for before the answer is no.
  func contains(_ id: ObjectID, refreshing: Bool) -> Bool {
    loose.contains(id) || packs.contains(id, refreshing: refreshing)
  }
}
