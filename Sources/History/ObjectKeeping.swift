package import Support

/// Where a history keeps its objects: a repository's `objects`, or memory in a simulation.
package protocol ObjectKeeping: ObjectSource {
  func header(_ id: ObjectID) throws(HistoryError) -> (kind: ObjectKind, size: Int)
  /// Whether the object is there; `refreshing` looks for what others have added before the answer is no.
  func contains(_ id: ObjectID, refreshing: Bool) -> Bool
  /// Whether the object is there, without looking for what others have added; it is made young, so that nobody who
  /// tidies up takes it for garbage.
  func freshen(_ id: ObjectID) -> Bool
  /// Stores an object, over whatever bears its id; `whole` is its header and its bytes.
  func write(_ id: ObjectID, _ object: RawObject, whole: [UInt8]) throws(HistoryError)
  /// The objects that stand by themselves and not in packs.
  func listLoose() throws(HistoryError) -> [ObjectID]
  /// Those, and the ones in packs, whose ids begin with some digits, two or more.
  func list(beginning digits: String) throws(HistoryError) -> Set<ObjectID>
  /// Whether a loose object has no bytes at all, as a power cut leaves them.
  func isEmpty(_ id: ObjectID) -> Bool
  /// Whether a loose object is there and is the one it should be.
  func isSound(_ id: ObjectID) throws(HistoryError) -> Bool
  /// Removes a loose object.
  func remove(_ id: ObjectID) throws(HistoryError)
  /// Looks for what others have added.
  func refresh() throws(HistoryError)
  /// Holds nothing any longer that is gone.
  func reopen() throws(HistoryError)
  /// Makes all that was written so far, refs too, survive a power cut.
  func synchronise() throws(HistoryError)
}

/// What a ref must be for a change of it to go ahead.
package enum RefExpectation: Equatable, Sendable {
  case anything
  case exactly(ObjectID?)
}

/// Where a history keeps its refs.
package protocol RefKeeping {
  /// The ref's value, nil when there is none.
  ///
  /// - Throws: ``HistoryError`` of kind `damaged` when it is torn.
  func read(_ name: String) throws(HistoryError) -> ObjectID?
  /// Sets or (nil) deletes a ref, if it is what is expected.
  ///
  /// `durable`: whether it must survive a power cut when the call returns.
  ///
  /// - Throws: ``HistoryError`` of kind `moved` when it isn't.
  func update(
    _ name: String, to id: ObjectID?, expecting: RefExpectation, durable: Bool
  ) throws(HistoryError)
  /// Every ref under a prefix, sorted by name; what is torn is listed apart.
  func list(under prefix: String) throws(HistoryError) -> (refs: [(name: String, id: ObjectID)], torn: [String])
  /// Lock files that nobody can be holding, when nobody else is at work.
  func leftoverLocks() throws(HistoryError) -> [String]
}

extension RefKeeping {
  func update(_ name: String, to id: ObjectID?, expecting: RefExpectation) throws(HistoryError) {
    try update(name, to: id, expecting: expecting, durable: false)
  }
}
