import CGit2
import CLinux
import Glibc

/// One variable of a text in git-config syntax.
struct GitConfigEntry {
  /// Lower case, as git compares it.
  let section: String
  /// As written; nil when there is none.
  let subsection: String?
  /// Lower case.
  let name: String
  /// Nil when the variable stands without `=`, which git reads as true.
  let value: String?
  /// Where it stands, from 1; nil when the place couldn't be told.
  let line: Int?

  /// The whole key, as `git config --list` prints it.
  var key: String { [section, subsection, name].compactMap { $0 }.joined(separator: ".") }
}

/// Reads text in git-config syntax with libgit2's parser.
enum GitConfigText {
  /// More than any configuration needs, and little enough to read in one go.
  static let sizeLimit = 1 << 20

  private static let library: Bool = git_libgit2_init() > 0

  /// All variables in the order of the file.
  static func entries(_ text: [UInt8], file: String) throws(ConfigurationError) -> [GitConfigEntry] {
    guard text.count <= sizeLimit else {
      throw ConfigurationError(.syntax, file: file, line: nil, message: "is larger than \(ByteSizeText.text(1 << 20))")
    }
    let lines = GitConfigLines(text)
    // libgit2 opens included files while it parses, so they are looked for first.
    if let line = lines.include {
      throw ConfigurationError(
        .include, file: file, line: line, message: "includes another file; write the settings here instead")
    }
    if let problem = lines.problem {
      throw ConfigurationError(.syntax, file: file, line: problem.line, message: problem.message)
    }
    var found: [GitConfigEntry] = []
    var seen: [String: Int] = [:]
    for (key, value) in try variables(text, file: file) {
      let occurrence = seen[key, default: 0]
      seen[key] = occurrence + 1
      let places = lines.places[key] ?? []
      let line = occurrence < places.count ? places[occurrence] : nil
      found.append(try entry(key, value, file: file, line: line))
    }
    return found
  }

  private static func entry(
    _ key: String, _ value: [UInt8]?, file: String, line: Int?
  ) throws(ConfigurationError) -> GitConfigEntry {
    let parts = key.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let first = parts.first, let rest = parts.last else {
      throw ConfigurationError(.syntax, file: file, line: line, message: "'\(key)' stands before any [section]")
    }
    let dot = rest.lastIndex(of: ".")
    let name = dot.map { rest[rest.index(after: $0)...] } ?? rest
    let section = first.lowercased()
    guard section != "include", section != "includeif" else {
      throw ConfigurationError(
        .include, file: file, line: line, message: "includes another file; write the settings here instead")
    }
    var text: String?
    if let value {
      guard let valid = String(validating: value, as: UTF8.self) else {
        throw ConfigurationError(.value, file: file, line: line, message: "the value of '\(key)' is not UTF-8")
      }
      text = valid
    }
    return GitConfigEntry(
      section: section, subsection: dot.map { String(rest[..<$0]) }, name: name.lowercased(), value: text, line: line)
  }

  /// Keys and values as libgit2 reads them.
  ///
  /// libgit2 1.5 parses files only, so the text is put into an anonymous one: what was checked for includes is
  /// exactly what is parsed, whatever happens to the file on disk meanwhile.
  private static func variables(
    _ text: [UInt8], file: String
  ) throws(ConfigurationError) -> [(key: String, value: [UInt8]?)] {
    func failed(_ message: String, line: Int? = nil) -> ConfigurationError {
      ConfigurationError(.syntax, file: file, line: line, message: message)
    }
    guard library else { throw failed("libgit2 can't be started") }
    let memory = membank_memory_file("membank-configuration")
    guard memory >= 0 else { throw failed(SystemError("memfd_create", file).description) }
    defer { close(memory) }
    guard text.isEmpty || text.withUnsafeBytes({ pwrite(memory, $0.baseAddress, $0.count, 0) }) == text.count else {
      throw failed(SystemError("pwrite", file).description)
    }

    var configuration: OpaquePointer?
    guard git_config_new(&configuration) == 0 else { throw failed(lastMessage().text) }
    defer { git_config_free(configuration) }
    guard git_config_add_file_ondisk(configuration, "/proc/self/fd/\(memory)", GIT_CONFIG_LEVEL_LOCAL, nil, 0) == 0
    else {
      let problem = lastMessage()
      throw failed(problem.text, line: problem.line)
    }
    var iterator: UnsafeMutablePointer<git_config_iterator>?
    guard git_config_iterator_new(&iterator, configuration) == 0 else { throw failed(lastMessage().text) }
    defer { git_config_iterator_free(iterator) }

    var found: [(key: String, value: [UInt8]?)] = []
    var entry: UnsafeMutablePointer<git_config_entry>?
    while git_config_next(&entry, iterator) == 0, let variable = entry?.pointee {
      let name = UnsafeRawBufferPointer(start: variable.name, count: strlen(variable.name))
      guard let key = String(validating: name, as: UTF8.self) else { throw failed("a key is not UTF-8") }
      found.append((key, variable.value.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }))
    }
    return found
  }

  /// libgit2's words, as in `failed to parse config file: missing ']' in section header (in /proc/self/fd/3:7)`.
  private static func lastMessage() -> (text: String, line: Int?) {
    guard let error = git_error_last(), let raw = error.pointee.message else { return ("can't be read", nil) }
    var text = Substring(String(cString: raw))
    let prefix = "failed to parse config file: "
    if text.hasPrefix(prefix) { text = text.dropFirst(prefix.count) }
    guard let place = text.range(of: " (in ") else { return (String(text), nil) }
    let digits = text[place.upperBound...].drop { $0 != ":" }.dropFirst().prefix { $0.isNumber }
    return (String(text[..<place.lowerBound]), Int(digits))
  }
}

extension Substring {
  /// Where `other` stands first.
  fileprivate func range(of other: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
      start = index(after: start)
    }
    return nil
  }
}
