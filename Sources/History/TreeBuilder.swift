import Support

/// Writes the trees that some changes to a base need, and no others.
struct TreeBuilder {
  private let store: ObjectStore
  /// Sorted by path, each path once.
  private let changes: [(path: BankPath, entry: TreeEntry?)]

  init(_ store: ObjectStore, _ changes: [(path: BankPath, entry: TreeEntry?)]) {
    self.store = store
    var sorted: [(path: BankPath, entry: TreeEntry?)] = []
    let order = changes.indices.sorted {
      changes[$0].path == changes[$1].path ? $0 < $1 : changes[$0].path < changes[$1].path
    }
    for index in order {
      if sorted.last?.path == changes[index].path { sorted.removeLast() }
      sorted.append(changes[index])
    }
    self.changes = sorted
  }

  func build(_ base: ObjectID?) throws(HistoryError) -> ObjectID {
    if let tree = try build(base, changes.indices, depth: 0) { return tree }
    return try store.write(.tree, [])
  }

  /// What becomes of one name in the directory at hand.
  private struct Item {
    let name: ArraySlice<UInt8>
    let isTree: Bool
    /// Mode and id, nil when nothing of that kind is to have the name.
    let target: (mode: String, id: ObjectID)?
  }

  /// The tree of one directory, nil when it would be empty.
  ///
  /// `range` are the changes below this directory, `depth` is how many bytes of their paths lead to it.
  private func build(_ base: ObjectID?, _ range: Range<Int>, depth: Int) throws(HistoryError) -> ObjectID? {
    let tree = try base.map { id throws(HistoryError) in try store.tree(id) } ?? TreeText()
    var items: [Item] = []
    /// Entries of the base that must go because a name is taken by the other kind.
    var displaced: Set<Int> = []
    var set: Set<ArraySlice<UInt8>> = []
    var index = range.lowerBound
    while index < range.upperBound {
      let (path, entry) = changes[index]
      let rest = path.bytes[depth...]
      guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else {
        items.append(
          Item(name: rest, isTree: false, target: entry.map { ($0.executable ? "100755" : "100644", $0.blob) }))
        if entry != nil {
          set.insert(rest)
          if let place = tree.find(rest, isTree: true) { displaced.insert(place) }
        }
        index += 1
        continue
      }
      let name = rest[..<slash]
      let first = index
      repeat {
        index += 1
      } while index < range.upperBound
        && changes[index].path.bytes[depth...].starts(with: rest[...slash])
      let isFile = set.contains(name)
      let standing = isFile ? nil : tree.find(name, isTree: true).map { tree.id(tree.entries[$0]) }
      let result = try build(standing, first..<index, depth: slash + 1)
      if result != nil {
        guard !isFile else { throw .unusable("write tree", path.description, "is below a path that is set as a file") }
        if let place = tree.find(name, isTree: false) { displaced.insert(place) }
      }
      items.append(Item(name: name, isTree: true, target: result.map { ("40000", $0) }))
    }
    return try write(tree, base, items, displaced)
  }

  private func write(
    _ tree: TreeText, _ base: ObjectID?, _ items: [Item], _ displaced: Set<Int>
  ) throws(HistoryError) -> ObjectID? {
    var output: [UInt8] = []
    output.reserveCapacity(tree.bytes.count + items.count * 64)
    // Runs of entries that stay are copied at once.
    var run = 0..<0
    var place = 0
    func keep(_ index: Int) {
      guard !displaced.contains(index) else { return }
      let entry = tree.entries[index]
      if entry.start == run.upperBound {
        run = run.lowerBound..<entry.end
      } else {
        output += tree.bytes[run]
        run = entry.start..<entry.end
      }
    }
    for item in items {
      var order = -1
      while place < tree.entries.count {
        let entry = tree.entries[place]
        order = TreeText.order(tree.name(entry), entry.isTree, item.name, item.isTree)
        guard order < 0 else { break }
        keep(place)
        place += 1
      }
      if place < tree.entries.count, order == 0 { place += 1 }
      guard let target = item.target else { continue }
      output += tree.bytes[run]
      run = 0..<0
      output += Array(target.mode.utf8) + [UInt8(ascii: " ")]
      output += item.name
      output.append(0)
      output += target.id.bytes
    }
    while place < tree.entries.count {
      keep(place)
      place += 1
    }
    output += tree.bytes[run]
    if output.isEmpty { return nil }
    if let base, output == tree.bytes { return base }
    return try store.write(.tree, output)
  }
}
