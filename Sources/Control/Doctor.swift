import Backup
import CLinux
import FoundationEssentials
import Glibc
import History
import Mirror
import RedisTransport
public import Support
import SyncEngine

/// One thing that was looked at.
public struct Checkup: Sendable {
  /// How it is.
  public enum State: String, Sendable {
    /// As it should be.
    case good = "ok"
    /// Works, but somebody should know.
    case warning
    /// Does not work.
    case bad
  }

  /// What was looked at.
  public let name: String
  /// How it is.
  public let state: State
  /// What was found, and the way out where there is something to mend.
  public let message: String

  init(_ name: String, _ state: State, _ message: String) {
    self.name = name
    self.state = state
    self.message = message
  }

  /// The object of `--json`.
  public var json: JSONValue {
    .members(["check": .string(name), "state": .string(state.rawValue), "message": .string(message)])
  }
}

/// Looks at everything that a bank needs; changes nothing.
public struct Doctor {
  let setup: BankSetup
  private var found: [Checkup] = []

  /// Looks at a bank and at this machine.
  public static func examine(_ setup: BankSetup) -> [Checkup] {
    var doctor = Doctor(setup: setup)
    doctor.run()
    return doctor.found
  }

  private init(setup: BankSetup) { self.setup = setup }

  mutating func note(_ name: String, _ state: Checkup.State, _ message: String) {
    found.append(Checkup(name, state, message))
  }

  private mutating func run() {
    checkMachine()
    do {
      let configuration = try setup.load()
      for warning in configuration.warnings { note("settings", .warning, "\(warning)") }
      let state = try setup.state(configuration)
      note(
        "bank", .good, "\(setup.directory), project \(configuration.project ?? ""), bank \(configuration.bank ?? "")")
      checkFiles(configuration)
      checkHistory(state)
      let trusted = TrustedSettings(configuration, state)
      if let pending = trusted.pending {
        note("settings", .warning, "settings of .membank wait for `membank approve \(pending)`")
      }
      checkDaemon(state)
      checkService()
      checkBackups(BackupBank(trusted, state, setup.directory, setup.environment))
      try checkRemotes(trusted.configuration, state)
    } catch {
      note("bank", .bad, error.message)
    }
  }

  private mutating func checkHistory(_ state: StateDirectory) {
    do {
      let history = try History(opening: state.history)
      guard let main = try history.ref(EngineRef.main) else {
        return note("history", .warning, "no version yet; `membank sync --once` makes the first")
      }
      checkClock(try history.commit(main))
      guard try history.isComplete(main, trusting: []) else {
        return note(
          "history", .bad,
          "\(state.history): objects are missing below \(main.short()); a sync brings them back from a remote")
      }
      note(
        "history", .good, "\(state.history), complete at \(main.short()), \(try history.looseObjectCount) loose objects"
      )
    } catch {
      note("history", .bad, "\(state.history): \(error)")
    }
  }

  private mutating func checkBackups(_ bank: BackupBank) {
    for warning in bank.settings.warnings { note("backup", .warning, warning) }
    for report in BackupReport.all(bank) {
      let name = report["name"]?.text ?? ""
      let last = report["last"]?.text.map { "the last one is of \($0)" } ?? "none was made yet"
      let isOverdue = report["state"] == "overdue"
      note(
        "backup", BackupReport.isTrouble(report) ? isOverdue ? .warning : .bad : .good,
        BackupReport.trouble(report) ?? "'\(name)' at \(report["place"]?.text ?? ""): \(last)")
    }
  }

  private mutating func checkDaemon(_ state: StateDirectory) {
    let path = ControlSocket.path(state, runtimeDirectory: setup.environment.runtimeDirectory)
    guard let client = try? ControlClient(path) else {
      return note("daemon", .warning, "none runs; `membank sync`, or the systemd user service membank@.service")
    }
    _ = consume client
    note("daemon", .good, "listens at \(path)")
  }

