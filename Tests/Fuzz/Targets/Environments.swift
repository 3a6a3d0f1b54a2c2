import Support

extension FuzzTarget {
  /// Environment variables; a line is a variable and its value.
  static let environment = FuzzTarget(
    "environment", longest: 1024,
    words: Environment.names.map { "\($0)=" } + [
      "redis://u:pass@h", "24h", "\u{1b}[", "/", "Name <m@h>", "debug", "%41",
    ],
    seeds: [
      "REDIS_URL=redis://u:pa%41ss@h\nREDIS_PASSWORD=pw\nHOME=/h\nDEBUG=0", "MEMBANK_AGENT=A <a@b>\nLOG_LEVEL=info",
      "UPSTASH_CONTEXT_TTL=1d\nUPSTASH_CONTEXT_PREFIX=x\nXDG_STATE_HOME=relative",
    ]
  ) { input in
    var variables: [String: String] = [:]
    for line in input.lines() {
      let text = String(decoding: line, as: UTF8.self)
      guard let sign = text.firstIndex(of: "=") else { continue }
      variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
    }
    do {
      let environment = try Environment(variables)
      for directory in [environment.stateHome, environment.configHome, environment.runtimeDirectory, environment.home] {
        try hold(directory?.hasPrefix("/") ?? true, "\(directory ?? "") is not absolute")
      }
      try hold(environment.prefix.map(KeyPrefix.isValid) ?? true, "the prefix is \(environment.prefix ?? "")")
      try hold(environment.secrets.allSatisfy { !$0.isEmpty }, "an empty secret")
    } catch let error as EnvironmentError {
      try hold(Environment.names.contains(error.name), "it names no variable: \(error)")
      try holdPrintable(error.description, "the error")
      let secret = variables["REDIS_PASSWORD"] ?? ""
      try hold(secret.utf8.count < 8 || !error.description.contains(secret), "it shows the password")
    }
  }
}
