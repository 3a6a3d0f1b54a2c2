extension Configuration {
  /// The text of a new `.membank` with these settings: what is set stands there, what is not is shown in comments.
  public func rendered() -> String {
    let standard = Configuration()
    var text = """
      # A memory bank, kept by membank: this file marks its root and holds its settings.
      # Its syntax is that of git's configuration. It is not mirrored and may be committed.
      # Never write a password or a token here: name a file that holds it, or use the environment.

      [membank]

      """
    // The identity comes first: losing it makes the bank a stranger to its own mirror.
    if let bank { text += Self.line("bank", bank) }
    text += Self.line("version", String(version))
    text += Self.line("project", project, else: "NAME", "the bank's name in Redis; default: the directory's")
    text += Self.line("prefix", prefix == standard.prefix ? nil : prefix, else: standard.prefix, "begins every key")
    text += include.map { Self.line("include", $0) }.joined()
    if include.isEmpty { text += Self.line("include", nil, else: "*.md", "only these files; may be repeated") }
    text += ignore.map { Self.line("ignore", $0) }.joined()
    if ignore.isEmpty { text += Self.line("ignore", nil, else: "drafts/", "gitignore syntax; may be repeated") }
    text += Self.line(
      "maxSize", maxSize == standard.maxSize ? nil : ByteSizeText.text(maxSize),
      else: ByteSizeText.text(standard.maxSize), "larger files are versioned, but have no key of their own")
    text += Self.line(
      "holdSize", holdSize == standard.holdSize ? nil : ByteSizeText.text(holdSize),
      else: ByteSizeText.text(standard.holdSize), "larger files are held back")
    text += Self.line("snap", snap ? "on" : nil, else: "off", "a key for each version as well")
    text += Self.line(
      "rescan", rescan == standard.rescan ? nil : DurationText.text(rescan), else: DurationText.text(standard.rescan),
      "time between full rescans")
    return text + renderedTTL() + renderedRemotes() + renderedRest()
  }

  private func renderedTTL() -> String {
    var text = "\n# How long keys live in Redis: 90s, 24h, 30d. A live daemon renews them.\n[ttl]\n"
    let names = ["doc", "history", "presence", "snap", "cache"]
    for name in names {
      let seconds = TimesToLive.standard[name] ?? 0
      text += Self.line(
        name, ttl[name] == seconds ? nil : DurationText.text(ttl[name]), else: DurationText.text(seconds), "")
    }
    let further = Set(ttl.classes.keys).union(ttl.kinds.values)
    for name in further.sorted() {
      let kinds = ttl.kinds.filter { $0.value == name }.keys.sorted()
      guard !names.contains(name) || !kinds.isEmpty else { continue }
      text += "\n[ttl-class \(Self.subsection(name))]\n"
      if !names.contains(name) { text += Self.line("ttl", DurationText.text(ttl[name])) }
      text += kinds.map { Self.line("kind", $0) }.joined()
    }
    return text
  }

  private func renderedRemotes() -> String {
    guard !remotes.isEmpty else {
      return """

        # Where it is mirrored; default: UPSTASH_REDIS_REST_URL, REDIS_URL, or a private redis-server.
        # [remote "team"]
        # \turl = redis://redis.example:6379/0
        # \tuser = NAME
        # \tpassword-file = /path/to/file
        # [remote "upstash"]
        # \turl = https://NAME.upstash.io
        # \ttoken-file = /path/to/file

        """
    }
    var text = ""
    for remote in remotes {
      text += "\n[remote \(Self.subsection(remote.name))]\n" + Self.line("url", remote.url)
      if let user = remote.user { text += Self.line("user", user) }
      if let file = remote.passwordFile { text += Self.line("password-file", file) }
      if let file = remote.tokenFile { text += Self.line("token-file", file) }
      if let file = remote.caFile { text += Self.line("ca-file", file) }
    }
    return text
  }

  private func renderedRest() -> String {
    var text = renderedQuota()
    if !allowedSecrets.isEmpty {
      text += "\n# Findings of the secrets guard that may leave this machine.\n[secrets]\n"
      text += allowedSecrets.sorted().map { Self.line("allow", $0) }.joined()
    }
    if !backup.isEmpty { text += "\n[backup]\n" + Self.lines(backup) }
    for target in backupTargets {
      text += "\n[backup \(Self.subsection(target.name))]\n" + Self.lines(target.settings)
    }
    for rule in mergeRules { text += "\n[merge \(Self.subsection(rule.name))]\n" + Self.lines(rule.settings) }
    return text
  }

  private func renderedQuota() -> String {
    let standard = QuotaConfiguration()
    guard quota != standard else { return "" }
    var text = "\n# What a remote that bills each command, as Upstash does, may cost in a month.\n[quota]\n"
    text += Self.line("budget", String(quota.budget)) + Self.line("activePoll", DurationText.text(quota.activePoll))
    text += Self.line("idlePoll", DurationText.text(quota.idlePoll)) + Self.line("scan", DurationText.text(quota.scan))
    return text + Self.line("readRegions", String(quota.readRegions))
  }

  private static func lines(_ settings: [Setting]) -> String {
    settings.map { setting in setting.value.map { line(setting.key, $0) } ?? "\t\(setting.key)\n" }.joined()
  }

  private static func line(_ key: String, _ value: String) -> String { "\t\(key) = \(quoted(value))\n" }

  private static func line(_ key: String, _ value: String?, else standard: String, _ comment: String) -> String {
    if let value { return line(key, value) }
    return "\t# \(key) = \(standard)" + (comment.isEmpty ? "\n" : "\t\t# \(comment)\n")
  }

  private static func subsection(_ name: String) -> String {
    "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  /// A value in quotation marks where git would otherwise read another.
  private static func quoted(_ value: String) -> String {
    let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
      .replacing("\t", with: "\\t").replacing("\u{8}", with: "\\b")
    let plain = value.utf8.allSatisfy { byte in byte > 0x20 && !Array("#;\"\\".utf8).contains(byte) }
    return plain && !value.isEmpty ? escaped : "\"\(escaped)\""
  }
}
