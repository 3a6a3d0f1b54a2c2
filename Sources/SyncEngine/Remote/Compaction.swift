/// Which packs of a head's list are folded into one: a geometric rule.
///
/// Each fold takes packs that are small beside what it makes, so that a byte is written again only about as often as
/// the list doubles, however long the history grows.
enum Compaction {
  /// A head with more packs than this is compacted.
  static let mostPacks = 32
  /// The newest packs are never folded in: another replica may be about to list more behind them.
  static let newestKept = 4
  /// Packs over this many bytes stay as they are.
  static let largestFolded = 4 << 20

  /// The packs to fold, oldest first; empty when folding would not shorten the list by much.
  ///
  /// The list is the head's, oldest first, with sizes in bytes.
  static func run(of packs: [(id: String, size: Int)]) -> [String] {
    var run: [String] = []
    var sum = 0
    for pack in packs.dropLast(newestKept).reversed() {
      guard pack.size <= largestFolded, run.count < 2 || pack.size <= 2 * sum else { break }
      run.append(pack.id)
      sum += pack.size
    }
    return run.count >= 8 ? run.reversed() : []
  }
}
