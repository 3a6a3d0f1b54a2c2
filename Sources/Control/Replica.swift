import Bank
import CLinux
import FoundationEssentials
import Glibc
import History
import Mirror
import RedisTransport
public import Support
public import SyncEngine

/// One bank on this machine, opened for writing: its directory, state, history, engine and remotes.
///
/// Opening takes the lock; there is one such object per bank and machine.
public final class Replica {
  /// The directory's canonical path.
  public let directory: String
  /// Where history and notes are.
  public let state: StateDirectory
  /// What holds of the configuration.
  public private(set) var settings: TrustedSettings
  /// The engine.
  public let engine: Engine
  /// The root's identity and marker.
  public let root: RootGuard
  /// The remotes, in the engine's order.
  public private(set) var remotes: [RemoteConnector]
  /// What was found and mended at the start, for the log and for `status`.
  public let notices: [String]
  let environment: Environment
  let log: Log
  private let lock: BankLock
  private let named: [String]
  var embedded: EmbeddedServer?

  /// Opens a bank; nil when another process has it.
  ///
  /// - Parameters:
  ///   - setup: The bank.
  ///   - named: Remotes named on the command line.
  ///   - log: Where to say what is noticed.
  /// - Throws: ``ControlError``, with the exit code of the contract.
  public init?(
    _ setup: BankSetup, remotes named: [String] = [], log: Log
  ) throws(ControlError) {
    let configuration = try setup.load()
    let state = try setup.state(configuration)
    guard let lock = try Self.lock(state) else { return nil }
    // From here on anything may change; a pass that finds nothing to do notes it anew.
    Standstill.forget(state)
    self.lock = lock
    self.state = state
    self.log = log
    self.named = named
    directory = setup.directory
    environment = setup.environment
    let settings = TrustedSettings(configuration, state)
    self.settings = settings
    let list = try RemoteList(settings.configuration, environment: environment, named: named)
    var notices = list.notices
    do {
      let fileSystem = try LinuxFileSystem(root: directory)
      let bank = Bank(fileSystem: fileSystem, rules: Self.rules(settings.configuration), random: SystemRandom())
      let history = try History.create(at: state.history)
      var opening = try Opening(history, notes: state, bootID: Self.bootID())
      engine = try opening.engine(
        bank: bank, settings: Self.engineSettings(settings.configuration, state, environment),
        table: state.readBytes("table").flatMap { FileTable(parsing: $0) } ?? FileTable(), clock: SystemClock(),
        random: SystemRandom())
      try opening.restoreTornFiles(engine, bootedAt: Self.bootTime())
      notices += opening.notices
    } catch let error as HistoryError {
      throw ControlError(.problems, "the history in \(state.history): \(error)")
    } catch {
      throw ControlError(.problems, "\(error)")
    }
    let path = directory
    root = RootGuard(engine, directory: path, notes: state) { BankLocation.isBank(path) }
    remotes = []
    self.notices = notices
    try prepareEmbedded(list)
    use(try connectors(list, settings.configuration), list)
    root.check()
  }

  private static func lock(_ state: StateDirectory) throws(ControlError) -> BankLock? {
    do { return try BankLock(state) } catch { throw ControlError(.usage, "\(error)") }
  }

  private func connectors(
    _ list: RemoteList, _ configuration: Configuration
  ) throws(ControlError) -> [RemoteConnector] {
    do {
      return try RemoteConnector.all(list, configuration, embedded: embedded?.socketPath)
    } catch {
      throw ControlError(.usage, "\(error)")
    }
  }

  private func use(_ connectors: [RemoteConnector], _ list: RemoteList) {
    for secret in list.secrets { log.hide(secret) }
    remotes = connectors
    engine.setRemotes(remotes.map { ($0.target.name, $0.address) })
    let (quota, notes) = (QuotaSettings(settings.configuration.quota), QuotaNotes(state))
    for (index, remote) in remotes.enumerated() {
      let kept = notes.kept(for: engine.sessions[index])
      engine.setQuota(
        index, remote.billsCommands ? quota : nil, ledger: kept?.ledger, renewAt: kept?.renewAt)
    }
  }

  /// How the bank's backups are to be made, by the settings that hold now.
  var backups: BackupBank { BackupBank(settings, state, directory, environment) }

