public import Support

extension History {
  /// From so many commits on packs are made with deltas: a few commits have few versions of anything.
  private static let commitsWorthDeltas = 8

  /// Every object that `tip` reaches and `excluded` don't, in packs that need nothing outside them.
  ///
  /// The packs depend on the objects and on how they are stored here, so that two replicas' may differ.
  ///
  /// `limit` is the most bytes in a pack; one object alone may take more.
  public func packs(
    from tip: ObjectID, excluding excluded: [ObjectID], limit: Int
  ) throws(HistoryError) -> [Pack] {
    var packs: [Pack] = []
    try forEachPack(from: tip, excluding: excluded, limit: limit) { packs.append($0) }
    return packs
  }

  /// As ``packs(from:excluding:limit:)``, one pack at a time, so that only one is in memory.
  public func forEachPack(
    from tip: ObjectID, excluding excluded: [ObjectID], limit: Int, _ body: (Pack) throws(HistoryError) -> Void
  ) throws(HistoryError) {
    try store.seal()
    var objects: [ReachableObject] = []
    var commits = 0
    try Reachability(store, graph).visit(from: [tip], excluding: excluded) { object in
      if object.kind == .commit { commits += 1 }
      objects.append(object)
      return true
    }
    if commits < Self.commitsWorthDeltas || store.disk == nil {
      try PackSplitter(store, limit: limit).makeWhole(objects, body)
    } else {
      try PackSplitter(store, limit: limit).makeDeltas(objects, body)
    }
  }

  /// Makes as few packs as `limit` allows of several, each object once.
  ///
  /// - Parameters:
  ///   - packs: The packs' bytes; what they hold is taken into the history too, checked as in ``addPack(_:)``.
  ///   - limit: The most bytes in a pack; one object alone may take more.
  /// - Returns: Packs that hold all of it.
  /// - Throws: ``HistoryError`` of kind `damaged` when one of them isn't a pack.
  public func fold(_ packs: [[UInt8]], limit: Int) throws(HistoryError) -> [Pack] {
    var seen: Set<ObjectID> = []
    var objects: [ReachableObject] = []
    for bytes in packs {
      for object in try PackScan(bytes).objects() {
        try FormatCheck.check(object)
        let id = try store.write(object.kind, object.bytes)
        if seen.insert(id).inserted { objects.append(ReachableObject(id: id, kind: object.kind, path: [])) }
      }
    }
    try store.seal()
    var folded: [Pack] = []
    let splitter = PackSplitter(store, limit: limit)
    if store.disk == nil {
      try splitter.makeWhole(objects) { folded.append($0) }
    } else {
      try splitter.makeDeltas(objects) { folded.append($0) }
    }
    return folded
  }

  /// Takes a pack from a stranger.
  ///
  /// It is checked whole before anything of it is added: format, sizes, hashes, every tree and commit. That the
  /// objects it names are there is not checked; ``isComplete(_:trusting:)`` does that. A small pack's objects
  /// become loose, a large one stays a pack.
  ///
  /// - Throws: ``HistoryError`` of kind `damaged` when anything is wrong with it; then nothing was added.
  public func addPack(_ bytes: [UInt8]) throws(HistoryError) {
    try store.seal()
    let scan = try PackScan(bytes)
    if let disk = store.disk, !scan.isSmall {
      try PackQuarantine(disk).add(bytes)
    } else {
      try addLoose(scan.objects())
    }
  }

  private func addLoose(_ objects: [RawObject]) throws(HistoryError) {
    for object in objects { try FormatCheck.check(object) }
    // Commits last: a crash in between leaves none without what it needs.
    for kind in [ObjectKind.blob, .tree, .commit, .tag] {
      for object in objects where object.kind == kind {
        try store.write(kind, object.bytes)
        Failpoint.fetchLoose.pass()
      }
    }
  }
}
