/// A command of a program, as a value: help, parsing and running all come from one table.
///
/// `Context` is what the program hands to the command that runs.
public struct Command<Context>: Sendable {
  /// What runs it; the exit code of the program is what it returns.
  public typealias Run = @Sendable (Context, Invocation) throws -> Int32

  /// The word that calls it.
  public let name: String
  /// One line that says what it does, without a full stop.
  public let summary: String
  /// What else its help says, in paragraphs parted by an empty line.
  public let discussion: String
  /// What stands behind it, in order.
  public let arguments: [CommandArgument]
  /// Its options; those of the commands above it are valid too.
  public let options: [CommandOption]
  /// The commands below it.
  public let subcommands: [Command<Context>]
  /// Whether everything behind the name is handed on as it is, options too (`membank git …`).
  public let passesThrough: Bool
  /// Whether help leaves it out.
  public let isHidden: Bool
  /// What runs it; nil when it only groups others.
  public let run: Run?

  /// A command.
  public init(
    _ name: String, summary: String, discussion: String = "", arguments: [CommandArgument] = [],
    options: [CommandOption] = [], subcommands: [Command<Context>] = [], passesThrough: Bool = false,
    isHidden: Bool = false, run: Run? = nil
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.arguments = arguments
    self.options = options
    self.subcommands = subcommands
    self.passesThrough = passesThrough
    self.isHidden = isHidden
    self.run = run
  }
}

/// An option: a flag, or a name with a value.
public struct CommandOption: Hashable, Sendable {
  /// The long name, without dashes.
  public let name: String
  /// The letter that stands for it after one dash.
  public let short: Character?
  /// What the value is called in help; nil for a flag.
  public let value: String?
  /// What it does, in a few words.
  public let help: String
  /// Whether it may be given more than once; otherwise that is an error, not a silent last one.
  public let repeats: Bool

  /// An option; a flag when `value` is nil.
  public init(_ name: String, short: Character? = nil, value: String? = nil, repeats: Bool = false, help: String) {
    self.name = name
    self.short = short
    self.value = value
    self.help = help
    self.repeats = repeats
  }
}

/// What stands behind a command without a dash.
public struct CommandArgument: Hashable, Sendable {
  /// How many of it there may be.
  public enum Count: Hashable, Sendable {
    /// Exactly one.
    case required
    /// None or one.
    case optional
    /// Any number; only the last argument can be it.
    case many
    /// One or more; only the last argument can be it.
    case some
  }

  /// Its name in help, in capitals.
  public let name: String
  /// How many of it there may be.
  public let count: Count
  /// What it is, in a few words.
  public let help: String

  /// An argument.
  public init(_ name: String, _ count: Count = .required, help: String) {
    self.name = name
    self.count = count
    self.help = help
  }
}

/// What was asked for on the command line: options and arguments of the command that runs.
public struct Invocation: Hashable, Sendable {
  /// The words that led to the command, the program's first.
  public var path: [String]
  var flags: Set<String> = []
  var values: [String: [String]] = [:]
  var arguments: [String: [String]] = [:]
  /// Everything behind the name of a command that passes it through.
  public var rest: [String] = []

  /// Nothing but a path; the parser fills in the rest.
  public init(path: [String]) { self.path = path }

  /// Whether a flag was given.
  public func flag(_ name: String) -> Bool { flags.contains(name) }

  /// An option's value, if it was given.
  public func value(_ name: String) -> String? { values[name]?.last }

  /// All values of an option that repeats.
  public func values(_ name: String) -> [String] { values[name] ?? [] }

  /// An argument, if it was given.
  public func argument(_ name: String) -> String? { arguments[name]?.first }

  /// All words of an argument of which there may be many.
  public func arguments(_ name: String) -> [String] { arguments[name] ?? [] }
}

/// A command line that can't be understood; the program exits with 2.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, naming the word.
  public let description: String
  /// The command whose help says what is right: the words that call it.
  public var path: [String]

  /// A mistake; `path` is filled in by the table that runs the command.
  public init(_ description: String, path: [String] = []) {
    self.description = description
    self.path = path
  }
}
