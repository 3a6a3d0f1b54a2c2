import Bank
public import Support

/// Which files are merged by which strategy; the last rule that names a file holds.
///
/// A merge has to come out the same on every replica, and each replica has a `.membank` of its own. So a merge never
/// asks the configuration: the table travels in the messages of the commits. A replica whose `.membank` has rules writes
/// them into the commits that it makes, one that has none repeats what the parent says, and a merge goes by the tables
/// of its two parents alone, which it merges as it merges everything else: the side that changed the table wins over the
/// one that didn't, and the later commit where both did.
public struct MergeTable: Hashable, Sendable {
  /// One line of the table.
  struct Rule: Hashable, Sendable {
    let pattern: PathPattern
    let text: String
    let strategy: MergeStrategy
  }

  let rules: [Rule]

  /// The name of the trailers that the rules stand in.
  private static let trailer = "Merge-Strategy"
  /// Messages come from other machines: no more rules than this are taken from one.
  private static let most = 100

  /// No rules: Markdown by its blocks, everything else line by line.
  public static let standard = MergeTable(rules: [])

  private init(rules: [Rule]) { self.rules = rules }

  /// The rules of a configuration; nil when it has none, and leaves it to the bank's other replicas.
  public init?(_ settings: [NamedSettings]) {
    let rules = settings.compactMap { rule -> Rule? in
      guard let name = rule.settings.last(where: { $0.key == "strategy" })?.value,
        let strategy = MergeStrategy(rawValue: name)
      else { return nil }
      return PathPattern(rule.name).map { Rule(pattern: $0, text: rule.name, strategy: strategy) }
    }
    guard !rules.isEmpty else { return nil }
    self.rules = Array(rules.prefix(Self.most))
  }

  /// The rules that a commit's message carries.
  public init(message: String) {
    rules = CommitMessage.trailers(named: Self.trailer, in: message).prefix(Self.most).compactMap { value in
      let words = value.split(separator: " ", maxSplits: 1).map(String.init)
      guard words.count == 2, let strategy = MergeStrategy(rawValue: words[0]), let pattern = PathPattern(words[1])
      else { return nil }
      return Rule(pattern: pattern, text: words[1], strategy: strategy)
    }
  }

  /// The trailers that carry the rules in a commit's message.
  public var trailers: [(String, String)] { rules.map { (Self.trailer, "\($0.strategy.rawValue) \($0.text)") } }

  /// How a file is merged.
  public func strategy(for path: BankPath) -> MergeStrategy {
    rules.last { $0.pattern.matches(path) }?.strategy ?? (Self.isMarkdown(path) ? .structural : .lines)
  }

  /// The table that a merge goes by and hands on.
  static func merged(base: MergeTable, earlier: MergeTable, later: MergeTable) -> MergeTable {
    later == base ? earlier : later
  }

  private static let suffixes = [".md", ".markdown", ".mdown", ".mkd", ".mdc"]

  private static func isMarkdown(_ path: BankPath) -> Bool {
    let name = path.name.lowercased()
    return suffixes.contains { name.hasSuffix($0) }
  }
}