  private mutating func checkRemotes(
    _ configuration: Configuration, _ state: StateDirectory
  ) throws(ControlError) {
    let list = try RemoteList(configuration, environment: setup.environment, named: [])
    for notice in list.notices { note("remotes", .warning, notice) }
    drillFallback(isNeeded: list.targets.contains { $0.place == .embedded })
    for target in list.targets {
      switch target.place {
      case .embedded: checkEmbedded(target.name, state, configuration)
      case .redis(let address): checkRemote(target.name, address, configuration)
      case .rest(let address):
        checkRemote(target.name, configuration, "\(address)", { "\($0)" }) { () throws(RedisError) in
          RestClient(address)
        }
      }
    }
  }

  /// Looks at the private server, where the daemon has it running.
  private mutating func checkEmbedded(_ name: String, _ state: StateDirectory, _ configuration: Configuration) {
    let socket = state.redis + "/redis.sock"
    // A longer name is no address; the daemon has its own way there.
    guard access(socket, F_OK) == 0, socket.utf8.count < 108 else { return }
    checkRemote(name, RedisAddress(.unix(path: socket)), configuration)
  }

  private mutating func checkRemote(_ name: String, _ address: RedisAddress, _ configuration: Configuration) {
    checkRemote(name, configuration, "\(address)", { Self.explained($0, address) }) { () throws(RedisError) in
      try RedisRouter(address)
    }
  }

  private mutating func checkRemote(
    _ name: String, _ configuration: Configuration, _ address: String, _ explained: (RedisError) -> String,
    _ connect: () throws(RedisError) -> any RedisClient
  ) {
    do {
      let client = try connect()
      defer { client.close() }
      let keys = try MirrorKeys(prefix: configuration.prefix, project: configuration.project ?? "bank")
      let mirror = Mirror(
        client: client, keys: keys, ttl: TTLPolicy(configuration.ttl), limits: MirrorLimits(), random: SystemRandom())
      if client is RestClient {
        // To look at the TTL of each key would be billed key by key.
        _ = try mirror.readHead()
        note(name, .good, "\(address) answers; foreign writes are found by looking from time to time")
        return
      }
      let bare = try mirror.keysWithoutTTL()
      note(
        name, bare.isEmpty ? .good : .warning,
        bare.isEmpty
          ? "\(address), every key has a TTL"
          : "\(bare.count) keys without a TTL, the first: \(bare[0]); a sync gives them one")
      let facts = try mirror.serverFacts()
      if let policy = facts.evictionPolicy, policy != "noeviction" {
        note(
          name, .warning,
          "maxmemory-policy is \(policy): short of memory, the server drops keys of the bank. They are put back; with the policy noeviction it keeps them"
        )
      }
      if !facts.announcesWrites {
        note(
          name, .warning,
          "no keyspace notifications: foreign writes are found by polling. `CONFIG SET notify-keyspace-events Kg$xe` turns them on"
        )
      }
    } catch let error as RedisError {
      note(name, .bad, explained(error))
    } catch let error as MirrorError {
      note(name, .bad, error.redis.map(explained) ?? "\(error)")
    } catch {
      note(name, .bad, "\(error)")
    }
  }

  /// Says what is behind an error that misleads.
  private static func explained(_ error: RedisError, _ address: RedisAddress) -> String {
    guard error.kind == .credentials, address.password == nil, isWSL else { return "\(error)" }
    // A relay of the Windows side can listen on 127.0.0.1 in front of the Redis that was meant.
    return
      "\(error). On WSL2 another Redis, on the Windows side, may answer on 127.0.0.1: try the address of eth0, or another port"
  }

  private static var isWSL: Bool {
    let text = FileManager.default.contents(atPath: "/proc/sys/kernel/osrelease") ?? Data()
    return String(decoding: text, as: UTF8.self).lowercased().contains("microsoft")
  }
}
