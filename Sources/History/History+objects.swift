public import Support

extension History {
  /// Stores some bytes and gives their id.
  public func writeBlob(_ bytes: [UInt8]) throws(HistoryError) -> ObjectID { try store.write(.blob, bytes) }

  /// The bytes of a blob.
  ///
  /// - Throws: ``HistoryError`` of kind `missing` or `damaged`.
  public func blob(_ id: ObjectID) throws(HistoryError) -> [UInt8] { try store.read(.blob, id) }

  /// The size of a blob in bytes, without reading it.
  public func blobSize(_ id: ObjectID) throws(HistoryError) -> Int64 {
    let (kind, size) = try store.header(id)
    guard kind == .blob else { throw .damaged("size of blob", id.description, "is a \(kind.name)") }
    return Int64(size)
  }

  /// Whether the object is there, of whatever kind.
  public func contains(_ id: ObjectID) -> Bool { store.contains(id) }

  /// Stores a commit; no ref moves.
  ///
  /// What git's strict check would refuse in a name (brackets, control characters, nothing at all) is left out
  /// or replaced by `unknown`.
  public func writeCommit(
    tree: ObjectID, parents: [ObjectID], author: Signature, committer: Signature, message: String
  ) throws(HistoryError) -> ObjectID {
    try store.write(
      .commit,
      CommitText.write(tree: tree, parents: parents, author: author, committer: committer, message: message))
  }

  /// A commit.
  public func commit(_ id: ObjectID) throws(HistoryError) -> Commit {
    try CommitText.parse(id, store.read(.commit, id))
  }
}
