public import History
public import Support

/// The bank as it was at a moment.
public enum PointInTime {
  /// The newest version that was made until then; nil when the first one came later.
  ///
  /// - Parameters:
  ///   - moment: Seconds since 1970.
  ///   - head: The newest version of all.
  ///   - history: The versions.
  /// - Returns: The version's commit.
  /// - Throws: ``HistoryError``.
  public static func version(
    at moment: Int64, below head: ObjectID, in history: History
  ) throws(HistoryError) -> ObjectID? {
    for id in try history.walk(from: [head], excluding: [], limit: nil)
    where try history.commit(id).committer.seconds <= moment {
      return id
    }
    return nil
  }
}
