import Support
import Testing

@Suite("The text of .membank")
struct ConfigurationTests {
  static let uuid = "0190a1b2-c3d4-4e5f-8a6b-7c8d9e0f1a2b"

  static func read(_ text: String) throws -> Configuration {
    try Configuration(parsing: Array(text.utf8), file: ".membank")
  }

  @Test(
    "means the defaults where it says nothing",
    arguments: ["", "\n", "# nothing\n", "[membank]\n", "\u{feff}[membank]"])
  func empty(text: String) throws {
    #expect(try Self.read(text) == Configuration())
  }

  @Test("sets everything that there is")
  func everything() throws {
    let text = """
      [membank]
        bank = \(Self.uuid)
        version = 1
        project = my.project-1
        prefix = team:mem
        include = *.md
        include = "notes/#1 \\"x\\".txt"
        ignore = drafts/ ; a comment
        maxSize = 512KiB
        holdSize = 4m
        snap
        rescan = 30m
      [ttl]
        doc = 12h
        history = 2592001
        presence = 90s
      [ttl-class "task"]
        ttl = 2d
        kind = task:progress
        kind = temp
      [remote "Team"]
        url = redis://redis.example:6379/2
        user = alice
        password-file = /run/credentials/redis
      [remote "local"]
        url = unix:///run/redis.sock
      [remote "up"]
        url = https://db.upstash.io
        token-file = /run/credentials/token
        ca-file = /etc/ca.pem
      [secrets]
        allow = 0123456789abcdef
        allow = fedcba9876543210
      [merge "journal/*.md"]
        strategy = union
      [backup]
        interval = 24h
      [backup "disk"]
        path = /var/backups
      """
    let read = try Self.read(text)
    #expect(read.bank == Self.uuid)
    #expect(read.project == "my.project-1")
    #expect(read.prefix == "team:mem")
    #expect(read.include == ["*.md", "notes/#1 \"x\".txt"])
    #expect(read.ignore == ["drafts/"])
    #expect(read.maxSize == 512 << 10)
    #expect(read.holdSize == 4 << 20)
    #expect(read.snap)
    #expect(read.rescan == 1_800)
    #expect(read.ttl.doc == 43_200)
    #expect(read.ttl.history == 2_592_001)
    #expect(read.ttl.presence == 90)
    #expect(read.ttl.cache == 3_600)
    #expect(read.ttl["task"] == 172_800)
    #expect(read.ttl.kinds == ["task:progress": "task", "temp": "task"])
    #expect(
      read.remotes == [
        RemoteSettings(
          name: "Team", url: "redis://redis.example:6379/2", user: "alice", passwordFile: "/run/credentials/redis"),
        RemoteSettings(name: "local", url: "unix:///run/redis.sock"),
        RemoteSettings(
          name: "up", url: "https://db.upstash.io", tokenFile: "/run/credentials/token", caFile: "/etc/ca.pem"),
      ])
    #expect(read.allowedSecrets == ["0123456789abcdef", "fedcba9876543210"])
    #expect(read.mergeRules == [NamedSettings(name: "journal/*.md", settings: [Setting("strategy", "union")])])
    #expect(read.backup == [Setting("interval", "24h")])
    #expect(read.backupTargets == [NamedSettings(name: "disk", settings: [Setting("path", "/var/backups")])])
    #expect(read.warnings.isEmpty)
    #expect(try Self.read(read.rendered()) == read)
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int?
    let kind: ConfigurationError.Kind
    var says = ""
    var testDescription: String { text }
  }

  @Test(
    "is refused with its line",
    arguments: [
      Mistake(text: "[membank\nbank=1", line: 1, kind: .syntax, says: "']'"),
      Mistake(text: "[membank]\n\n= 1", line: 3, kind: .syntax),
      Mistake(text: "x = 1", line: nil, kind: .syntax, says: "[section]"),
      Mistake(text: "[membank]\nproject = a\\q", line: 2, kind: .syntax, says: "\\q"),
      Mistake(text: "[membank]\nproject = \"a\n", line: 2, kind: .syntax, says: "quotation"),
      Mistake(text: "[membank]\nproject = a\u{0}b", line: 2, kind: .syntax, says: "NUL"),
      Mistake(text: "[membank]\nversion = 2", line: 2, kind: .newerSchema(2), says: "update membank"),
      Mistake(text: "[membank]\nsnap = perhaps\nversion = 2", line: 3, kind: .newerSchema(2)),
      Mistake(text: "[membank]\nversion = 0", line: 2, kind: .value),
      Mistake(text: "[membank]\nversion = x", line: 2, kind: .value),
      Mistake(text: "[membank]\nbank = 17", line: 2, kind: .value, says: "UUID"),
      Mistake(text: "[merge \"*.md\"]\nstrategy = guess", line: 2, kind: .value, says: "structural"),
      Mistake(text: "[membank]\nbank", line: 2, kind: .value, says: "no value"),
      Mistake(text: "[membank]\nproject = a/b", line: 2, kind: .value, says: "'a/b'"),
      Mistake(text: "[membank]\nproject = a\\\n b\nproject = ok\nproject = {}", line: 2, kind: .value),
      Mistake(text: "[membank]\nprefix = a{b", line: 2, kind: .value),
      Mistake(text: "[membank]\nmaxSize = lots", line: 2, kind: .value, says: "512KiB"),
      Mistake(text: "[membank]\nmaxSize = 9MiB", line: 2, kind: .value, says: "holdSize"),
      Mistake(text: "[membank]\nrescan = 1s", line: 2, kind: .value),
      Mistake(text: "[ttl]\ndoc = never", line: 2, kind: .value, says: "24h"),
      Mistake(text: "[ttl]\ndoc = 1h\ndoc = 0", line: 3, kind: .value),
      Mistake(text: "[ttl-class \"a b\"]\nttl = 1h", line: 2, kind: .value),
      Mistake(text: "[ttl-class \"task\"]\nkind = task", line: 2, kind: .value, says: "no ttl"),
      Mistake(text: "[remote \"..\"]\nurl = redis://x", line: 2, kind: .value),
      Mistake(text: "[remote \"a.lock\"]\nurl = redis://x", line: 2, kind: .value),
      Mistake(text: "[remote \"x\"]\nuser = me", line: 2, kind: .value, says: "no url"),
      Mistake(text: "[remote \"x\"]\nurl = redis://:hunter22@x", line: 2, kind: .value, says: "password-file"),
      Mistake(text: "[secrets]\nallow = all", line: 2, kind: .value),
    ])
  func mistakes(mistake: Mistake) throws {
    let error = #expect(throws: ConfigurationError.self) { try Self.read(mistake.text) }
    #expect(error?.line == mistake.line)
    #expect(error?.kind == mistake.kind)
    #expect(error?.message.contains(mistake.says) != false || mistake.says.isEmpty)
    #expect(error?.description.contains("hunter22") == false)
  }

  @Test(
    "never leads to another file",
    arguments: [
      ("[include]\npath = OTHER", 1), ("[Include] path = OTHER", 1), ("\n [ include]\npath=OTHER", 2),
      ("[include \"x\"]\npath = OTHER", 1), ("[include \"\"]\npath = OTHER", 1),
      ("[a]\nb = 1\n[a] [include] path = OTHER", 3),
      ("[includeIf \"gitdir:/\"]\n path = OTHER", 1), ("\u{feff}[include]\npath=OTHER", 1),
      ("[include.x]path=OTHER", 1),
      ("[INCLUDEIF \"onbranch:main\"] path = OTHER", 1), ("[a]\n\u{c}[include] path = OTHER", 2),
    ])
  func includes(text: String, line: Int) throws {
    let error = #expect(throws: ConfigurationError.self) {
      try Self.read(text.replacing("OTHER", with: "/proc/self/status"))
    }
    #expect(error?.kind == .include)
    #expect(error?.line == line)
  }

  @Test("may speak of including in a comment")
  func commentedInclude() throws {
    #expect(try Self.read("# [include] is refused\n ; [includeIf]\n").warnings.isEmpty)
  }

  @Test("that is unknown is listed, not refused")
  func unknown() throws {
    let read = try Self.read(
      "[membank]\ncolour = red\n[other \"Sub\"]\nKey = 1\n[ttl]\nlock = 1m\n[remote \"x\"]\nurl=redis://x\nshade=1")
    #expect(
      read.warnings.map(\.description) == [
        ".membank:2: unknown setting 'membank.colour'", ".membank:4: unknown setting 'other.Sub.key'",
        ".membank:6: unknown setting 'ttl.lock'", ".membank:9: unknown setting 'remote.x.shade'",
      ])
    #expect(read.unknown.map(\.key) == ["membank.colour", "other.Sub.key", "ttl.lock", "remote.x.shade"])
  }

  @Test("begins from the defaults that the environment gives")
  func environment() throws {
    let environment = try Environment(["UPSTASH_CONTEXT_PREFIX": "ctx", "UPSTASH_CONTEXT_TTL": "600"])
    let defaults = Configuration(environment: environment)
    #expect(defaults.prefix == "ctx")
    #expect(defaults.ttl.doc == 600)
    let read = try Configuration(parsing: Array("[membank]\nprefix = mine".utf8), file: "f", over: defaults)
    #expect(read.prefix == "mine")
    #expect(read.ttl.doc == 600)
  }

  @Test(
    "is read back from what was written",
    arguments: ["a b", " x", "x#y", "a;b", "\"", "\\", "tab\there", "ümlaut", "é/*.md"])
  func rendering(pattern: String) throws {
    var configuration = Configuration()
    configuration.bank = BankIdentity.random(SystemRandom())
    configuration.ignore = [pattern]
    configuration.mergeRules = [NamedSettings(name: pattern, settings: [Setting("strategy", "copy")])]
    configuration.ttl = TimesToLive(["doc": 60, "own": 5], kinds: ["lock": "own", "idea": "doc"])
    #expect(try Self.read(configuration.rendered()) == configuration)
  }

  @Test("shows in its comments what could stand there, with the defaults")
  func newText() throws {
    let text = Configuration().rendered()
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
    let uncommented = text.split(separator: "\n").map { line in
      if line.hasPrefix("\t# ") { return "\t" + line.dropFirst(3) }
      return line.hasPrefix("# [") || line.hasPrefix("# \t") ? String(line.dropFirst(2)) : String(line)
    }
    var wanted = Configuration()
    wanted.project = "NAME"
    wanted.include = ["*.md"]
    wanted.ignore = ["drafts/"]
    wanted.remotes = [
      RemoteSettings(name: "team", url: "redis://redis.example:6379/0", user: "NAME", passwordFile: "/path/to/file"),
      RemoteSettings(name: "upstash", url: "https://NAME.upstash.io", tokenFile: "/path/to/file"),
    ]
    #expect(try Self.read(uncommented.joined(separator: "\n")) == wanted)
  }
}

