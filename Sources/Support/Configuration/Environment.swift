import Glibc

/// The environment variables that membank obeys, checked; an empty variable counts as not set.
public struct Environment: Hashable, Sendable {
  /// Every variable that is looked at.
  public static let names = [
    "REDIS_URL", "REDIS_PASSWORD", "UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN", "UPSTASH_EMAIL",
    "UPSTASH_API_KEY", "UPSTASH_API_URL", "UPSTASH_CONTEXT_PREFIX", "UPSTASH_CONTEXT_TTL", "LOG_LEVEL", "DEBUG",
    "BACKUP_INTERVAL", "BACKUP_RETENTION", "MEMBANK_TOOLS", "MEMBANK_AGENT", "XDG_STATE_HOME", "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR", "HOME", "NO_COLOR", "JOURNAL_STREAM", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET",
  ]

  /// `REDIS_URL`: the Redis to mirror to.
  public let redisURL: String?
  /// `REDIS_PASSWORD`: its password where the URL has none.
  public let redisPassword: String?
  /// `UPSTASH_REDIS_REST_URL`.
  public let upstashURL: String?
  /// `UPSTASH_REDIS_REST_TOKEN`.
  public let upstashToken: String?
  /// `UPSTASH_EMAIL`, for the management API.
  public let upstashEmail: String?
  /// `UPSTASH_API_KEY`, for the management API.
  public let upstashAPIKey: String?
  /// `UPSTASH_API_URL`: where the management API is; nil: the public address.
  public let upstashAPIURL: String?
  /// `UPSTASH_CONTEXT_PREFIX`: the first part of every key.
  public let prefix: String?
  /// `UPSTASH_CONTEXT_TTL`: seconds that documents live.
  public let documentTTL: Int64?
  /// `LOG_LEVEL`, or debug when `DEBUG` is on.
  public let logLevel: LogLevel?
  /// `DEBUG`.
  public let debug: Bool
  /// `BACKUP_INTERVAL`: seconds between backups.
  public let backupInterval: Int64?
  /// `BACKUP_RETENTION`, as written.
  public let backupRetention: String?
  /// `MEMBANK_TOOLS`, as written.
  public let tools: String?
  /// `MEMBANK_AGENT`: who changes that are made through membank are attributed to.
  public let agent: AgentName?
  /// `HOME`, or what the user database says; nil when neither names an absolute path.
  public let home: String?
  /// `XDG_STATE_HOME`, or `~/.local/state`.
  public let stateHome: String?
  /// `XDG_CONFIG_HOME`, or `~/.config`.
  public let configHome: String?
  /// `XDG_RUNTIME_DIR`.
  public let runtimeDirectory: String?
  /// `CREDENTIALS_DIRECTORY`, which systemd sets.
  public let credentialsDirectory: String?
  /// `NOTIFY_SOCKET`, which systemd sets.
  public let notifySocket: String?
  /// `JOURNAL_STREAM`, which systemd sets: device and inode of the stream to the journal.
  public let journalStream: String?
  /// Whether `NO_COLOR` is set.
  public let noColor: Bool

  /// The environment of this process.
  ///
  /// - Throws: ``EnvironmentError``, naming the variable.
  public static func current() throws(EnvironmentError) -> Environment {
    var variables: [String: String] = [:]
    for name in names {
      guard let raw = getenv(name) else { continue }
      guard let value = String(validatingCString: raw) else { throw EnvironmentError(name, "is not UTF-8") }
      variables[name] = value
    }
    if (variables["HOME"] ?? "").isEmpty, let entry = getpwuid(getuid()), let directory = entry.pointee.pw_dir {
      variables["HOME"] = String(cString: directory)
    }
    return try Environment(variables)
  }

