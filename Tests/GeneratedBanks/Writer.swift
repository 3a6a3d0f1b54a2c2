/// Makes up atoms that say different things.
public struct Writer: Sendable {
  /// The numbers that it is made up from.
  public var dice: Dice
  private var next: Int

  /// The id of a heading that both sides may add.
  static let today = -1

  /// A writer whose atoms have ids from `first` on.
  public init(_ dice: Dice, from first: Int) {
    self.dice = dice
    next = first
  }

  private static let verbs = [
    "add", "fix", "move", "split", "measure", "document", "review", "rename", "drop", "cache", "retry", "validate",
    "mirror", "restore", "sign", "rotate", "parse", "render", "queue", "index",
  ]
  private static let adjectives = [
    "slow", "broken", "public", "internal", "nightly", "remote", "empty", "signed", "nested", "stale", "large",
    "shared", "partial", "local", "failed", "hidden", "weekly", "old", "new", "second",
  ]
  private static let nouns = [
    "importer", "parser", "login page", "token", "queue", "backup", "invoice", "report", "endpoint", "schema",
    "snapshot", "worker", "cache", "dashboard", "migration", "export", "limit", "header", "session", "index", "graph",
    "webhook", "tenant", "replica", "ledger", "archive", "scheduler", "template", "gateway", "fixture",
  ]
  private static let tails = [
    "before the release", "after the review", "for large tenants", "without a lock", "on every start", "in staging",
    "behind a flag", "once a day", "with a timeout", "per request", "as Ada asked", "until Friday", "in the client",
    "with tests", "for the audit", "when idle",
  ]

  private mutating func id() -> Int {
    defer { next += 1 }
    return next
  }

  /// Some words that few other calls give.
  public mutating func phrase(_ count: Int) -> String {
    var words = ["\(dice.pick(Self.verbs)) the \(dice.pick(Self.adjectives)) \(dice.pick(Self.nouns))"]
    if count > 2 { words.append(dice.pick(Self.tails)) }
    if count > 5 { words.append("so that the \(dice.pick(Self.adjectives)) \(dice.pick(Self.nouns)) can go") }
    // Tickets are numbered; that keeps two phrases apart.
    return words.joined(separator: " ") + " (\(dice.within(1000...9999)))"
  }

  /// The same with another word or two, and a word more at times.
  mutating func reworded(_ text: String) -> String {
    var words = text.split(separator: " ").map(String.init)
    let place = dice.below(words.count)
    words[place] = dice.pick(Self.adjectives) + "-\(dice.within(100...999))"
    if dice.below(3) == 0 { words.append(dice.pick(Self.tails)) }
    return words.joined(separator: " ")
  }

  mutating func heading(_ text: String) -> Atom { Atom(id: id(), kind: .heading, parts: [text]) }

  mutating func task() -> Atom {
    Atom(id: id(), kind: .task, isTicked: dice.below(3) == 0, parts: [phrase(dice.within(2...6))])
  }

  mutating func bullet() -> Atom { Atom(id: id(), kind: .bullet, parts: [phrase(dice.within(2...6))]) }

  mutating func row(_ name: String) -> Atom {
    let status = dice.pick(["proposed", "accepted", "dropped"])
    return Atom(id: id(), kind: .row, parts: [name, phrase(4), status, dice.pick(["Ada", "Lin", "Kim"])])
  }

  mutating func paragraph(sentences: Int) -> Atom {
    let text = (0..<sentences).map { _ in "We \(phrase(6))." }
    return Atom(id: id(), kind: .paragraph, parts: [text.joined(separator: " ")])
  }
}