@Suite("Sensitive settings")
struct SensitiveSettingsTests {
  @Test(
    "are what could send a bank elsewhere",
    arguments: [
      ("[membank]\nproject = x\n[ttl]\ndoc = 1h\n[backup]\ninterval = 1d\n[merge \"*\"]\nstrategy = union", ""),
      (
        "[remote \"b\"]\nurl = redis://b\n[remote \"a\"]\nurl = redis://a",
        "remote.a.url = redis://a\nremote.b.url = redis://b\n"
      ),
      (
        "[remote \"a\"]\nurl = redis://a\npassword-file = /etc/shadow\nuser = x",
        "remote.a.password-file = /etc/shadow\nremote.a.url = redis://a\nremote.a.user = x\n"
      ),
      (
        "[remote \"a\"]\nurl = https://a\ntoken-file = /etc/shadow\nca-file = x",
        "remote.a.ca-file = x\nremote.a.token-file = /etc/shadow\nremote.a.url = https://a\n"
      ),
      ("[backup \"d\"]\npath = /x", "backup.d.path = /x\n"),
      ("[backup]\nkey-file = /x", "backup.key-file = /x\n"),
      ("[future]\ntoken-file = /x", "future.token-file = /x\n"),
      ("[future \"a\"]\ntoken-file", "future.a.token-file = true\n"),
      ("[merge \"a\"]\ndriver-file = /x", "merge.a.driver-file = /x\n"),
      ("[backup \"d\"]\npath = \"a\\nremote.x.url = redis://x\"", "backup.d.path = a\\nremote.x.url = redis://x\n"),
    ])
  func canonical(text: String, sensitive: String) throws {
    let read = try ConfigurationTests.read(text)
    #expect(read.sensitive == sensitive)
    #expect(read.isSensitive == !sensitive.isEmpty)
    #expect(read.sensitiveID == String(sha256(Array(sensitive.utf8)).prefix(12)))
    #expect(read.withoutSensitive.sensitive == "")
  }

