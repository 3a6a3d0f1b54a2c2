import CLinux
import Support

extension History {
  /// Loose objects are packed when there are more of them.
  private static let looseLimit = 3000

  /// Whether there are enough loose objects for a ``repack(everything:)`` to be worth its while.
  public var wantsRepack: Bool {
    get throws(HistoryError) { try looseObjectCount > Self.looseLimit }
  }

  /// Folds loose objects into packs.
  ///
  /// Readers go on reading: the new pack is in place, durably, before what it replaces is unlinked. A kill at
  /// any moment leaves objects twice, never not at all.
  ///
  /// Unless `everything` is asked for, the loose objects and the packs that are not much larger than what has been
  /// folded so far become one pack, so that each object is packed again a few times only in its life. Else all that
  /// any ref reaches becomes one pack, and what none reaches is dropped when it is older than two weeks.
  public func repack(everything: Bool = false) throws(HistoryError) {
    try store.seal()
    guard let disk = store.disk else { return }
    if everything {
      try Repacker(store, disk, graph).repackAll(tips: allTips())
    } else {
      try Repacker(store, disk, graph).fold()
    }
    try store.reopen()
    // The search for deltas held more than everything else together.
    malloc_trim(0)
  }

  private func allTips() throws(HistoryError) -> [ObjectID] {
    let listed = try references.list(under: "refs")
    guard listed.torn.isEmpty else {
      throw .damaged("repack", listed.torn.joined(separator: ", "), "holds no object id; repair first")
    }
    let head = try Disk.read(directory + "/HEAD").flatMap { RefStore.parse($0) }
    return listed.refs.map(\.id) + (head.map { [$0] } ?? [])
  }
}
