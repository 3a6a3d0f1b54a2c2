public import Support

/// All that a bank's settings say of backups.
public struct BackupSettings: Hashable, Sendable {
  /// The target that there is when none is named.
  public static let defaultName = "default"

  /// The places that can be used, in the order of the file.
  public private(set) var targets: [TargetSettings] = []
  /// Those whose settings make no sense, and why.
  public private(set) var problems: [(name: String, message: String)] = []
  /// What is passed over.
  public private(set) var warnings: [String] = []
  /// Whether there is only the default target, which nobody has named.
  public private(set) var isDefault = false

  /// Reads the settings.
  ///
  /// One target that makes no sense does not keep the others from being used.
  ///
  /// - Parameters:
  ///   - configuration: The bank's settings, as far as they are trusted.
  ///   - environment: Where `BACKUP_INTERVAL`, `BACKUP_RETENTION` and names in paths come from.
  ///   - bank: The bank's directory: backups are not kept in it.
  ///   - standard: The directory of the default target.
  public init(_ configuration: Configuration, _ environment: Environment, bank: String, standard: String) {
    var general = SettingsReader(configuration.backup, place: "[backup]", known: SettingsReader.shared)
    warnings += general.warnings
    let common: TargetDefaults
    do throws(SettingsProblem) {
      common = try TargetDefaults(&general, environment)
    } catch {
      // What holds for all of them makes no sense: neither do they.
      let names = configuration.backupTargets.map(\.name)
      problems = (names.isEmpty ? [Self.defaultName] : names).map { ($0, error.description) }
      return
    }
    for target in configuration.backupTargets {
      var reader = SettingsReader(
        target.settings, place: "[backup \"\(target.name)\"]", known: SettingsReader.shared + SettingsReader.own)
      warnings += reader.warnings
      do throws(SettingsProblem) {
        let target = try Self.target(target.name, &reader, common, environment, bank)
        if let other = targets.first(where: { $0.kind.isSamePlace(as: target.kind) }) {
          // Each would take away what the other's rules keep.
          throw reader.problem(nil, "is the same place as '\(other.name)'; one target may have several schedules")
        }
        targets.append(target)
      } catch {
        problems.append((target.name, error.description))
      }
    }
    if configuration.backupTargets.isEmpty {
      isDefault = true
      targets = [
        TargetSettings(
          name: Self.defaultName, kind: .bundle(directory: standard), schedule: common.schedule,
          retention: common.retention, jitter: common.jitter)
      ]
    }
  }

  private static func target(
    _ name: String, _ reader: inout SettingsReader, _ common: TargetDefaults, _ environment: Environment, _ bank: String
  ) throws(SettingsProblem) -> TargetSettings {
    guard RemoteSettings.isValidName(name) else {
      throw reader.problem(nil, "'\(name)' can't name a target: it takes letters, digits, '.', '_' and '-'")
    }
    let own = try TargetDefaults(&reader, common)
    let kind: TargetSettings.Kind
    switch reader["target"] ?? "bundle" {
    case "bundle": kind = .bundle(directory: try directory(&reader, environment, bank))
    case "upstash-copy": kind = .copy(try server(name, &reader, environment))
    case "upstash-snapshot": kind = .snapshot(remote: reader["remote"])
    case let other:
      throw reader.problem(
        "target", "'\(other)' is no kind of target; there are bundle, upstash-copy and upstash-snapshot")
    }
    return TargetSettings(
      name: name, kind: kind, schedule: own.schedule, retention: own.retention, jitter: own.jitter)
  }

  private static func server(
    _ name: String, _ reader: inout SettingsReader, _ environment: Environment
  ) throws(SettingsProblem) -> RemoteSettings? {
    guard let url = reader["url"] else {
      if environment.upstashURL != nil { return nil }
      throw reader.problem(
        "url", "is missing, and UPSTASH_REDIS_REST_URL is not set; name the database that copies are to be kept in")
    }
    if RemoteSettings(name: name, urlWithoutPassword: url).url != url {
      throw reader.problem("url", "holds a password; put it in a file of its own and name that with password-file")
    }
    return RemoteSettings(
      name: name, url: url, user: reader["user"], passwordFile: reader["password-file"],
      tokenFile: reader["token-file"], caFile: reader["ca-file"])
  }

  private static func directory(
    _ reader: inout SettingsReader, _ environment: Environment, _ bank: String
  ) throws(SettingsProblem) -> String {
    guard let written = reader["directory"] else {
      throw reader.problem("directory", "is missing; name the directory that bundles are to be kept in")
    }
    var path = environment.expanded(written)
    while path.count > 1, path.last == "/" { path.removeLast() }
    guard path.hasPrefix("/") else {
      throw reader.problem("directory", "is '\(written)' and should be an absolute path, or begin with ~/")
    }
    guard path != bank, !path.hasPrefix(bank + "/") else {
      throw reader.problem(
        "directory", "is '\(written)', inside the bank; what is kept there would be lost with it. Name another one")
    }
    return path
  }

  /// Whether both say the same.
  public static func == (left: BackupSettings, right: BackupSettings) -> Bool {
    left.targets == right.targets && left.warnings == right.warnings && left.isDefault == right.isDefault
      && left.problems.elementsEqual(right.problems) { $0 == $1 }
  }

  /// Feeds what tells settings apart.
  public func hash(into hasher: inout Hasher) { hasher.combine(targets) }
}

/// What targets have in common unless they say otherwise.
struct TargetDefaults {
  let schedule: Schedule?
  let retention: RetentionPolicy
  let jitter: Int64?

  /// What `[backup]` says, over the environment, over the defaults.
  init(_ reader: inout SettingsReader, _ environment: Environment) throws(SettingsProblem) {
    var inherited = RetentionPolicy.standard
    if let text = environment.backupRetention {
      guard let policy = RetentionPolicy(parsing: text) else {
        throw SettingsProblem(
          "BACKUP_RETENTION is '\(text)' and should be a number of days, or such as daily=7,weekly=4,monthly=6")
      }
      inherited = policy
    }
    schedule = try reader.schedule() ?? environment.backupInterval.map { Schedule(everySeconds: $0) }
    retention = try reader.retention() ?? inherited
    jitter = try reader.jitter()
  }

  /// What a target says, over what holds for all.
  init(_ reader: inout SettingsReader, _ common: TargetDefaults) throws(SettingsProblem) {
    schedule = try reader.schedule() ?? common.schedule
    retention = try reader.retention() ?? common.retention
    jitter = try reader.jitter() ?? common.jitter
  }
}
