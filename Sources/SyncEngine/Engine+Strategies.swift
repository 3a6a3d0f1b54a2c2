import History
import Support

extension Engine {
  /// The trailers that hand the table of merge strategies on to a commit of this replica.
  func strategyTrailers(over parent: ObjectID?) throws(HistoryError) -> [(String, String)] {
    try ownTable(over: parent).trailers
  }

  /// The table that a commit of this replica carries.
  func ownTable(over parent: ObjectID?) throws(HistoryError) -> MergeTable {
    if let own = settings.mergeTable { return own }
    return try mergeTable(of: parent)
  }

  /// The table that a commit carries.
  ///
  /// The last one is remembered: nearly every version is made over the one before it.
  func mergeTable(of commit: ObjectID?) throws(HistoryError) -> MergeTable {
    guard let commit else { return .standard }
    if let known = knownTable, known.commit == commit { return known.table }
    let table = MergeTable(message: try history.commit(commit).message)
    knownTable = (commit, table)
    return table
  }
}
