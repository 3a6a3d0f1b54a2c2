/// The settings of a bank: what its `.membank` says, over the defaults.
public struct Configuration: Hashable, Sendable {
  /// The schema version of `.membank` that this program writes, and the newest that it reads.
  public static let schema = 1
  /// The name of the file in the bank's root.
  public static let fileName = ".membank"

  /// The bank's identity, a UUID in lower case (`membank.bank`); nil until `init` gave it one.
  public var bank: String?
  /// The schema version that the file names (`membank.version`).
  public var version = schema
  /// The bank's name in Redis (`membank.project`); nil: ``ProjectName/proposed(forDirectory:)``.
  public var project: String?
  /// The first part of every key (`membank.prefix`).
  public var prefix = KeyPrefix.standard
  /// Patterns of the files that belong to the bank (`membank.include`, any number); empty: all files.
  public var include: [String] = []
  /// Patterns, in gitignore syntax, of what does not (`membank.ignore`, any number).
  public var ignore: [String] = []
  /// Bytes over which a file has no `doc` key (`membank.maxSize`).
  public var maxSize: Int64 = 1 << 20
  /// Bytes over which a file is held back whole (`membank.holdSize`).
  public var holdSize: Int64 = 8 << 20
  /// How long keys live (`ttl.*`, `ttl-class.*`).
  public var ttl = TimesToLive()
  /// Whether each version also gets a key of its own (`membank.snap`).
  public var snap = false
  /// Seconds between full rescans, before jitter (`membank.rescan`).
  public var rescan: Int64 = 3_600
  /// Where the bank is mirrored (`remote.*`), in the order of the file.
  public var remotes: [RemoteSettings] = []
  /// What remotes that bill each command may cost (`quota.*`).
  public var quota = QuotaConfiguration()
  /// Fingerprints of findings that may leave this machine (`secrets.allow`, any number).
  public var allowedSecrets: Set<String> = []
  /// Rules of merging by pattern (`[merge "PATTERN"]`), as written, in the order of the file.
  public var mergeRules: [NamedSettings] = []
  /// When and how long backups are made and kept (`backup.*`), as written.
  public var backup: [Setting] = []
  /// Where backups go (`[backup "NAME"]`), as written.
  public var backupTargets: [NamedSettings] = []
  /// Settings that this version doesn't know, as written.
  public var unknown: [Setting] = []
  /// What was passed over while reading.
  public var warnings: [ConfigurationWarning] = []

  /// The defaults.
  public init() {}

  /// The defaults, as the environment changes them.
  public init(environment: Environment) {
    prefix = environment.prefix ?? prefix
    if let seconds = environment.documentTTL { ttl["doc"] = seconds }
  }
}

/// Where a bank is mirrored: `[remote "NAME"]`.
public struct RemoteSettings: Hashable, Sendable {
  /// Its name, which also names its refs.
  public var name: String
  /// Its address, without a password.
  public var url: String
  /// The user to authenticate as (`user`).
  public var user: String?
  /// The file whose first line is the password (`password-file`).
  public var passwordFile: String?
  /// The file whose first line is the REST token (`token-file`), for `https://`.
  public var tokenFile: String?
  /// The file with the certificates to trust (`ca-file`), in place of the system's.
  public var caFile: String?

  /// A remote.
  public init(
    name: String, url: String, user: String? = nil, passwordFile: String? = nil, tokenFile: String? = nil,
    caFile: String? = nil
  ) {
    self.name = name
    self.url = url
    self.user = user
    self.passwordFile = passwordFile
    self.tokenFile = tokenFile
    self.caFile = caFile
  }

  /// A remote at an address that somebody typed: a password in it is left out, since this file is for others, too.
  public init(name: String, urlWithoutPassword url: String) {
    var bytes = Array(url.utf8)
    if let range = ConnectionText.password(in: bytes) {
      // `user:password@` keeps its user; of `:password@` nothing is left.
      let start = range.lowerBound - 1
      let isNameless = start == ConnectionText.credentials(in: bytes)?.lowerBound
      bytes.removeSubrange(start..<(isNameless ? range.upperBound + 1 : range.upperBound))
    }
    self.init(name: name, url: String(decoding: bytes, as: UTF8.self))
  }

  /// Whether `name` may be a remote's: what can stand in a ref's name, in a log line and in a command.
  public static func isValidName(_ name: String) -> Bool {
    ProjectName.isValid(name) && name.first != "." && name.first != "-" && name.last != "."
      && !name.hasSuffix(".lock")
      && !name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        .contains(where: \.isEmpty)
  }
}

/// One setting as it was written.
public struct Setting: Hashable, Sendable {
  /// The key; its section and name in lower case.
  public var key: String
  /// The value; nil when it stands without `=`, which means true.
  public var value: String?

  /// A key with its value.
  public init(_ key: String, _ value: String?) {
    self.key = key
    self.value = value
  }
}

/// The settings below one `[section "name"]`, as they were written.
public struct NamedSettings: Hashable, Sendable {
  /// What stands in the quotation marks.
  public var name: String
  /// The settings; their keys are the last part only.
  public var settings: [Setting]

  /// Some settings under a name.
  public init(name: String, settings: [Setting] = []) {
    self.name = name
    self.settings = settings
  }
}