  /// An environment with these variables and no others.
  ///
  /// - Throws: ``EnvironmentError``, naming the variable.
  public init(_ variables: [String: String]) throws(EnvironmentError) {
    let reader = VariableReader(variables: variables)
    redisURL = try reader.url("REDIS_URL")
    redisPassword = reader["REDIS_PASSWORD"]
    upstashURL = try reader.url("UPSTASH_REDIS_REST_URL")
    upstashToken = try reader.word("UPSTASH_REDIS_REST_TOKEN")
    upstashEmail = try reader.word("UPSTASH_EMAIL")
    upstashAPIKey = try reader.word("UPSTASH_API_KEY")
    upstashAPIURL = try reader.url("UPSTASH_API_URL")
    prefix = try reader.prefix("UPSTASH_CONTEXT_PREFIX")
    documentTTL = try reader.seconds("UPSTASH_CONTEXT_TTL", TimesToLive.permitted)
    debug = reader.flag("DEBUG")
    let level = try reader.level("LOG_LEVEL")
    logLevel = debug ? .debug : level
    backupInterval = try reader.seconds("BACKUP_INTERVAL", 60...31_536_000)
    backupRetention = reader["BACKUP_RETENTION"]
    tools = reader["MEMBANK_TOOLS"]
    agent = try reader.agent("MEMBANK_AGENT")
    let home = reader["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    self.home = home
    stateHome = try reader.directory("XDG_STATE_HOME") ?? home.map { $0 + "/.local/state" }
    configHome = try reader.directory("XDG_CONFIG_HOME") ?? home.map { $0 + "/.config" }
    runtimeDirectory = try reader.directory("XDG_RUNTIME_DIR")
    credentialsDirectory = try reader.directory("CREDENTIALS_DIRECTORY")
    notifySocket = reader["NOTIFY_SOCKET"]
    journalStream = reader["JOURNAL_STREAM"]
    noColor = reader["NO_COLOR"] != nil
  }

  /// The values that must never be shown, for ``Log/hide(_:)``.
  public var secrets: [String] {
    var found = [redisPassword, upstashToken, upstashAPIKey].compactMap { $0 }
    for url in [redisURL, upstashURL, upstashAPIURL].compactMap({ $0.map { Array($0.utf8) } }) {
      guard let range = ConnectionText.password(in: url) else { continue }
      found.append(String(decoding: url[range], as: UTF8.self))
      // As it goes to the server, and comes back in its complaints.
      if let plain = ConnectionText.percentDecoded(url[range]) { found.append(plain) }
    }
    return found.filter { !$0.isEmpty }
  }
}

/// An environment variable that can't be used; it never shows a secret.
public struct EnvironmentError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The variable.
  public let name: String
  /// What is wrong with it.
  public let message: String

  init(_ name: String, _ message: String) {
    self.name = name
    self.message = printable(message)
  }

  /// The variable and what is wrong with it.
  public var description: String { "\(name) \(message)" }
}

/// Who a change is attributed to: `Name` or `Name <mail>`.
public struct AgentName: Hashable, Sendable {
  /// The name, as git shows it.
  public let name: String
  /// The mail address, if one was given.
  public let email: String?

  /// Reads `Name` or `Name <mail>`; nil when git could not store it.
  public init?(_ text: String) {
    var name = text[...]
    var email: String?
    if text.hasSuffix(">"), let open = text.lastIndex(of: "<") {
      email = String(text[text.index(after: open)...].dropLast())
      name = text[..<open]
    }
    while name.last == " " { name = name.dropLast() }
    while name.first == " " { name = name.dropFirst() }
    let all = String(name) + (email ?? "")
    guard !name.isEmpty, all.utf8.count <= 256,
      all.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) && $0 != "<" && $0 != ">" })
    else { return nil }
    self.name = String(name)
    self.email = email
  }
}

/// Reads variables as what they should be.
private struct VariableReader {
  let variables: [String: String]

  subscript(name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

  /// A value that goes into a header or an address: one word.
  func word(_ name: String) throws(EnvironmentError) -> String? {
    guard let value = self[name] else { return nil }
    guard value.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
      throw EnvironmentError(name, "has blanks or control characters in it")
    }
    return value
  }

  func url(_ name: String) throws(EnvironmentError) -> String? {
    guard let value = try word(name) else { return nil }
    // The value isn't shown: it may hold a password.
    let scheme = value.prefix { $0 != ":" }
    guard !scheme.isEmpty, value.dropFirst(scheme.count).hasPrefix("://") else {
      throw EnvironmentError(name, "is not a URL: it has no scheme, such as redis:// or https://")
    }
    return value
  }

  func prefix(_ name: String) throws(EnvironmentError) -> String? {
    guard let value = self[name] else { return nil }
    guard KeyPrefix.isValid(value) else {
      throw EnvironmentError(name, "should be 1 to 128 bytes without braces, blanks or control characters")
    }
    return value
  }

  func seconds(_ name: String, _ range: ClosedRange<Int64>) throws(EnvironmentError) -> Int64? {
    guard let value = self[name] else { return nil }
    guard let seconds = DurationText.seconds(value), range.contains(seconds) else {
      throw EnvironmentError(
        name, "is '\(value)' and should be seconds from \(range.lowerBound) to \(range.upperBound), or as in 24h, 30d")
    }
    return seconds
  }

  func level(_ name: String) throws(EnvironmentError) -> LogLevel? {
    guard let value = self[name] else { return nil }
    guard let level = LogLevel(value) else {
      throw EnvironmentError(name, "is '\(value)' and should be error, warning, notice, info or debug")
    }
    return level
  }

  func flag(_ name: String) -> Bool {
    // Other programs read DEBUG too and put patterns in it: whatever isn't plainly off is on.
    ![nil, "0", "false", "no", "off"].contains(self[name]?.lowercased())
  }

  func agent(_ name: String) throws(EnvironmentError) -> AgentName? {
    guard let value = self[name] else { return nil }
    guard let agent = AgentName(value) else {
      throw EnvironmentError(name, "should be a name, or a name and <mail>, of at most 256 bytes in one line")
    }
    return agent
  }

  func directory(_ name: String) throws(EnvironmentError) -> String? {
    guard let value = self[name] else { return nil }
    guard value.hasPrefix("/") else { throw EnvironmentError(name, "is '\(value)' and should be an absolute path") }
    return value
  }
}
