import Support

/// Where a directory stood in each commit of a history, followed through its renames.
struct DirectoryTrace {
  private let source: ImportSource
  private let walk: TreeWalk

  init(_ source: ImportSource) {
    self.source = source
    walk = TreeWalk(source.objects)
  }

  /// The directory's path in each of some commits, newest first, that has it (nil in it: the root).
  func places(
    _ commits: [ObjectID], head: ObjectID, directory: BankPath?
  ) throws(HistoryError) -> [ObjectID: BankPath?] {
    var places: [ObjectID: BankPath?] = [head: directory]
    for id in commits {
      guard let known = places[id] else { continue }
      guard let here = known else {
        // The root is never renamed.
        for parent in try source.graph.link(id).parents { places[parent] = .some(nil) }
        continue
      }
      let link = try source.graph.link(id)
      let tree = try walk.directory(here, in: link.tree)
      for parent in link.parents where places[parent] == nil {
        let before = try source.graph.link(parent).tree
        guard let tree, try walk.directory(here, in: before) == nil else {
          places[parent] = .some(here)
          continue
        }
        let old = try oldName(of: here, tree, before: before, after: link.tree)
        places[parent] = .some(old ?? here)
      }
    }
    return places
  }

  /// The directory whose files became this one's: most of them, with the same names below it.
  private func oldName(
    of directory: BankPath, _ tree: ObjectID, before: ObjectID, after: ObjectID
  ) throws(HistoryError) -> BankPath? {
    var gone: [ObjectID: [BankPath]] = [:]
    try walk.compare(before, after) { delta in
      if delta.new == nil, let old = delta.old { gone[old.blob, default: []].append(delta.path) }
    }
    guard !gone.isEmpty else { return nil }
    var votes: [BankPath: Int] = [:]
    var files = 0
    try walk.compare(nil, tree) { delta in
      files += 1
      let ending = [UInt8(ascii: "/")] + delta.path.bytes
      var counted: Set<BankPath> = []
      for old in delta.new.flatMap({ gone[$0.blob] }) ?? [] where old.bytes.count > ending.count {
        guard old.bytes.suffix(ending.count) == ending[...],
          let parent = try? BankPath(old.bytes.dropLast(ending.count)), counted.insert(parent).inserted
        else { continue }
        votes[parent, default: 0] += 1
      }
    }
    let best = votes.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return best.flatMap { $0.value * 2 >= files ? $0.key : nil }
  }
}