  /// Reads the configuration again; a broken one changes nothing.
  public func reload() throws(ControlError) {
    let configuration = try BankSetup(directory, environment: environment).load()
    let settings = TrustedSettings(configuration, state)
    let list = try RemoteList(settings.configuration, environment: environment, named: named)
    try prepareEmbedded(list)
    let connectors = try connectors(list, settings.configuration)
    self.settings = settings
    use(connectors, list)
    engine.settings = Self.engineSettings(settings.configuration, state, environment)
    takeUpRules()
  }

  /// Makes the configuration's ignore rules hold, and takes up what the earlier ones hid.
  ///
  /// Where that isn't possible yet, the earlier ones stay in force until the next start or reload.
  public func takeUpRules() {
    let configuration = settings.configuration
    do {
      guard try !engine.takeUp(ignore: configuration.ignore, include: configuration.include, notes: state) else {
        return
      }
      log.warning(
        "some files that the new ignore rules show can't be written or read; the earlier rules stay", key: "rules")
    } catch {
      log.error("the new ignore rules: \(error)", key: "rules")
    }
  }

  /// Has a private server where the list names one, and none where it doesn't.
  private func prepareEmbedded(_ list: RemoteList) throws(ControlError) {
    let isWanted = list.targets.contains { $0.place == .embedded }
    if !isWanted, embedded != nil {
      stopEmbedded()
      embedded = nil
    }
    guard isWanted, embedded == nil else { return }
    do { embedded = try EmbeddedServer(directory: state.redis) } catch { throw ControlError(.problems, "\(error)") }
  }

  /// Opens whatever directory stands in the bank's place now.
  ///
  /// - Throws: ``ControlError`` when there is none.
  public func reopenRoot() throws(ControlError) {
    do {
      engine.bank = Bank(
        fileSystem: try LinuxFileSystem(root: directory), rules: engine.bank.rules, random: SystemRandom())
    } catch {
      throw ControlError(.halted, "\(error)")
    }
  }

  /// Lets the settings in that came with the directory.
  public func approveSettings() throws(ControlError) {
    let configuration = try BankSetup(directory, environment: environment).load()
    do { try TrustedSettings.approve(configuration, state) } catch { throw ControlError(.problems, "\(error)") }
    try reload()
  }

  /// Starts the private server, if there is to be one; without it versions are kept all the same.
  public func startEmbedded() {
    guard let embedded else { return }
    do { try embedded.start() } catch {
      log.warning("\(error); versions are kept, nothing is mirrored", key: "embedded")
    }
  }

  /// Ends the private server, if one runs.
  public func stopEmbedded() {
    guard let embedded else { return }
    do { try embedded.stop() } catch { log.warning("\(error)", key: "embedded") }
  }

  /// Notes that this run, a mere look included, ended in order: what the next one finds is no damage of a power cut.
  deinit { Opening.noteEnd(state) }

  /// Saves the stat cache; losing it costs a read of every file.
  public func saveTable() {
    if engine.tableIsSaved { return }
    engine.tableIsSaved = true
    Failpoint.tableReady.pass()
    do { try state.write("table", engine.table.serialised()) } catch { log.warning("\(error)", key: "table") }
    Failpoint.tableSaved.pass()
  }

  static func rules(_ configuration: Configuration) -> IgnoreRules {
    IgnoreRules(patterns: configuration.ignore, include: configuration.include)
  }

  static func engineSettings(
    _ configuration: Configuration, _ state: StateDirectory, _ environment: Environment
  ) -> EngineSettings {
    let author = Author.of(environment)
    return EngineSettings(
      bank: configuration.bank ?? "", replica: state.replica(), authorName: author.name, authorEmail: author.email,
      offsetMinutes: Author.offsetMinutes(),
      presence: ["host": Author.hostName(), "version": Version.current], documentLimit: configuration.maxSize,
      holdLimit: configuration.holdSize,
      allowedSecrets: configuration.allowedSecrets, ttl: TTLPolicy(configuration.ttl),
      mergeTable: MergeTable(configuration.mergeRules))
  }

  private static func bootID() -> String {
    let text = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id") ?? Data()
    return String(decoding: text, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? "unknown"
  }

  /// When the machine booted, in nanoseconds since 1970.
  private static func bootTime() -> Int64 {
    let clock = SystemClock()
    var up = timespec()
    clock_gettime(CLOCK_BOOTTIME, &up)
    return clock.wallMilliseconds * 1_000_000 - Int64(up.tv_sec) * 1_000_000_000 - Int64(up.tv_nsec)
  }
}
