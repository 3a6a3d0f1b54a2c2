/// A program's command line: parses it, shows help, runs the command.
public struct CommandLineTable<Context>: Sendable {
  /// The exit code of a command line that can't be understood.
  public static var usageExitCode: Int32 { 2 }

  /// The program; its name, its options and all commands below it.
  public let root: Command<Context>
  /// What `--version` prints.
  public let version: String

  /// A command line.
  public init(_ root: Command<Context>, version: String) {
    self.root = root
    self.version = version
  }

  /// Runs the command that `words` ask for and returns the program's exit code.
  ///
  /// - Parameters:
  ///   - words: The arguments of the program, its own name left out.
  ///   - context: What is handed to the command.
  ///   - output: Takes help and version, for standard output.
  ///   - complaint: Takes usage errors, for standard error.
  /// - Returns: What the command returned, 0 after help, 2 after a usage error.
  /// - Throws: What the command throws, except ``UsageError``.
  public func run(
    _ words: [String], context: Context, output: (String) -> Void, complaint: (String) -> Void
  ) throws -> Int32 {
    do {
      var parser = CommandParser(root, words)
      switch try parser.parse() {
      case .version:
        output("\(root.name) \(version)\n")
        return 0
      case .help(let command, let path, let inherited):
        let help = CommandHelp(command: command, path: path, inherited: inherited).rendered()
        // Help that nobody asked for answers a command line that isn't complete.
        let isAsked = words.contains("--help") || words.contains("help") || words.contains("-h")
        isAsked ? output(help) : complaint(help)
        return isAsked ? 0 : Self.usageExitCode
      case .run(let run, let invocation):
        do {
          return try run(context, invocation)
        } catch var error as UsageError {
          if error.path.isEmpty { error.path = invocation.path }
          throw error
        }
      }
    } catch let error as UsageError {
      let path = error.path.isEmpty ? root.name : error.path.joined(separator: " ")
      complaint("\(root.name): \(error.description)\nTry '\(path) --help'.\n")
      return Self.usageExitCode
    }
  }

  /// The help of the command that `path` leads to, for the manual and for tests; nil when there is none.
  public func help(_ path: [String]) -> String? {
    var command = root
    var inherited: [CommandOption] = []
    for name in path {
      guard let next = command.subcommands.first(where: { $0.name == name }) else { return nil }
      inherited += command.options
      command = next
    }
    return CommandHelp(command: command, path: [root.name] + path, inherited: inherited).rendered()
  }
}
