import Support

/// Reads trees, in pairs or alone, entry by entry.
struct TreeWalk {
  private let reader: any ObjectReading
  private let limit: Int

  /// More entries than any bank has, and few enough for memory: a tree of trees of trees can claim billions.
  static let maximumEntries = 2_000_000

  init(_ reader: any ObjectReading, limit: Int = TreeWalk.maximumEntries) {
    self.reader = reader
    self.limit = limit
  }

  /// Calls `body` with what differs between two trees, in the order of the paths.
  func compare(_ old: ObjectID?, _ new: ObjectID?, _ body: (TreeDelta) -> Void) throws(HistoryError) {
    var budget = limit
    try compare(old, new, nil, &budget, body)
  }

  private func compare(
    _ old: ObjectID?, _ new: ObjectID?, _ directory: BankPath?, _ budget: inout Int, _ body: (TreeDelta) -> Void
  ) throws(HistoryError) {
    guard old != new else { return }
    let left = try old.map { id throws(HistoryError) in try reader.tree(id) } ?? TreeText()
    let right = try new.map { id throws(HistoryError) in try reader.tree(id) } ?? TreeText()
    budget -= left.entries.count + right.entries.count
    guard budget > 0 else {
      throw .damaged("read tree", (new ?? old ?? .emptyTree).description, "has too many entries")
    }
    var one = 0
    var other = 0
    while one < left.entries.count || other < right.entries.count {
      let order: Int
      if one == left.entries.count {
        order = 1
      } else if other == right.entries.count {
        order = -1
      } else {
        let (a, b) = (left.entries[one], right.entries[other])
        order = TreeText.order(left.name(a), a.isTree, right.name(b), b.isTree)
      }
      let old = order <= 0 ? left.entries[one] : nil
      let new = order >= 0 ? right.entries[other] : nil
      if order <= 0 { one += 1 }
      if order >= 0 { other += 1 }
      if let old, let new, old.mode == new.mode, left.id(old) == right.id(new) { continue }
      let before = old.map { TreeMember(left.name($0), mode: $0.mode, id: left.id($0), in: directory) }
      let after = new.map { TreeMember(right.name($0), mode: $0.mode, id: right.id($0), in: directory) }
      switch (before, after) {
      case (.directory(let path), .directory):
        try compare(old.map(left.id), new.map(right.id), path, &budget, body)
      case (.directory(let path), _): try compare(old.map(left.id), nil, path, &budget, body)
      case (_, .directory(let path)): try compare(nil, new.map(right.id), path, &budget, body)
      default:
        let was = before?.file
        let becomes = after?.file
        if let path = (was ?? becomes)?.path, was?.entry != becomes?.entry {
          body(TreeDelta(path: path, old: was?.entry, new: becomes?.entry))
        }
      }
    }
  }

  func entry(_ path: BankPath, in tree: ObjectID) throws(HistoryError) -> TreeEntry? {
    var tree = tree
    var rest = path.bytes[...]
    while let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
      let text = try reader.tree(tree)
      guard let place = text.find(rest[..<slash], isTree: true) else { return nil }
      tree = text.id(text.entries[place])
      rest = rest[(slash + 1)...]
    }
    let text = try reader.tree(tree)
    guard let place = text.find(rest, isTree: false) else { return nil }
    let entry = text.entries[place]
    guard case .file(_, let file) = TreeMember(rest, mode: entry.mode, id: text.id(entry), in: nil) else { return nil }
    return file
  }

  /// The tree at a directory's path; nil when there is none.
  func directory(_ path: BankPath, in tree: ObjectID) throws(HistoryError) -> ObjectID? {
    var tree = tree
    for name in path.bytes.split(separator: UInt8(ascii: "/")) {
      let text = try reader.tree(tree)
      guard let place = text.find(name, isTree: true) else { return nil }
      tree = text.id(text.entries[place])
    }
    return tree
  }

  func hostileEntries(in tree: ObjectID) throws(HistoryError) -> [HostileEntry] {
    var found: [HostileEntry] = []
    var budget = limit
    try search(tree, nil, &budget, &found)
    return found
  }

  private func search(
    _ tree: ObjectID, _ directory: BankPath?, _ budget: inout Int, _ found: inout [HostileEntry]
  ) throws(HistoryError) {
    let text = try reader.tree(tree)
    budget -= text.entries.count
    guard budget > 0 else { throw .damaged("read tree", tree.description, "has too many entries") }
    for entry in text.entries {
      switch TreeMember(text.name(entry), mode: entry.mode, id: text.id(entry), in: directory) {
      case .file: break
      case .directory(let path): try search(text.id(entry), path, &budget, &found)
      case .hostile(let reason):
        found.append(HostileEntry(text.name(entry), in: directory, mode: entry.mode, reason: reason))
      }
    }
    for entry in text.duplicates {
      found.append(
        HostileEntry(text.name(entry), in: directory, mode: entry.mode, reason: "has the name of another entry"))
    }
  }
}

extension TreeMember {
  /// The file, if it is one.
  var file: (path: BankPath, entry: TreeEntry)? {
    if case .file(let path, let entry) = self { (path, entry) } else { nil }
  }
}
