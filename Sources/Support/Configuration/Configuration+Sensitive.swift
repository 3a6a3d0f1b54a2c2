extension Configuration {
  /// The settings that could send the bank elsewhere or have files read: remotes, backup targets, keys that name files.
  ///
  /// A `.membank` may come with a cloned repository. One line each, sorted; empty when there are none.
  public var sensitive: String {
    var settings: [Setting] = []
    for remote in remotes {
      settings.append(Setting("remote.\(remote.name).url", remote.url))
      if let user = remote.user { settings.append(Setting("remote.\(remote.name).user", user)) }
      if let file = remote.passwordFile { settings.append(Setting("remote.\(remote.name).password-file", file)) }
      if let file = remote.tokenFile { settings.append(Setting("remote.\(remote.name).token-file", file)) }
      if let file = remote.caFile { settings.append(Setting("remote.\(remote.name).ca-file", file)) }
    }
    for target in backupTargets {
      settings += target.settings.map { Setting("backup.\(target.name).\($0.key)", $0.value) }
    }
    settings += backup.map { Setting("backup.\($0.key)", $0.value) }.filter(Self.namesFile)
    settings += mergeRules.flatMap { rule in
      rule.settings.map { Setting("merge.\(rule.name).\($0.key)", $0.value) }.filter(Self.namesFile)
    }
    settings += unknown.filter { $0.key.hasPrefix("remote.") || Self.namesFile($0) }
    return settings.map { "\(Self.quoted($0.key)) = \($0.value.map(Self.quoted) ?? "true")\n" }.sorted().joined()
  }

  /// Whether there is anything that only this machine's owner may let in.
  public var isSensitive: Bool { !sensitive.isEmpty }

  /// The first 12 hexadecimal digits of the SHA-256 of ``sensitive``: what an approval is for.
  public var sensitiveID: String { String(sha256(Array(sensitive.utf8)).prefix(12)) }

  /// The same settings without the sensitive ones: what holds until they are approved.
  public var withoutSensitive: Configuration {
    var safe = self
    safe.remotes = []
    safe.backupTargets = []
    safe.backup.removeAll(where: Self.namesFile)
    for index in safe.mergeRules.indices { safe.mergeRules[index].settings.removeAll(where: Self.namesFile) }
    safe.unknown.removeAll { $0.key.hasPrefix("remote.") || Self.namesFile($0) }
    return safe
  }

  private static func namesFile(_ setting: Setting) -> Bool { setting.key.hasSuffix("-file") }

  /// Lets no value look like the end of its line or like another setting.
  private static func quoted(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
