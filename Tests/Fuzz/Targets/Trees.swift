import Support

@testable import History

extension FuzzTarget {
  /// Trees that a stranger made: any names, modes, order and depth.
  static let trees = FuzzTarget(
    "trees", longest: 1024,
    words: [
      "..", ".git", ".membank", "a", "b", "a/b", ".", "\u{1}", "100644 a\0", "40000 a\0", "120000 l\0", "160000 m\0",
    ],
    seeds: [
      "\0\u{2}\u{1}\u{1}a\0\u{1}\u{1}b\0\u{1}\u{2}\u{1}d\u{1}\u{1}\u{2}..\0", "\u{1}100644 a\0aaaaaaaaaaaaaaaaaaaa",
      "\u{1}100644 a\0aaaaaaaaaaaaaaaaaaaa40000 a\0bbbbbbbbbbbbbbbbbbbb",
    ]
  ) { input in
    let objects = MemoryObjects()
    if input.flag() {
      let bytes = input.rest()
      try look(at: [objects.write(.tree, bytes)], objects)
    } else {
      var made: [ObjectID] = []
      while !input.isEmpty, made.count < 16 { made.append(tree(&input, objects, made)) }
      try look(at: made.suffix(3), objects)
    }
  }

  /// A tree whose entries are blobs and the trees before it.
  private static func tree(_ input: inout FuzzInput, _ objects: MemoryObjects, _ made: [ObjectID]) -> ObjectID {
    var bytes: [UInt8] = []
    for _ in 0..<(input.byte() % 8) {
      let isTree = input.flag()
      let modes =
        isTree ? ["40000", "040000", "40755"] : ["100644", "100755", "120000", "160000", "644", "0", "77777777777"]
      let mode = modes[Int(input.byte()) % modes.count]
      let name = input.take(Int(input.byte() % 6) + 1)
      let id = isTree ? input.one(of: made) ?? .emptyTree : ObjectID.blob(of: [input.byte() % 4])
      bytes += Array("\(mode) ".utf8) + name.filter { $0 != 0 } + [0] + id.bytes
    }
    return objects.write(.tree, bytes)
  }

  private static func look(at trees: some Collection<ObjectID>, _ objects: MemoryObjects) throws {
    let walk = TreeWalk(objects, limit: 20_000)
    var last: (tree: ObjectID, files: [BankPath: TreeEntry])?
    for tree in trees {
      do {
        var files: [BankPath: TreeEntry] = [:]
        var before: BankPath?
        try walk.compare(nil, tree) { delta in
          precondition(before.map { $0 < delta.path } ?? true, "out of order: \(delta.path)")
          before = delta.path
          files[delta.path] = delta.new
        }
        for (path, entry) in files {
          try holdInside(path)
          try hold(try walk.entry(path, in: tree) == entry, "\(path) is another entry when it is asked for")
          try hold(!path.ancestors.contains { files[$0] != nil }, "\(path) is below a file")
        }
        for hostile in try walk.hostileEntries(in: tree) {
          try holdPrintable(hostile.name, "the hostile name")
          try holdPrintable(hostile.reason, "the reason")
        }
        if let last {
          var moved = last.files
          try walk.compare(last.tree, tree) { delta in
            precondition(moved[delta.path] == delta.old, "\(delta.path) was another entry")
            moved[delta.path] = delta.new
          }
          try hold(moved == files, "the difference leads to another tree")
        }
        last = (tree, files)
      } catch let error as HistoryError {
        try hold(error.kind == .damaged || error.kind == .missing, "\(error)")
      }
    }
  }
}
