/// How much a merge may take; what needs more is a conflict.
///
/// They are constants, not settings: replicas that are configured differently must merge alike.
enum MergeLimits {
  /// Bytes of a version.
  static let bytes = 1 << 20
  /// Blocks of a version.
  static let blocks = 60_000
  /// Cells of the tables that compare sequences.
  static let comparisons = 4_000_000
  /// Pairs of blocks that are compared word by word.
  static let likenesses = 200_000
  /// A side that keeps less than this of the base, and has less than this from it, has been written anew.
  static let survival = 0.4
  /// A text of fewer blocks is not said to be written anew.
  static let smallText = 6
}
