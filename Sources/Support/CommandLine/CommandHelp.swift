/// Writes the help of a command.
struct CommandHelp<Context> {
  private static var width: Int { 80 }
  /// Where the second column begins at most.
  private static var column: Int { 28 }

  let command: Command<Context>
  let path: [String]
  let inherited: [CommandOption]

  /// The whole page, with a newline at its end.
  func rendered() -> String {
    var parts = [Self.wrapped(command.summary + ".", indent: 0), usage()]
    let arguments = command.arguments.map { (left: $0.name, right: $0.help) }
    if !arguments.isEmpty { parts.append("Arguments:\n" + Self.table(arguments)) }
    let commands = command.subcommands.filter { !$0.isHidden }.map { (left: $0.name, right: $0.summary) }
    if !commands.isEmpty { parts.append("Commands:\n" + Self.table(commands)) }
    // An option that a command defines anew is shown once, as that command has it.
    let own = Set(command.options.map(\.name))
    var options = (command.options + inherited.filter { !own.contains($0.name) }).map { option in
      (left: Self.spelling(option), right: option.help)
    }
    options.append((left: "-h, --help", right: "show this help"))
    if path.count == 1 { options.append((left: "    --version", right: "show the version")) }
    parts.append("Options:\n" + Self.table(options))
    if !command.discussion.isEmpty { parts.append(Self.wrapped(command.discussion, indent: 0)) }
    if !commands.isEmpty { parts.append("`\(path.joined(separator: " ")) COMMAND --help` says more about a command.") }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// `Usage: membank sync [OPTIONS] [DIR]`.
  func usage() -> String {
    var words = path
    if command.passesThrough {
      words.append("…")
    } else {
      if command.arguments.isEmpty || !command.options.isEmpty { words.append("[OPTIONS]") }
      if !command.subcommands.isEmpty { words.append(command.run == nil ? "COMMAND" : "[COMMAND]") }
      words += command.arguments.map { argument in
        switch argument.count {
        case .required: argument.name
        case .optional: "[\(argument.name)]"
        case .many: "[\(argument.name)…]"
        case .some: "\(argument.name)…"
        }
      }
    }
    return Self.wrapped("Usage: " + words.joined(separator: " "), indent: 0, hanging: 7)
  }

  private static func spelling(_ option: CommandOption) -> String {
    let short = option.short.map { "-\($0), " } ?? "    "
    return short + "--\(option.name)" + (option.value.map { " \($0)" } ?? "")
  }

  private static func table(_ rows: [(left: String, right: String)]) -> String {
    let longest = rows.map(\.left.count).filter { $0 + 4 <= column }.max() ?? 0
    let indent = longest + 4
    return rows.map { row in
      let text = wrapped(row.right, indent: indent)
      let left = "  " + row.left
      // A long left side stands on a line of its own.
      guard left.count + 2 <= indent else { return left + "\n" + text }
      return left + text.dropFirst(left.count)
    }.joined(separator: "\n")
  }

  /// The text in lines of at most 80 columns; paragraphs stay apart.
  private static func wrapped(_ text: String, indent: Int, hanging: Int? = nil) -> String {
    let margin = String(repeating: " ", count: indent)
    let nextMargin = String(repeating: " ", count: hanging ?? indent)
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = lines.isEmpty ? margin : nextMargin
      var isEmpty = true
      for word in paragraph.split(separator: " ") {
        if !isEmpty, line.count + 1 + word.count > width {
          lines.append(line)
          line = nextMargin
          isEmpty = true
        }
        line += isEmpty ? String(word) : " " + word
        isEmpty = false
      }
      lines.append(isEmpty ? "" : line)
    }
    return lines.joined(separator: "\n")
  }
}
