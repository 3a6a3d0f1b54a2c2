import Bank
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
  ///   - scans: Whether everything will be looked at right away: then that begins while the rest is being opened.
  ///   - log: Where to say what is noticed.
  /// - Throws: ``ControlError``, with the exit code of the contract.
  public init?(
    _ setup: BankSetup, remotes named: [String] = [], scans: Bool = false, log: Log
  ) throws(ControlError) {
    let configuration = try setup.load()
    let state = try setup.state(configuration)
    guard let lock = try Self.lock(state) else { return nil }
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
      let bank = Bank(
        fileSystem: try LinuxFileSystem(root: directory), rules: Self.rules(settings.configuration),
        random: SystemRandom())
      let earlyScan = scans ? try EarlyScan(bank) : nil
      let history = try History.create(at: state.history)
      let bootID = Self.bootID()
      let isUnclean = state.read("boot").map { $0 != bootID } ?? false
      notices += try history.repair(thorough: isUnclean)
      try state.write("boot", bootID)
      engine = try Engine(
        bank: bank, history: history, settings: Self.engineSettings(settings.configuration, state, environment),
        table: state.readBytes("table").flatMap { FileTable(parsing: $0) } ?? FileTable(), clock: SystemClock(),
        random: SystemRandom())
      engine.joins = engine.main == nil && state.read("born") == nil
      if let scan = earlyScan?.finish(), !isUnclean, !engine.joins { engine.earlyScan = scan }
      if isUnclean { notices += try engine.restoreTornFiles(bootedAt: Self.bootTime()) }
    } catch let error as HistoryError {
      throw ControlError(.problems, "the history in \(state.history): \(error)")
    } catch {
      throw ControlError(.problems, "\(error)")
    }
    remotes = []
    self.notices = notices
    try prepareEmbedded(list)
    remotes = try connectors(list, settings.configuration)
    engine.setRemotes(remotes.map { ($0.target.name, $0.address) })
    checkRoot()
  }

  private static func lock(_ state: StateDirectory) throws(ControlError) -> BankLock? {
    do { return try BankLock(state) } catch { throw ControlError(.usage, "\(error)") }
  }

  private func connectors(
    _ list: RemoteList, _ configuration: Configuration
  ) throws(ControlError) -> [RemoteConnector] {
    do {
      let keys = try MirrorKeys(prefix: configuration.prefix, project: configuration.project ?? "bank")
      let ttl = TTLPolicy(configuration.ttl)
      let limits = MirrorLimits(documentBytes: Int(configuration.holdSize))
      return list.targets.map {
        RemoteConnector(
          target: $0, keys: keys, ttl: ttl, limits: limits, snapshots: configuration.snap,
          embedded: embedded.map { RedisAddress(.unix(path: $0.socketPath)) })
      }
    } catch {
      throw ControlError(.usage, "\(error)")
    }
  }

  /// Reads the configuration again; a broken one changes nothing.
  public func reload() throws(ControlError) {
    let configuration = try BankSetup(directory, environment: environment).load()
    let settings = TrustedSettings(configuration, state)
    let list = try RemoteList(settings.configuration, environment: environment, named: named)
    try prepareEmbedded(list)
    let connectors = try connectors(list, settings.configuration)
    self.settings = settings
    remotes = connectors
    engine.setRemotes(remotes.map { ($0.target.name, $0.address) })
    engine.settings = Self.engineSettings(settings.configuration, state, environment)
    takeUpRules()
  }

  /// Makes the configuration's ignore rules hold, and takes up what the earlier ones hid.
  ///
  /// Where that isn't possible yet, the earlier ones stay in force until the next start or reload.
  public func takeUpRules() {
    do { try useRules() } catch { log.error("the new ignore rules: \(error)", key: "rules") }
  }

  private func useRules() throws {
    let configuration = settings.configuration
    let text = JSONValue.members([
      "ignore": .array(configuration.ignore.map { .string($0) }),
      "include": .array(configuration.include.map { .string($0) }),
    ]).rendered()
    engine.bank.rules = Self.rules(configuration)
    guard let noted = state.read("rules") else { return try state.write("rules", text) }
    guard noted != text, let old = try? JSONValue.parse(noted) else { return }
    let (ignore, include) = (old["ignore"]?.elements ?? [], old["include"]?.elements ?? [])
    let earlier = IgnoreRules(patterns: ignore.compactMap(\.text), include: include.compactMap(\.text))
    guard try engine.reveal(hiddenBy: earlier) else {
      engine.bank.rules = earlier
      log.warning(
        "some files that the new ignore rules show can't be written or read; the earlier rules stay", key: "rules")
      return
    }
    // Noted last: what a kill cuts short is done again.
    try state.write("rules", text)
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

  /// Whether the directory is gone from its place: then there is nothing to look at, and nothing may be written.
  public private(set) var rootIsGone = false

  /// Notices a root that is not the directory it was, or has lost its marker: what is missing there proves nothing.
  public func checkRoot() {
    let identity = (try? engine.bank.rootIdentity()).map { "\($0.device):\($0.inode)" }
    let known = state.read("root")
    rootIsGone = identity == nil
    if identity == nil {
      engine.suspicion =
        "\(directory) is gone or can't be opened; nothing was taken for deleted. "
        + "Mount it or put it back; do not make another bank in its place"
    } else if !BankLocation.isBank(directory) {
      engine.suspicion =
        "the marker \(Configuration.fileName) is gone; nothing was taken for deleted. Restore the directory, or run `membank init \(directory)`; do not write the marker by hand"
    } else if let known, known != identity, engine.main != nil {
      engine.suspicion =
        "\(directory) is not the directory that it was; nothing was taken for deleted. Approve the deletions only if the new directory is complete"
    } else {
      engine.suspicion = nil
      if known == nil, let identity { try? state.write("root", identity) }
    }
  }

  /// Takes a directory that now stands in the bank's place for the bank, if nothing is missing in it.
  public func settleRoot() {
    guard engine.suspicion != nil, engine.plans.isEmpty, engine.lastLookWasWhole, BankLocation.isBank(directory) else {
      return
    }
    acceptRoot()
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
    checkRoot()
  }

  /// Accepts the root as it is now, after a person approved what is missing in it.
  public func acceptRoot() {
    if let identity = try? engine.bank.rootIdentity() {
      try? state.write("root", "\(identity.device):\(identity.inode)")
    }
    checkRoot()
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
  deinit { state.remove("boot") }

  /// Saves the stat cache; losing it costs a read of every file.
  public func saveTable() {
    if engine.tableIsSaved { return }
    engine.tableIsSaved = true
    do { try state.write("table", engine.table.serialised()) } catch { log.warning("\(error)", key: "table") }
  }

  private static func rules(_ configuration: Configuration) -> IgnoreRules {
    IgnoreRules(patterns: configuration.ignore, include: configuration.include)
  }

  private static func engineSettings(
    _ configuration: Configuration, _ state: StateDirectory, _ environment: Environment
  ) -> EngineSettings {
    var replica = state.read("replica") ?? ""
    if replica.isEmpty {
      replica = SystemRandom().hex(16)
      try? state.write("replica", replica)
    }
    let author = Author.of(environment)
    return EngineSettings(
      bank: configuration.bank ?? "", replica: replica, authorName: author.name, authorEmail: author.email,
      offsetMinutes: Author.offsetMinutes(),
      presence: ["host": Author.hostName(), "version": Version.current], documentLimit: configuration.maxSize,
      holdLimit: configuration.holdSize,
      allowedSecrets: configuration.allowedSecrets, ttl: TTLPolicy(configuration.ttl))
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