  @Test("have an id that changes with each of them, and with nothing else")
  func id() throws {
    let base = "[remote \"a\"]\nurl = redis://a\n"
    let id = try ConfigurationTests.read(base).sensitiveID
    #expect(try ConfigurationTests.read("# x\n[membank]\nignore = y\n" + base).sensitiveID == id)
    #expect(try ConfigurationTests.read(base + "user = x").sensitiveID != id)
    #expect(id.count == 12)
  }
}

@Suite("Names")
struct NameTests {
  @Test(
    "of projects come from the nearest telling directory",
    arguments: [
      ("/home/me/app", "app"), ("/home/me/app/memory-bank", "app"), ("/home/me/app/.kilocode/rules/memory-bank", "app"),
      ("/home/me/app/docs/memory-bank/", "app"), ("/srv/My Project!/memory-bank", "MyProject"),
      ("/srv/проект/docs", "srv"),
      ("/", "bank"), ("/docs", "bank"), ("/a/" + String(repeating: "x", count: 80), String(repeating: "x", count: 64)),
      ("/a/.../b-1_2.c", "b-1_2.c"), ("/a/.../", "a"), ("/a/memory-bank-sample", "memory-bank-sample"),
    ])
  func proposed(directory: String, name: String) {
    #expect(ProjectName.proposed(forDirectory: directory) == name)
    #expect(ProjectName.isValid(name))
  }

