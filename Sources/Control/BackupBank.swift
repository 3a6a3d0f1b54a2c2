public import Backup
import FoundationEssentials
import Glibc
import History
import Mirror
import RedisTransport
import Support
import SyncEngine

/// A bank, as its backups see it: its settings of them, and what it takes to make and read them.
///
/// Plain values, so that it may cross to a thread that works on them.
public struct BackupBank: Sendable {
  /// The bank's directory.
  public let directory: String
  /// What its settings say.
  public let settings: BackupSettings
  /// What `membank approve` takes, when there are targets that this machine did not name.
  public let pending: String?
  /// Whose backups they are.
  public let subject: BackupSubject
  /// What this machine notes of them.
  public let notes: BackupState
  let state: StateDirectory
  let environment: Environment
  let configuration: Configuration

  /// Reads the settings of a bank.
  ///
  /// - Throws: ``ControlError`` when it is none.
  public init(_ setup: BankSetup) throws(ControlError) {
    let configuration = try setup.load()
    let state = try setup.state(configuration)
    self.init(TrustedSettings(configuration, state), state, setup.directory, setup.environment)
  }

  init(_ settings: TrustedSettings, _ state: StateDirectory, _ directory: String, _ environment: Environment) {
    configuration = settings.configuration
    self.state = state
    self.environment = environment
    self.directory = directory
    self.settings = BackupSettings(
      configuration, environment, bank: directory, standard: "\(state.path)/backups")
    pending = settings.pending
    notes = BackupState(state.path)
    subject = BackupSubject(
      project: configuration.project ?? "bank", bank: configuration.bank ?? "", replica: state.replica(),
      prefix: configuration.prefix, documentLimit: configuration.maxSize)
  }

  /// The targets of these names, or all; none that can't be used is left out silently.
  ///
  /// - Throws: ``ControlError`` (usage) for a name that no target bears, or whose settings make no sense.
  public func targets(_ names: [String]) throws(ControlError) -> [TargetSettings] {
    for name in names where !settings.targets.contains(where: { $0.name == name }) {
      if let problem = settings.problems.first(where: { $0.name == name }) {
        throw ControlError(.usage, problem.message)
      }
      let known = settings.targets.map(\.name)
      throw ControlError(
        .usage,
        "no backup target is called '\(name)'; there \(known.count == 1 ? "is" : "are") \(known.joined(separator: ", "))"
      )
    }
    if names.isEmpty, let problem = settings.problems.first { throw ControlError(.usage, problem.message) }
    return names.isEmpty ? settings.targets : settings.targets.filter { names.contains($0.name) }
  }

  /// When a target with a schedule is due.
  func timing(_ target: TargetSettings) -> BackupTiming? {
    target.schedule.map {
      BackupTiming($0, jitter: target.jitter, seed: "\(subject.bank)\0\(subject.replica)\0\(target.name)")
    }
  }

  /// Opens a target.
  ///
  /// - Parameters:
  ///   - target: Its settings.
  ///   - scratch: A database that may be wiped to look into a snapshot; nil: there is none.
  /// - Returns: The target.
  /// - Throws: ``BackupError`` when it can't be reached.
  func open(_ target: TargetSettings, through scratch: ScratchDatabase? = nil) throws(BackupError) -> any BackupTarget {
    switch target.kind {
    case .bundle(let directory):
      let hasBackups = notes.pasts()[target.name]?.succeeded != nil
      return BundleTarget(subject, directory: directory, mayMakeDirectory: !hasBackups)
    case .copy(let remote):
      let place = try Self.place(of: remote, environment)
      let mirrors = (try? RemoteList(configuration, environment: environment, named: []))?.targets ?? []
      guard !mirrors.contains(where: { $0.place.isSameDatabase(as: place) }) else {
        throw BackupError(
          .settings, "backup target '\(target.name)'",
          "is the database that the bank is mirrored to: what empties that takes the copies along. Name another one, "
            + "or keep bundles")
      }
      return CopyTarget(subject, try inRedis { () throws(RedisError) in try Self.connect(place) })
    case .snapshot(let remote): return try snapshots(target, of: remote, through: scratch)
    }
  }

  /// Where copies are; nil: in the Upstash database that the environment names.
  static func place(of remote: RemoteSettings?, _ environment: Environment) throws(BackupError) -> RemoteTarget.Place {
    var configuration = Configuration()
    configuration.remotes = remote.map { [$0] } ?? []
    let name = remote.map { $0.name.isEmpty ? $0.url : "backup target '\($0.name)'" } ?? "UPSTASH_REDIS_REST_URL"
    do {
      if let place = try RemoteList(configuration, environment: environment, named: []).targets.first?.place {
        return place
      }
    } catch {
      throw BackupError(.settings, name, error.message)
    }
    throw BackupError(.settings, name, "names no database that copies could be in")
  }

  /// A client for a database.
  static func connect(_ place: RemoteTarget.Place) throws(RedisError) -> any RedisClient {
    switch place {
    case .redis(let address): return try RedisRouter(address)
    case .rest(let address): return RestClient(address)
    case .embedded:
      throw RedisError(
        .unreachable, operation: "connect", operand: "embedded", message: "a bank's private server keeps no backups")
    }
  }
}

extension RemoteTarget.Place {
  /// Whether what is written to one is found in the other.
  func isSameDatabase(as other: RemoteTarget.Place) -> Bool {
    switch (self, other) {
    case (.redis(let one), .redis(let two)): one.endpoint == two.endpoint && one.database == two.database
    case (.rest(let one), .rest(let two)): one.endpoint == two.endpoint
    default: false
    }
  }
}

extension StateDirectory {
  /// What this replica is called, chosen when it is first asked for.
  func replica() -> String {
    if let known = read("replica"), !known.isEmpty { return known }
    let made = SystemRandom().hex(16)
    try? write("replica", made)
    return made
  }
}
