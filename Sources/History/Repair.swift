import Glibc
import Support

/// The steps of a repair.
struct Repair {
  private let history: History
  private var store: ObjectStore { history.store }
  private var references: any RefKeeping { history.references }
  private(set) var log: [String] = []
  private(set) var foundDamage = false

  init(_ history: History) { self.history = history }

  /// `includingLocks`: whether no other process can be holding one; otherwise the next change of the
  /// ref finds out by waiting.
  mutating func removeLeftovers(includingLocks: Bool) throws(HistoryError) {
    guard let disk = store.disk else { return }
    var paths = try disk.loose.leftovers()
    for name in try Disk.list(disk.path + "/pack") where name.hasPrefix("tmp_") {
      paths.append("\(disk.path)/pack/\(name)")
    }
    if includingLocks { paths += try references.leftoverLocks() }
    for path in paths { try Disk.remove(path) }
    for name in try Disk.list(disk.path) where name.hasPrefix(PackQuarantine.prefix) {
      paths.append(name)
      try Disk.removeTree("\(disk.path)/\(name)")
    }
    if !paths.isEmpty { log.append("Removed \(paths.count) leftovers of an interrupted write.") }
  }

  /// What costs little: the refs, what `main` has that the durable commit hasn't, empty object files.
  mutating func quickCheck() throws(HistoryError) {
    let listed = try references.list(under: "refs")
    let isHeadSound = try isHeadSound()
    if !listed.torn.isEmpty || !isHeadSound { foundDamage = true }
    for (_, id) in listed.refs where (try? store.read(id)) == nil { foundDamage = true }
    for id in try store.files.listLoose() where store.files.isEmpty(id) { foundDamage = true }
    let refs = Dictionary(uniqueKeysWithValues: listed.refs.map { ($0.name, $0.id) })
    guard !foundDamage else { return }
    let durable = refs[History.durableRef].map { [$0] } ?? []
    if let main = refs[History.mainRef] {
      foundDamage = (try? history.isComplete(main, trusting: durable)) != true
    } else {
      foundDamage = !durable.isEmpty
    }
  }

  /// The object, nil when it is missing or torn; any other failure is no reason to drop anything.
  private func readable(_ id: ObjectID) throws(HistoryError) -> RawObject? {
    do {
      return try store.read(id)
    } catch  where error.kind == .missing || error.kind == .damaged {
      return nil
    }
  }

  /// Reads every loose object and every pack, and takes out of sight what is torn.
  mutating func checkObjects() throws(HistoryError) {
    var torn = 0
    for id in try store.files.listLoose() where try !store.files.isSound(id) {
      try store.files.remove(id)
      torn += 1
    }
    if torn > 0 { log.append("Removed \(torn) torn object \(torn == 1 ? "file" : "files").") }
    if let disk = store.disk { try checkPacks(disk) }
  }

  private mutating func checkPacks(_ disk: ObjectDirectory) throws(HistoryError) {
    let directory = disk.path + "/pack"
    for name in try Disk.list(directory) where name.hasPrefix("pack-") && name.hasSuffix(".idx") {
      let base = "\(directory)/\(name.dropLast(4))"
      if try isSound(pack: base) { continue }
      // The pack itself may be well: it is indexed anew below.
      try Disk.remove(base + ".idx")
      log.append("Removed the damaged index of the pack \(name.dropLast(4)).")
    }
    // A pack without an index is one whose index was torn away: git can make a new one.
    for name in try Disk.list(directory) where name.hasPrefix("pack-") && name.hasSuffix(".pack") {
      let base = String(name.dropLast(5))
      if Disk.facts("\(directory)/\(base).idx") == nil { try recover(base, disk) }
    }
  }

  private func isSound(pack base: String) throws(HistoryError) -> Bool {
    do {
      guard try PackIndex(base).isIntact() else { return false }
      return try PackOffsets.lieInside(base)
    } catch  where error.kind == .damaged || error.code == ENOENT || error.code == EIO {
      return false
    }
  }

  private mutating func recover(_ base: String, _ disk: ObjectDirectory) throws(HistoryError) {
    let directory = disk.path + "/pack"
    let path = "\(directory)/\(base).pack"
    let aside = "\(history.directory)/damaged"
    if let bytes = try Disk.read(path) {
      do {
        _ = try PackScan(bytes)
        try PackQuarantine(disk).add(bytes)
        if Disk.facts("\(directory)/\(base).idx") == nil { try Disk.remove(path) }
        log.append("Indexed the pack \(base) anew.")
        return
      } catch  where error.kind == .damaged {
        // Below.
      }
    }
    // Its sound part may still be wanted by someone with more patience: it is not thrown away.
    try Disk.makeDirectory(aside)
    try Disk.rename(path, to: "\(aside)/\(base).pack")
    log.append("Moved the damaged pack \(base) to \(aside).")
  }

