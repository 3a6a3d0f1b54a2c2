/// What a command line comes to.
enum ParsedCommand<Context> {
  /// Run a command.
  case run(Command<Context>.Run, Invocation)
  /// Show the help of a command; `path` calls it, `inherited` are the options of those above it.
  case help(Command<Context>, path: [String], inherited: [CommandOption])
  /// Say which version this is.
  case version
}

/// Reads the words of a command line by a command table.
struct CommandParser<Context> {
  private let words: [String]
  private var index = 0
  private var command: Command<Context>
  private var options: [CommandOption] = []
  private var inherited: [CommandOption] = []
  private var invocation: Invocation
  private var positional: [String] = []
  private var wantsHelp = false
  private var wantsVersion = false

  init(_ root: Command<Context>, _ words: [String]) {
    self.words = words
    command = root
    options = root.options
    invocation = Invocation(path: [root.name])
  }

  mutating func parse() throws(UsageError) -> ParsedCommand<Context> {
    while index < words.count {
      let word = words[index]
      index += 1
      if command.passesThrough {
        invocation.rest = Array(words[(index - 1)...])
        break
      } else if word == "--" {
        positional += words[index...]
        index = words.count
      } else if word.hasPrefix("--") {
        try long(word.dropFirst(2))
      } else if word.hasPrefix("-"), word != "-" {
        try short(word.dropFirst())
      } else if positional.isEmpty, let next = command.subcommands.first(where: { $0.name == word }) {
        enter(next)
      } else if positional.isEmpty, word == "help", !command.subcommands.isEmpty {
        wantsHelp = true
      } else {
        positional.append(word)
      }
    }
    if wantsVersion { return .version }
    if wantsHelp, positional.isEmpty || !command.arguments.isEmpty {
      return .help(command, path: invocation.path, inherited: inherited)
    }
    return try finished()
  }

  private mutating func enter(_ next: Command<Context>) {
    inherited += command.options
    command = next
    options += next.options
    invocation.path.append(next.name)
  }

  private func failure(_ message: String) -> UsageError { UsageError(message, path: invocation.path) }

  private mutating func finished() throws(UsageError) -> ParsedCommand<Context> {
    guard let run = command.run, command.subcommands.isEmpty || positional.isEmpty || !command.arguments.isEmpty else {
      guard let word = positional.first else { return .help(command, path: invocation.path, inherited: inherited) }
      throw failure("unknown command '\(word)'" + hint(word, command.subcommands.filter { !$0.isHidden }.map(\.name)))
    }
    var rest = positional[...]
    for argument in command.arguments {
      switch argument.count {
      case .many, .some:
        invocation.arguments[argument.name] = Array(rest)
        if argument.count == .some, rest.isEmpty { throw failure("\(argument.name) is missing") }
        rest = []
      case .required, .optional:
        if let word = rest.popFirst() {
          invocation.arguments[argument.name] = [word]
        } else if argument.count == .required {
          throw failure("\(argument.name) is missing")
        }
      }
    }
    if let word = rest.first { throw failure("unexpected argument '\(word)'") }
    return .run(run, invocation)
  }

  private mutating func long(_ text: Substring) throws(UsageError) {
    let name = text.prefix { $0 != "=" }
    let attached = name.endIndex == text.endIndex ? nil : String(text[text.index(after: name.endIndex)...])
    if let option = options.last(where: { $0.name == name }) { return try take(option, "--\(name)", attached) }
    if attached == nil, name == "help" {
      wantsHelp = true
    } else if attached == nil, name == "version", invocation.path.count == 1 {
      wantsVersion = true
    } else {
      throw failure("unknown option '--\(name)'" + hint(String(name), options.map(\.name), prefix: "--"))
    }
  }

  private mutating func short(_ text: Substring) throws(UsageError) {
    var letters = text
    while let letter = letters.popFirst() {
      guard let option = options.last(where: { $0.short == letter }) else {
        guard letter == "h" else { throw failure("unknown option '-\(letter)'") }
        wantsHelp = true
        continue
      }
      // `-n5` and `-n=5` both give 5.
      guard option.value != nil, !letters.isEmpty else {
        try take(option, "-\(letter)", nil)
        continue
      }
      if letters.first == "=" { letters.removeFirst() }
      return try take(option, "-\(letter)", String(letters))
    }
  }

  private mutating func take(_ option: CommandOption, _ written: String, _ attached: String?) throws(UsageError) {
    guard option.value != nil else {
      guard attached == nil else { throw failure("option '\(written)' takes no value") }
      invocation.flags.insert(option.name)
      return
    }
    var value = attached
    if value == nil, index < words.count {
      value = words[index]
      index += 1
    }
    guard let value else { throw failure("option '\(written)' needs a value") }
    guard option.repeats || invocation.values[option.name] == nil else {
      throw failure("option '\(written)' is given twice")
    }
    invocation.values[option.name, default: []].append(value)
  }

  private func hint(_ word: String, _ names: [String], prefix: String = "") -> String {
    guard let name = Spelling.nearest(to: word, in: names) else { return "" }
    return "; did you mean '\(prefix)\(name)'?"
  }
}
