public import Support

/// What a look at the bank, or at some paths of it, found.
public struct Scan: Sendable {
  /// The regular files in the bank's view.
  public var files: [BankPath: FileStamp]
  /// The paths of which nothing can be said, nor of anything below them.
  public var unknown: [BankPath: BankProblem]
  /// Whether the root itself can't be listed, or isn't the directory that it was: then nothing can be said at all.
  public var rootUnknown: Bool
  /// What people should see, in the order of the names.
  public var problems: [BankProblem]
  private var rules: IgnoreRules

  /// A scan that found this; `rules` are those that it looked with.
  public init(
    files: [BankPath: FileStamp] = [:], unknown: [BankPath: BankProblem] = [:], rootUnknown: Bool = false,
    problems: [BankProblem] = [], rules: IgnoreRules = IgnoreRules(patterns: [])
  ) {
    self.files = files
    self.unknown = unknown
    self.rootUnknown = rootUnknown
    self.problems = problems
    self.rules = rules
  }

  /// Whether a path that is not among the files may exist all the same.
  ///
  /// It can't be read or represented, lies below what can't, or is ignored. Such a path is neither written nor deleted.
  public func isUnknown(_ path: BankPath) -> Bool {
    if rootUnknown || rules.ignores(path, isDirectory: false) { return true }
    guard !unknown.isEmpty else { return false }
    return unknown[path] != nil || path.ancestors.contains { unknown[$0] != nil }
  }

  /// Adds what a look at other directories found.
  mutating func merge(_ other: Scan) {
    files.merge(other.files) { first, _ in first }
    unknown.merge(other.unknown) { first, _ in first }
    problems += other.problems
  }

  mutating func note(_ problem: BankProblem, isUnknown: Bool) {
    problems.append(problem)
    if isUnknown, let path = problem.path { unknown[path] = problem }
  }
}
