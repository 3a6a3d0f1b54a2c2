import History
import Support

/// What was found in the replicas' histories, read without the code that wrote them.
struct Audit {
  /// A file as a tree has it.
  struct File: Equatable {
    let blob: ObjectID
    let isExecutable: Bool
  }

  /// How often everything was looked at.
  var checks = 0
  /// Where all histories stood at the last moment of quiet.
  private(set) var main: ObjectID?
  /// The files then.
  private(set) var files: [[UInt8]: File] = [:]
  private var commits: Set<ObjectID> = []
  private var trees: Set<ObjectID> = []
  private(set) var blobs: Set<ObjectID> = []

  /// Takes in a newer commit that every history has.
  ///
  /// - Returns: What is wrong with it, if anything is.
  mutating func advance(to commit: ObjectID, in storage: MemoryStorage) -> String? {
    let before = main
    var isFollowed = before == nil || before == commit
    var waiting = [commit]
    while let id = waiting.popLast() {
      if id == before { isFollowed = true }
      guard commits.insert(id).inserted else { continue }
      guard let (tree, parents) = Self.commit(id, storage) else { return "the commit \(id.short()) can't be read" }
      if let problem = walk(tree, storage) { return problem }
      for parent in parents where parent == before { isFollowed = true }
      waiting += parents
    }
    guard isFollowed else { return "\(before?.short() ?? "") is no longer in the history of \(commit.short())" }
    main = commit
    files = [:]
    if let (tree, _) = Self.commit(commit, storage) { list(tree, [], storage) }
    return nil
  }

  /// All blobs that some commits reach, besides those that are known.
  func blobs(of tips: [ObjectID], in storage: MemoryStorage) -> Set<ObjectID> {
    var audit = Audit()
    var waiting = tips
    while let id = waiting.popLast() {
      guard !commits.contains(id), audit.commits.insert(id).inserted else { continue }
      guard let (tree, parents) = Self.commit(id, storage) else { continue }
      _ = audit.walk(tree, storage)
      waiting += parents
    }
    return audit.blobs
  }

  private mutating func walk(_ tree: ObjectID, _ storage: MemoryStorage) -> String? {
    guard trees.insert(tree).inserted, tree != Self.emptyTree else { return nil }
    guard let entries = Self.tree(tree, storage) else { return "the tree \(tree.short()) can't be read" }
    for entry in entries {
      if entry.isTree {
        if let problem = walk(entry.id, storage) { return problem }
      } else {
        guard storage.has(entry.id) else {
          return "the blob \(entry.id.short()) (\(DiskNode.text(entry.name))) is gone"
        }
        blobs.insert(entry.id)
      }
    }
    return nil
  }

  private mutating func list(_ tree: ObjectID, _ path: [UInt8], _ storage: MemoryStorage) {
    for entry in Self.tree(tree, storage) ?? [] {
      let name = path.isEmpty ? entry.name : path + [UInt8(ascii: "/")] + entry.name
      if entry.isTree {
        list(entry.id, name, storage)
      } else {
        files[name] = File(blob: entry.id, isExecutable: entry.isExecutable)
      }
    }
  }

  // MARK: git's formats

  private static let emptyTree = ObjectID(hex: "4b825dc642cb6eb9a060e54bf8d69288fbee4904")

  private static func commit(_ id: ObjectID, _ storage: MemoryStorage) -> (tree: ObjectID, parents: [ObjectID])? {
    guard let stored = storage.objects[id], stored.damage == .none, stored.object.kind == .commit else { return nil }
    var tree: ObjectID?
    var parents: [ObjectID] = []
    for line in String(decoding: stored.object.bytes, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("tree ") {
        tree = ObjectID(hex: line.dropFirst(5))
      } else if line.hasPrefix("parent ") {
        if let parent = ObjectID(hex: line.dropFirst(7)) { parents.append(parent) }
      } else {
        break
      }
    }
    return tree.map { ($0, parents) }
  }

  private static func tree(
    _ id: ObjectID, _ storage: MemoryStorage
  ) -> [(name: [UInt8], id: ObjectID, isTree: Bool, isExecutable: Bool)]? {
    guard let stored = storage.objects[id], stored.damage == .none, stored.object.kind == .tree else { return nil }
    var entries: [(name: [UInt8], id: ObjectID, isTree: Bool, isExecutable: Bool)] = []
    var rest = stored.object.bytes[...]
    while let space = rest.firstIndex(of: UInt8(ascii: " ")), let end = rest[space...].firstIndex(of: 0) {
      let mode = rest[..<space]
      guard end + 20 < rest.endIndex, let id = ObjectID(bytes: rest[(end + 1)...(end + 20)]) else { return nil }
      entries.append(
        (Array(rest[(space + 1)..<end]), id, mode.elementsEqual("40000".utf8), mode.elementsEqual("100755".utf8)))
      rest = rest[(end + 21)...]
    }
    return entries
  }
}
