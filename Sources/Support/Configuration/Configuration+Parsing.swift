extension Configuration {
  /// Reads the text of a `.membank`.
  ///
  /// - Parameters:
  ///   - text: The file's bytes, in git-config syntax. Other files that it wants to include are never opened.
  ///   - file: The file's name, for messages.
  ///   - defaults: What holds where the text says nothing.
  /// - Throws: ``ConfigurationError`` with file and line. Keys that nobody knows are only ``warnings``.
  public init(
    parsing text: [UInt8], file: String, over defaults: Configuration = Configuration()
  ) throws(ConfigurationError) {
    self = defaults
    let entries = try GitConfigText.entries(text, file: file)
    // A newer file may use its keys in another way, so its version is read before anything else is judged.
    for entry in entries where entry.key == "membank.version" { try take(entry, file: file) }
    for entry in entries where entry.key != "membank.version" { try take(entry, file: file) }
    for remote in remotes where remote.url.isEmpty {
      let line = entries.first { $0.section == "remote" && $0.subsection == remote.name }?.line
      throw ConfigurationError(.value, file: file, line: line, message: "remote '\(remote.name)' has no url")
    }
    for kind in ttl.kinds.keys.sorted() {
      guard let name = ttl.kinds[kind], ttl.classes[name] == nil else { continue }
      let line = entries.first { $0.section == "ttl-class" && $0.subsection == name }?.line
      throw ConfigurationError(.value, file: file, line: line, message: "ttl-class '\(name)' has no ttl")
    }
    if holdSize < maxSize {
      let line = entries.last { ["membank.maxsize", "membank.holdsize"].contains($0.key) }?.line
      throw ConfigurationError(
        .value, file: file, line: line,
        message: "holdSize (\(ByteSizeText.text(holdSize))) is less than maxSize (\(ByteSizeText.text(maxSize)))")
    }
  }

  private mutating func take(_ entry: GitConfigEntry, file: String) throws(ConfigurationError) {
    let reader = EntryReader(entry: entry, file: file)
    let known =
      switch (entry.section, entry.subsection) {
      case ("membank", nil): try takeBank(reader)
      case ("ttl", nil): try takeTTL(reader)
      case ("ttl-class", .some(let name)): try takeClass(reader, name)
      case ("remote", .some(let name)): try takeRemote(reader, name)
      case ("quota", nil): try takeQuota(reader)
      case ("secrets", nil): try takeSecrets(reader)
      case ("merge", .some(let pattern)): try takeMerge(reader, pattern)
      case ("backup", .some(let name)): add(reader, to: \.backupTargets, named: name)
      case ("backup", nil): addBackup(reader)
      default: false
      }
    guard !known else { return }
    unknown.append(Setting(entry.key, entry.value))
    warnings.append(ConfigurationWarning(file: file, line: entry.line, message: "unknown setting '\(entry.key)'"))
  }

  private mutating func takeBank(_ reader: EntryReader) throws(ConfigurationError) -> Bool {
    switch reader.entry.name {
    case "version": version = try reader.schema()
    case "bank": bank = try reader.checked("a UUID in lower case", BankIdentity.isValid)
    case "project": project = try reader.checked("1 to 64 of A-Z a-z 0-9 . _ -", ProjectName.isValid)
    case "prefix":
      prefix = try reader.checked("1 to 128 bytes without braces, blanks or control characters", KeyPrefix.isValid)
    case "include": include.append(try reader.text())
    case "ignore": ignore.append(try reader.text())
    case "maxsize": maxSize = try reader.size()
    case "holdsize": holdSize = try reader.size()
    case "snap": snap = try reader.flag()
    case "rescan": rescan = try reader.seconds(10...604_800)
    default: return false
    }
    return true
  }

  private mutating func takeTTL(_ reader: EntryReader) throws(ConfigurationError) -> Bool {
    guard TimesToLive.standard[reader.entry.name] != nil else { return false }
    ttl[reader.entry.name] = try reader.seconds(TimesToLive.permitted)
    return true
  }

  private mutating func takeClass(_ reader: EntryReader, _ name: String) throws(ConfigurationError) -> Bool {
    guard ProjectName.isValid(name) else {
      throw reader.error("'\(name)' can't name a class: it takes 1 to 64 of A-Z a-z 0-9 . _ -")
    }
    switch reader.entry.name {
    case "ttl": ttl[name] = try reader.seconds(TimesToLive.permitted)
    case "kind":
      ttl.kinds[try reader.checked("a kind of key, such as task:progress, without braces", KeyPrefix.isValid)] = name
    default: return false
    }
    return true
  }

  private mutating func takeRemote(_ reader: EntryReader, _ name: String) throws(ConfigurationError) -> Bool {
    guard RemoteSettings.isValidName(name) else { throw reader.error("'\(name)' can't name a remote") }
    guard ["url", "user", "password-file", "token-file", "ca-file"].contains(reader.entry.name) else { return false }
    let place: Int
    if let known = remotes.firstIndex(where: { $0.name == name }) {
      place = known
    } else {
      place = remotes.count
      remotes.append(RemoteSettings(name: name, url: ""))
    }
    switch reader.entry.name {
    case "url": remotes[place].url = try reader.address()
    case "user": remotes[place].user = try reader.text()
    case "token-file": remotes[place].tokenFile = try reader.text()
    case "ca-file": remotes[place].caFile = try reader.text()
    default: remotes[place].passwordFile = try reader.text()
    }
    return true
  }

  private mutating func takeQuota(_ reader: EntryReader) throws(ConfigurationError) -> Bool {
    switch reader.entry.name {
    case "budget": quota.budget = try reader.number(0...1_000_000_000_000)
    case "activepoll": quota.activePoll = try reader.seconds(QuotaConfiguration.permitted)
    case "idlepoll": quota.idlePoll = try reader.seconds(QuotaConfiguration.permitted)
    case "scan": quota.scan = try reader.seconds(QuotaConfiguration.permittedScan)
    case "readregions": quota.readRegions = try reader.number(0...100)
    default: return false
    }
    return true
  }

  private mutating func takeMerge(_ reader: EntryReader, _ pattern: String) throws(ConfigurationError) -> Bool {
    guard reader.entry.name == "strategy" else { return false }
    let names = MergeStrategy.allCases.map(\.rawValue).joined(separator: ", ")
    _ = try reader.checked("one of \(names)") { MergeStrategy(rawValue: $0) != nil }
    return add(reader, to: \.mergeRules, named: pattern)
  }

  private mutating func takeSecrets(_ reader: EntryReader) throws(ConfigurationError) -> Bool {
    guard reader.entry.name == "allow" else { return false }
    allowedSecrets.insert(try reader.checked("a fingerprint of 16 hexadecimal digits", SecretFinding.isFingerprint))
    return true
  }

  private mutating func addBackup(_ reader: EntryReader) -> Bool {
    backup.append(Setting(reader.entry.name, reader.entry.value))
    return true
  }

  private mutating func add(
    _ reader: EntryReader, to list: WritableKeyPath<Configuration, [NamedSettings]>, named name: String
  ) -> Bool {
    let setting = Setting(reader.entry.name, reader.entry.value)
    if let place = self[keyPath: list].firstIndex(where: { $0.name == name }) {
      self[keyPath: list][place].settings.append(setting)
    } else {
      self[keyPath: list].append(NamedSettings(name: name, settings: [setting]))
    }
    return true
  }
}

