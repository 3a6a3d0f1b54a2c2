import Bank
import Support

extension FuzzTarget {
  /// A `.membank`, which may have come with somebody's repository.
  static let configuration = FuzzTarget(
    "configuration",
    words: [
      "[membank]\n", "[ttl]\n", "[ttl-class \"x\"]\n", "[remote \"r\"]\n", "[secrets]\n", "[merge \"*.md\"]\n",
      "[backup]\n", "[backup \"b\"]\n", "[include]\n", "[includeIf \"x\"]\n", "path", "bank = ", "version = ",
      "project = ",
      "prefix = ", "include = ", "ignore = ", "maxSize = ", "holdSize = ", "snap", "rescan = ", "url = ", "user = ",
      "password-file = ", "kind = ", "ttl = ", "allow = ", "0b9d2f0e-7d0c-4a4e-9d0e-3a8f5f0f7a11", "redis://h", "\\\n",
      "\\t", "\\\"", "\"", "#", ";", "\u{feff}", "\r\n", "1MiB", "24h", "on",
    ],
    seeds: [
      Configuration().rendered(), full.rendered(), "[membank]\n\tinclude\n", "[remote \"a\\\"b\"] url = \"x # y\"\n",
      "[include]\n\tpath = /etc/passwd\n", "[Membank] SNAP\n[ttl]doc=\\\n5\n", "[a.b \"c\"]\nd",
    ]
  ) { input in
    let text = input.rest()
    let name = "some/.membank"
    do {
      let read = try Configuration(parsing: text, file: name)
      try holdSound(read)
      let again = try Configuration(parsing: Array(read.rendered().utf8), file: name)
      try hold(again == read.asWritten, "another configuration after a round trip:\n\(read)\n\(again)")
      let safe = read.withoutSensitive
      try hold(!safe.isSensitive, "sensitive without what is: \(safe.sensitive)")
      try hold(
        read.sensitive.split(separator: "\n").allSatisfy { !$0.unicodeScalars.contains { $0.value < 0x20 } },
        "a sensitive setting that steers a terminal")
    } catch let error as ConfigurationError {
      try hold(error.file == name, "the error is about \(error.file)")
      try hold(error.line.map { $0 >= 1 && $0 <= text.count + 1 } ?? true, "the line \(error.line ?? 0) is not there")
      try holdPrintable(error.description, "the error")
    }
  }

  private static func holdSound(_ read: Configuration) throws {
    try hold(read.bank.map(BankIdentity.isValid) ?? true, "the bank is \(read.bank ?? "")")
    try hold(read.project.map(ProjectName.isValid) ?? true, "the project is \(read.project ?? "")")
    try hold(KeyPrefix.isValid(read.prefix), "the prefix is \(read.prefix)")
    try hold(read.maxSize > 0 && read.maxSize <= read.holdSize, "sizes \(read.maxSize), \(read.holdSize)")
    try hold(read.ttl.classes.values.allSatisfy(TimesToLive.permitted.contains), "TTLs \(read.ttl)")
    for warning in read.warnings { try holdPrintable(warning.description, "the warning") }
    for remote in read.remotes {
      try hold(RemoteSettings.isValidName(remote.name) && !remote.url.isEmpty, "the remote \(remote)")
      // A password in there would be mirrored nowhere, but committed with the project.
      let password = (try? RedisAddressReading.password(of: remote.url)) ?? nil
      try hold(password == nil, "the url of \(remote.name) holds a password: \(remote.url)")
    }
    let rules = IgnoreRules(patterns: read.ignore, include: read.include)
    _ = rules.ignores(try BankPath("tasks/todo.md"), isDirectory: false)
  }

  private static let full: Configuration = {
    var full = Configuration()
    full.bank = "0b9d2f0e-7d0c-4a4e-9d0e-3a8f5f0f7a11"
    full.project = "demo"
    full.include = ["*.md", "docs/"]
    full.ignore = ["# x", " y ", "a\\b"]
    full.snap = true
    full.ttl = TimesToLive(["task": 600], kinds: ["task:progress": "task"])
    full.remotes = [RemoteSettings(name: "team", url: "redis://h:1/2", user: "u", passwordFile: "~/p")]
    full.allowedSecrets = ["0123456789abcdef"]
    full.mergeRules = [NamedSettings(name: "*.md", settings: [Setting("driver", "union"), Setting("strict", nil)])]
    full.backup = [Setting("interval", "1d")]
    full.backupTargets = [NamedSettings(name: "nas", settings: [Setting("path", "/mnt")])]
    return full
  }()
}

extension Configuration {
  /// What is left of it in its own text: unknown settings and warnings are not.
  fileprivate var asWritten: Configuration {
    var written = self
    written.unknown = []
    written.warnings = []
    return written
  }
}
