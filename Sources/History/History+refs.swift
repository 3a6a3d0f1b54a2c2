public import Support

extension History {
  /// The ref's value, nil when there is none.
  ///
  /// The name is the full one, such as `refs/heads/main`.
  ///
  /// - Throws: ``HistoryError`` of kind `damaged` when its file is torn.
  public func ref(_ name: String) throws(HistoryError) -> ObjectID? {
    try RefName.check(name)
    return try references.read(name)
  }

  /// The same of the repository at `directory`, which is not opened for it.
  public static func ref(_ name: String, at directory: String) throws(HistoryError) -> ObjectID? {
    try RefName.check(name)
    return try RefStore(directory: directory).read(name)
  }

  /// Moves a ref if it has the expected value.
  ///
  /// `expecting` nil: the ref must not exist.
  ///
  /// - Throws: ``HistoryError`` of kind `moved` when it hasn't.
  public func setRef(_ name: String, to id: ObjectID, expecting: ObjectID?) throws(HistoryError) {
    try store.seal()
    try references.update(name, to: id, expecting: .exactly(expecting))
  }

  /// Moves a ref, whatever it was.
  public func forceRef(_ name: String, to id: ObjectID) throws(HistoryError) {
    try store.seal()
    try references.update(name, to: id, expecting: .anything)
  }

  /// Deletes a ref; one that isn't there is fine.
  public func deleteRef(_ name: String) throws(HistoryError) {
    try references.update(name, to: nil, expecting: .anything)
  }

  /// The refs under a prefix of whole components (`refs/remotes`), sorted by name; torn ones are left out.
  public func refs(under prefix: String) throws(HistoryError) -> [(name: String, id: ObjectID)] {
    try references.list(under: prefix).refs
  }
}