  @Test(
    "of projects are checked",
    arguments: [
      ("a", true), ("A.b_c-9", true), ("", false), ("a b", false), ("a{b", false), ("é", false), ("a:b", false),
      (String(repeating: "x", count: 64), true), (String(repeating: "x", count: 65), false), ("a\n", false),
    ])
  func valid(name: String, isValid: Bool) {
    #expect(ProjectName.isValid(name) == isValid)
  }

  @Test(
    "of remotes leave a typed password out",
    arguments: [
      ("redis://h:6379/1", "redis://h:6379/1"), ("redis://u:p%40w@h/1", "redis://u@h/1"),
      ("redis://:pw@h", "redis://h"),
      ("redis://u@h", "redis://u@h"), ("unix:///run/a:b@c.sock", "unix:///run/a:b@c.sock"),
      ("redis://u:p/q?r#s@h", "redis://u@h"), ("unix://u:p@/a:b@/c", "unix://u@/a:b@/c"),
      ("redis://:p:/@h", "redis://h"),
    ])
  func typedRemote(typed: String, kept: String) {
    #expect(RemoteSettings(name: "r", urlWithoutPassword: typed).url == kept)
  }

  @Test("of banks are random UUIDs")
  func bank() {
    let names = (0..<50).map { _ in BankIdentity.random(SystemRandom()) }
    #expect(names.allSatisfy(BankIdentity.isValid))
    #expect(Set(names).count == 50)
    #expect(names.allSatisfy { Array($0.utf8)[14] == UInt8(ascii: "4") && "89ab".utf8.contains(Array($0.utf8)[19]) })
    #expect(!BankIdentity.isValid("0190A1B2-c3d4-4e5f-8a6b-7c8d9e0f1a2b"))
  }
}

@Suite("Lengths of time and sizes in words")
struct WordsTests {
  @Test(
    "are read",
    arguments: [
      ("90s", 90), ("24h", 86_400), ("30d", 2_592_000), ("5m", 300), ("2w", 1_209_600), ("3600", 3_600), ("0", 0),
      ("1h30m", 5_400), ("1H", 3_600), ("", nil), ("h", nil), ("1.5h", nil), ("-1h", nil), ("1h30", nil), ("1 h", nil),
      ("1y", nil), ("99999999999999999999", nil), ("9999999999999999w", nil), ("never", nil), ("+5s", nil),
    ] as [(String, Int64?)])
  func duration(text: String, seconds: Int64?) {
    #expect(DurationText.seconds(text) == seconds)
  }

  @Test(
    "are written so that they are read back",
    arguments: [
      (90, "90s"), (86_400, "24h"), (2_592_000, "30d"), (300, "5m"), (3_600, "1h"), (1_209_600, "14d"), (0, "0s"),
    ] as [(Int64, String)])
  func durationText(seconds: Int64, text: String) {
    #expect(DurationText.text(seconds) == text)
    #expect(DurationText.seconds(text) == seconds)
  }

  @Test(
    "of bytes are read",
    arguments: [
      ("1MiB", 1 << 20), ("512", 512), ("64k", 65_536), ("8M", 8 << 20), ("1.5KiB", 1_536), ("10MB", 10_000_000),
      ("2 GiB", 2 << 30), ("1b", 1), ("", nil), ("MiB", nil), ("1.5", nil), ("1.", nil), ("-1", nil), ("1TiBs", nil),
      ("9999999999999GiB", nil), ("1.2.3M", nil), ("0x10", nil),
    ] as [(String, Int64?)])
  func size(text: String, bytes: Int64?) {
    #expect(ByteSizeText.bytes(text) == bytes)
  }

  @Test(
    "of bytes are written so that they are read back",
    arguments: [(1 << 20, "1MiB"), (1_000, "1000"), (1_536, "1536"), (10_240, "10KiB"), (3 << 30, "3GiB"), (0, "0")]
      as [(Int64, String)])
  func sizeText(bytes: Int64, text: String) {
    #expect(ByteSizeText.text(bytes) == text)
    #expect(ByteSizeText.bytes(text) == bytes)
  }
}
