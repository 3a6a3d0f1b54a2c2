import Bank
import History
import Mirror
import RedisTransport
import Support
import SyncEngine

/// The end of a pass that found nothing to do, noted for the next one: where all is still as it was then, that one needs
/// neither history nor engine to say so.
///
/// Whatever opens the bank takes the note away first, and only a pass that found everything at rest writes it. It holds
/// for one commit, one stat cache, one root and one set of settings; directory and remotes are looked at each time.
struct Standstill {
  private static let name = "standstill"

  private let main: ObjectID
  private let table: String
  private let root: String
  private let settings: String

  private var lines: [String] { [main.description, table, root, settings] }

  private init?(_ state: StateDirectory) {
    let lines = (state.read(Self.name) ?? "").split(separator: "\n").map(String.init)
    guard lines.count == 4, let main = ObjectID(hex: lines[0]) else { return nil }
    self.main = main
    (table, root, settings) = (lines[1], lines[2], lines[3])
  }

  private init?(_ replica: Replica) throws(HistoryError) {
    // What a private server holds is known only while it runs.
    guard try replica.engine.isAtRest, replica.embedded == nil, replica.settings.pending == nil,
      let main = replica.engine.main, let root = try? replica.engine.bank.rootIdentity(),
      let table = replica.state.readBytes("table").flatMap({ TableListing($0) })
    else { return nil }
    self.main = main
    self.table = table.checksum
    self.root = Self.text(root)
    settings = Self.digest(replica.settings.configuration, replica.remotes)
  }

  /// Forgets what was noted: for whoever opens the bank.
  static func forget(_ state: StateDirectory) { state.remove(name) }

  /// Notes that a pass has just found nothing to do, if that is so in every respect; losing the note costs time only.
  static func note(_ replica: Replica) {
    guard let found = try? Standstill(replica) else { return }
    try? replica.state.write(name, found.lines.joined(separator: "\n"))
  }

  /// What a pass reports where all is as the last one noted it; nil when anything is otherwise, or can't be told.
  ///
  /// - Throws: ``ControlError`` for settings that can't be used.
  static func report(_ setup: BankSetup, remotes named: [String]) throws(ControlError) -> SyncReport? {
    let configuration = try setup.load()
    let state = try setup.state(configuration)
    guard Standstill(state) != nil, let lock = try? BankLock(state) else { return nil }
    // Under the lock: nobody takes the note away any more, or begins to change what it speaks of.
    guard let noted = Standstill(state) else { return nil }
    let report = try noted.report(setup, state, TrustedSettings(configuration, state), named)
    _ = consume lock
    return report
  }

  private func report(
    _ setup: BankSetup, _ state: StateDirectory, _ trusted: TrustedSettings, _ named: [String]
  ) throws(ControlError) -> SyncReport? {
    let configuration = trusted.configuration
    let list = try RemoteList(configuration, environment: setup.environment, named: named)
    // What a person is to be told is told by a pass that opens the bank.
    guard trusted.pending == nil, list.notices.isEmpty, !Opening.isUnderWay(state),
      let remotes = try? RemoteConnector.all(list, configuration, embedded: nil),
      settings == Self.digest(configuration, remotes),
      let table = state.readBytes("table").flatMap({ TableListing($0) }), self.table == table.checksum,
      (try? History.ref(EngineRef.main, at: state.history)) == main,
      let fileSystem = try? LinuxFileSystem(root: setup.directory),
      (try? fileSystem.rootIdentity()).map(Self.text) == root
    else { return nil }
    let look = QuietLook(fileSystem, Replica.rules(configuration), expecting: table)
    guard let helper = try? WorkerThread("look", { look.takePart() }) else { return nil }
    look.takePart()
    helper.join()
    guard look.isUnchanged, areAsLeft(remotes, state, Replica.engineSettings(configuration, state, setup.environment))
    else { return nil }
    return SyncReport(resting: remotes, at: main, files: table.count, in: setup.directory)
  }

  /// Asks every remote whether it is as the last pass left it.
  private func areAsLeft(_ remotes: [RemoteConnector], _ state: StateDirectory, _ settings: EngineSettings) -> Bool {
    let notes = RemoteNotes(state)
    var left: [RemoteConnector: RemoteMemory] = [:]
    for remote in remotes {
      let driver = remote.driver()
      defer { driver.disconnect() }
      left[remote] = notes.memory(of: remote)?.stillHolds(
        at: main, settings, now: SystemClock().wallMilliseconds, perform: driver.perform)
    }
    try? notes.write(left)
    return left.count == remotes.count
  }

  private static func text(_ root: RootIdentity) -> String { "\(root.device):\(root.inode)" }

  private static func digest(_ configuration: Configuration, _ remotes: [RemoteConnector]) -> String {
    let text = [Version.current, configuration.rendered()] + remotes.map { "\($0.target.name)\t\($0.address)" }
    return sha256(Array(text.joined(separator: "\n").utf8))
  }
}
