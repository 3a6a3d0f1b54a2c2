public import History
public import Support

/// A version in which nearly every file changed: a tool went over all of them, perhaps by mistake (line ends, an
/// encoding, a formatter).
///
/// It is a version like any other, and goes out: the earlier ones are in the history. But somebody should know.
public struct BankRewrite: Sendable, Hashable {
  /// In banks with fewer files one edit of all is nothing unusual.
  private static let fewestFiles = 10
  /// More than this share of the files.
  private static let share = 0.9

  /// The version.
  public let commit: ObjectID
  /// How many files changed.
  public let changed: Int
  /// How many there were.
  public let files: Int

  /// Judges a commit by what it changes in a tree of so many files; nil when it is nothing unusual.
  public init?(_ commit: ObjectID, _ deltas: [TreeDelta], of files: Int) {
    let changed = deltas.count { $0.old != nil && $0.new != nil }
    guard files >= Self.fewestFiles, Double(changed) > Double(files) * Self.share else { return nil }
    self.commit = commit
    self.changed = changed
    self.files = files
  }

  /// What happened, and where to see it.
  public var message: String {
    "\(changed) of \(files) files changed at once: if no one meant that, `membank diff \(commit.short())~1 "
      + "\(commit.short())` shows it, and the version before has the files as they were"
  }
}
