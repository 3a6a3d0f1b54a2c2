import Support

/// Moves objects from loose files and packs into fewer packs.
struct Repacker {
  /// How old garbage must be: a writer may be about to point to it.
  private static let grace: Int64 = 14 * 86_400 * 1_000_000_000

  /// Every pack more makes each look for an object dearer.
  private static let manyPacks = 8

  private let store: ObjectStore
  private let disk: ObjectDirectory
  private let graph: CommitGraph
  private var directory: String { disk.path + "/pack" }

  init(_ store: ObjectStore, _ disk: ObjectDirectory, _ graph: CommitGraph) {
    self.store = store
    self.disk = disk
    self.graph = graph
  }

  /// Packs the loose objects together with the packs that are small beside them.
  func fold() throws(HistoryError) {
    let loose = try soundLoose()
    var folded: [PackIndex] = []
    var count = loose.count
    let packs = try packs().sorted { $0.count < $1.count }
    for pack in packs {
      guard pack.count < 2 * count || packs.count - folded.count > Self.manyPacks else { break }
      folded.append(pack)
      count += pack.count
    }
    guard folded.count + min(loose.count, 1) > 0, folded.count != 1 || !loose.isEmpty else { return }
    var ids = Set(loose)
    for pack in folded { for position in 0..<pack.count { ids.insert(pack.id(at: position)) } }
    let base = try write(ids.sorted().map { ReachableObject(id: $0, kind: .blob, path: []) })
    for id in loose {
      try disk.loose.remove(id)
      Failpoint.repackRemoved.pass()
    }
    for pack in folded where pack.base != base { try pack.remove() }
  }

  /// Packs all that some tips reach; the rest is kept apart until it is old.
  func repackAll(tips: [ObjectID]) throws(HistoryError) {
    let loose = try soundLoose()
    let old = try packs()
    let reachable = try objects(tips)
    let wanted = Set(reachable.map(\.id))
    let base = try wanted.isEmpty ? nil : write(reachable)
    // The clock that stamped the files is the one to ask: a scrap of a file tells what it says now.
    let now = try fileSystemTime()
    var kept: Set<String> = base.map { [$0] } ?? []
    for pack in old where pack.base != base {
      let rest = (0..<pack.count).map(pack.id).filter { !wanted.contains($0) }
      let age = Disk.facts(pack.base + ".pack")?.modified ?? now
      guard !rest.isEmpty, age > now - Self.grace else { continue }
      if rest.count == pack.count {
        kept.insert(pack.base)
      } else {
        kept.insert(try write(rest.map { ReachableObject(id: $0, kind: .blob, path: []) }, age: age))
      }
    }
    var young: [ObjectID] = []
    var youngest: Int64 = 0
    for id in loose where !wanted.contains(id) {
      let age = Disk.facts(disk.loose.path(id))?.modified ?? 0
      guard age > now - Self.grace else { continue }
      young.append(id)
      youngest = max(youngest, age)
    }
    if !young.isEmpty {
      kept.insert(try write(young.map { ReachableObject(id: $0, kind: .blob, path: []) }, age: youngest))
    }
    for id in loose { try disk.loose.remove(id) }
    for pack in old where !kept.contains(pack.base) { try pack.remove() }
  }

  private func packs() throws(HistoryError) -> [PackIndex] {
    let (packs, damaged) = try PackIndex.all(in: directory)
    // Nothing is unlinked while it isn't sure what is where.
    if let first = damaged.first { throw first }
    return packs
  }

  /// The loose objects that can be read; torn ones stay where they are, for a repair to deal with.
  private func soundLoose() throws(HistoryError) -> [ObjectID] {
    var sound: [ObjectID] = []
    for id in try disk.loose.list() where try disk.loose.isSound(id) { sound.append(id) }
    return sound
  }

  private func objects(_ tips: [ObjectID]) throws(HistoryError) -> [ReachableObject] {
    var commits: [ObjectID] = []
    var found: [ReachableObject] = []
    var trees: [ObjectID] = []
    var known: Set<ObjectID> = []
    for tip in tips {
      var id = tip
      while known.insert(id).inserted {
        let object = try store.read(id)
        switch object.kind {
        case .commit: commits.append(id)
        case .tree: trees.append(id)
        case .blob: found.append(ReachableObject(id: id, kind: .blob, path: []))
        case .tag:
          found.append(ReachableObject(id: id, kind: .tag, path: []))
          guard let target = ObjectID(digits: object.bytes.dropFirst(7).prefix(40)) else {
            throw .damaged("read tag", id.description, "names no object")
          }
          id = target
        }
      }
    }
    var seen: Set<ObjectID> = []
    for tree in trees {
      _ = try Reachability(store, graph).visit(tree: tree, &seen) { object in
        found.append(object)
        return true
      }
    }
    try Reachability(store, graph).visit(from: commits, excluding: []) { object in
      found.append(object)
      return true
    }
    return found
  }

  /// Writes a pack and puts it in place, durably.
  ///
  /// `age`: what its files' time is set to, so that garbage doesn't grow young by being packed.
  private func write(_ objects: [ReachableObject], age: Int64? = nil) throws(HistoryError) -> String {
    let quarantine = "\(disk.path)/\(PackQuarantine.prefix)repack"
    try Disk.removeTree(quarantine)
    try Disk.makeDirectory(quarantine)
    let builder = try PackBuilder(objectsAt: disk.path)
    for object in objects { try builder.insert(object.id, path: object.path) }
    let made = try builder.write(into: quarantine)
    let name = made.dropFirst(quarantine.utf8.count + 1)
    let target = "\(directory)/\(name)"
    if Disk.facts(target + ".idx") == nil {
      Failpoint.repackWritten.pass()
      for end in [".pack", ".idx"] {
        try Disk.synchronise(made + end)
        if let age { Disk.touch(made + end, modified: age) }
        try Disk.rename(made + end, to: target + end)
        if end == ".pack" { Failpoint.repackPlaced.pass() }
      }
      try Disk.synchronise(directory)
      Failpoint.repackDurable.pass()
    }
    try Disk.removeTree(quarantine)
    return target
  }

  private func fileSystemTime() throws(HistoryError) -> Int64 {
    let scrap = "\(directory)/tmp_time"
    try Disk.writeWhole([], to: scrap)
    let time = Disk.facts(scrap)?.modified ?? 0
    try Disk.remove(scrap)
    return time
  }
}