  /// Brings every ref to something that is there in full.
  mutating func checkRefs() throws(HistoryError) {
    if try !isHeadSound() {
      try Disk.writeWhole(Array("ref: \(History.mainRef)\n".utf8), to: history.directory + "/HEAD")
      log.append("Wrote HEAD again.")
    }
    let listed = try references.list(under: "refs")
    for name in listed.torn {
      try references.update(name, to: nil, expecting: .anything)
      log.append("Removed \(name): it held no object id.")
    }
    var whole: [ObjectID] = []
    var durable = listed.refs.first { $0.name == History.durableRef }?.id
    if let id = durable, try !history.isComplete(id, trusting: []) {
      try drop(History.durableRef, id)
      durable = nil
    }
    if let durable { whole.append(durable) }
    if let main = listed.refs.first(where: { $0.name == History.mainRef })?.id {
      if try history.isComplete(main, trusting: whole) {
        whole.append(main)
      } else {
        try fallBack(from: main, to: durable, listed.refs)
      }
    } else if let durable {
      try references.update(History.mainRef, to: durable, expecting: .anything, durable: true)
      log.append("Set \(History.mainRef) to the durable commit \(durable.short()).")
    }
    for (name, id) in listed.refs where name != History.mainRef && name != History.durableRef {
      if try isWhole(id, trusting: whole) { continue }
      try drop(name, id)
    }
  }

  private func isHeadSound() throws(HistoryError) -> Bool {
    guard store.disk != nil else { return true }
    let bytes = try Disk.read(history.directory + "/HEAD") ?? []
    let line = String(decoding: bytes, as: UTF8.self)
    return RefStore.parse(bytes) != nil
      || line.hasPrefix("ref: ") && line.hasSuffix("\n") && RefName.isValid(String(line.dropFirst(5).dropLast()))
  }

  private func isWhole(_ id: ObjectID, trusting: [ObjectID]) throws(HistoryError) -> Bool {
    guard let object = try readable(id) else { return false }
    // Tags and the like are none of ours; what they name is checked by whoever uses it.
    guard object.kind == .commit else { return true }
    return try history.isComplete(id, trusting: trusting)
  }

  private mutating func fallBack(
    from main: ObjectID, to durable: ObjectID?, _ refs: [(name: String, id: ObjectID)]
  ) throws(HistoryError) {
    var target = durable
    if target == nil {
      // Nothing was ever made durable, or it is gone too: what a remote had is better than nothing.
      for (name, id) in refs where target == nil && name.hasPrefix("refs/remotes/") {
        if try history.isComplete(id, trusting: []) { target = id }
      }
    }
    try salvage(History.mainRef, main, onto: target)
    if let target {
      try references.update(History.mainRef, to: target, expecting: .anything, durable: true)
      log.append("\(History.mainRef) could not be read in full: it is back at \(target.short()).")
    } else {
      try references.update(History.mainRef, to: nil, expecting: .anything, durable: true)
      log.append("\(History.mainRef) could not be read in full and nothing stands behind it: it is gone.")
    }
  }

  private mutating func drop(_ name: String, _ id: ObjectID) throws(HistoryError) {
    try salvage(name, id, onto: nil)
    try references.update(name, to: nil, expecting: .anything, durable: true)
    log.append("Removed \(name): what it names is not there in full.")
  }

  /// Keeps what can be read of a broken commit's tree, as a commit that is whole.
  private mutating func salvage(
    _ name: String, _ id: ObjectID, onto parent: ObjectID?
  ) throws(HistoryError) {
    guard !name.hasPrefix("refs/remotes/"), let commit = try? history.commit(id) else { return }
    var files: [(path: BankPath, entry: TreeEntry?)] = []
    var lost = 0
    try collect(commit.tree, nil, &files, &lost)
    guard !files.isEmpty else { return }
    let tree = try history.writeTree(from: nil, changes: files)
    if let parent, try history.commit(parent).tree == tree { return }
    let rescued = try history.writeCommit(
      tree: tree, parents: parent.map { [$0] } ?? [], author: commit.author, committer: commit.committer,
      message: "Rescue what is left of \(id)\n\n\(files.count) files; \(lost) could not be read.\n\n\(commit.message)")
    let rescue = "refs/rescue/\(id.short(12))"
    try references.update(rescue, to: rescued, expecting: .anything, durable: true)
    log.append("Kept what could be read of \(id.short()) (\(files.count) files, \(lost) lost) as \(rescue).")
  }

  private func collect(
    _ tree: ObjectID, _ directory: BankPath?, _ files: inout [(path: BankPath, entry: TreeEntry?)],
    _ lost: inout Int
  ) throws(HistoryError) {
    guard let text = try? store.tree(tree) else {
      lost += 1
      return
    }
    for entry in text.entries {
      switch TreeMember(text.name(entry), mode: entry.mode, id: text.id(entry), in: directory) {
      case .file(let path, let file):
        if try readable(file.blob) != nil { files.append((path, file)) } else { lost += 1 }
      case .directory(let path): try collect(text.id(entry), path, &files, &lost)
      case .hostile: break
      }
    }
  }
}
