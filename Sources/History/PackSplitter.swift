import Support

/// Makes packs of bounded size from a list of objects.
struct PackSplitter {
  private let store: ObjectStore
  private let limit: Int

  /// `limit`: the most bytes that a pack of more than one object may have.
  init(_ store: ObjectStore, limit: Int) {
    self.store = store
    self.limit = limit
  }

  /// Every object whole: for objects that have nothing to be a delta of.
  ///
  /// What stands whole in a pack of ours is copied as it is, compressed bytes and all.
  func makeWhole(
    _ objects: [ReachableObject], _ body: (Pack) throws(HistoryError) -> Void
  ) throws(HistoryError) {
    let deflater = Deflater()
    // Reading the indexes pays for itself from some hundred objects on.
    var sources: [PackIndex] = []
    if objects.count >= 128, let disk = store.disk { sources = try PackIndex.all(in: disk.path + "/pack").packs }
    var entries: [UInt8] = []
    var count = 0
    func emit() throws(HistoryError) {
      guard count > 0 else { return }
      var pack = PackFormat.start(count: count)
      pack.reserveCapacity(entries.count + 32)
      pack += entries
      pack += ObjectText.sha1(pack[...]).bytes
      try body(Pack(bytes: pack))
      entries.removeAll(keepingCapacity: true)
      count = 0
    }
    for object in objects {
      var ready: [UInt8]?
      for source in sources where ready == nil { ready = try source.wholeEntry(object.id) }
      let entry: [UInt8]
      if let ready {
        entry = ready
      } else {
        let raw = try store.read(object.id)
        entry = PackFormat.entryHeader(raw.kind, size: raw.bytes.count) + (try deflater.deflate(raw.bytes))
      }
      if entries.count + entry.count + 32 > limit { try emit() }
      entries += entry
      count += 1
    }
    try emit()
  }

  /// With deltas: for many versions of the same files; only where they are kept on a disk, for libgit2 to read.
  ///
  /// Loose objects are read whole to learn their size, which also makes sure that the builder can read them.
  func makeDeltas(
    _ objects: [ReachableObject], _ body: (Pack) throws(HistoryError) -> Void
  ) throws(HistoryError) {
    var sized: [(object: ReachableObject, size: Int)] = []
    for object in objects { sized.append((object, try store.header(object.id).size)) }
    // Kin side by side, so that they fall into one pack, the newest first, so that it stands whole and older ones
    // lean on it. Blobs, then trees from the leaves up, then commits from the oldest: what is named comes in an
    // earlier pack.
    let order = sized.indices.sorted {
      let (a, b) = (sized[$0].object, sized[$1].object)
      if a.kind != b.kind { return a.kind.rawValue > b.kind.rawValue }
      if a.kind == .commit { return $0 < $1 }
      return a.path == b.path ? $0 > $1 : b.path.lexicographicallyPrecedes(a.path)
    }
    // How far it will shrink can't be known: a generous guess, halved where it was too generous.
    let guess = limit * 8
    var chunk: [(object: ReachableObject, size: Int)] = []
    var total = 0
    for index in order {
      if total + sized[index].size > guess, !chunk.isEmpty {
        try makeDeltas(chunk: chunk[...], body)
        chunk = []
        total = 0
      }
      chunk.append(sized[index])
      total += sized[index].size
    }
    try makeDeltas(chunk: chunk[...], body)
  }

  private func makeDeltas(
    chunk: ArraySlice<(object: ReachableObject, size: Int)>, _ body: (Pack) throws(HistoryError) -> Void
  ) throws(HistoryError) {
    guard !chunk.isEmpty, let disk = store.disk else { return }
    let builder = try PackBuilder(objectsAt: disk.path)
    for (object, _) in chunk { try builder.insert(object.id, path: object.path) }
    let bytes = try builder.bytes()
    guard bytes.count > limit, chunk.count > 1 else { return try body(Pack(bytes: bytes)) }
    let half = chunk.reduce(0) { $0 + $1.size } / 2
    var middle = chunk.startIndex
    var total = 0
    repeat {
      total += chunk[middle].size
      middle += 1
    } while middle < chunk.endIndex - 1 && total + chunk[middle].size <= half
    try makeDeltas(chunk: chunk[..<middle], body)
    try makeDeltas(chunk: chunk[middle...], body)
  }
}
