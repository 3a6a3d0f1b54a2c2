import CLinux
public import Support

extension History {
  /// Writes every object that a commit reaches as one pack, piece by piece, so that it need not fit into memory.
  ///
  /// - Parameters:
  ///   - tip: The commit.
  ///   - progress: Is told how many objects are done, and of how many; says whether to go on.
  ///   - sink: Takes the next bytes; says whether to go on.
  /// - Throws: ``HistoryError``; what the sink has taken by then is no pack.
  public func writePack(
    of tip: ObjectID, progress: (Int, Int) -> Bool, into sink: (UnsafeRawBufferPointer) -> Bool
  ) throws(HistoryError) {
    try store.seal()
    var objects: [ReachableObject] = []
    try Reachability(store, graph).visit(from: [tip], excluding: []) { object in
      objects.append(object)
      return true
    }
    guard let disk = store.disk else {
      return try PackSplitter(store, limit: 1 << 50).makeWhole(objects) { pack throws(HistoryError) in
        guard pack.bytes.withUnsafeBytes(sink) else { throw .stopped("write pack") }
      }
    }
    // A loose object that can't be read must be met here: the builder would never come back from it.
    for object in objects { _ = try store.header(object.id) }
    let builder = try PackBuilder(objectsAt: disk.path)
    for object in objects { try builder.insert(object.id, path: object.path) }
    try builder.write(progress: progress, into: sink)
    // The search for deltas held more than everything else together.
    malloc_trim(0)
  }
}