/// Reads the value of one variable as what its key wants.
private struct EntryReader {
  let entry: GitConfigEntry
  let file: String

  func error(_ message: String, _ kind: ConfigurationError.Kind = .value) -> ConfigurationError {
    ConfigurationError(kind, file: file, line: entry.line, message: message)
  }

  func text() throws(ConfigurationError) -> String {
    guard let value = entry.value, !value.isEmpty else { throw error("'\(entry.key)' has no value") }
    return value
  }

  func checked(_ wanted: String, _ isValid: (String) -> Bool) throws(ConfigurationError) -> String {
    let value = try text()
    guard isValid(value) else { throw error("'\(entry.key)' is '\(value)' and should be \(wanted)") }
    return value
  }

  func schema() throws(ConfigurationError) -> Int {
    let value = try text()
    guard let number = Digits.number(Array(value.utf8)), number > 0 else {
      throw error("'\(entry.key)' is '\(value)' and should be a number from 1")
    }
    guard number <= Configuration.schema else {
      throw error(
        "is of schema version \(number), this membank reads up to \(Configuration.schema); update membank",
        .newerSchema(Int(number)))
    }
    return Int(number)
  }

  func number(_ range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64 {
    let value = try text()
    guard let number = Digits.number(Array(value.utf8)), range.contains(number) else {
      throw error("'\(entry.key)' is '\(value)' and should be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func size() throws(ConfigurationError) -> Int64 {
    let value = try text()
    guard let bytes = ByteSizeText.bytes(value), (1...(1 << 40)).contains(bytes) else {
      throw error("'\(entry.key)' is '\(value)' and should be a size such as 512KiB or 1MiB")
    }
    return bytes
  }

  func seconds(_ range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64 {
    let value = try text()
    guard let seconds = DurationText.seconds(value), range.contains(seconds) else {
      let bounds = "\(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound))"
      throw error("'\(entry.key)' is '\(value)' and should be a time from \(bounds), such as 90s, 24h or 30d")
    }
    return seconds
  }

  func flag() throws(ConfigurationError) -> Bool {
    // As git reads them; a variable without `=` is true.
    switch entry.value?.lowercased() {
    case nil, "true", "yes", "on", "1": return true
    case "false", "no", "off", "0", "": return false
    case .some(let value): throw error("'\(entry.key)' is '\(value)' and should be on or off")
    }
  }

  func address() throws(ConfigurationError) -> String {
    let value = try text()
    guard !ConnectionText.hasPassword(value) else {
      throw error("the url holds a password; put it in a file of its own and name that with password-file")
    }
    return value
  }
}
