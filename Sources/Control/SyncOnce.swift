import Bank
import History
import Mirror
import RedisTransport
public import Support
import SyncEngine

/// `membank sync --once`: one full pass, through the daemon if one runs.
public enum SyncOnce {
  /// What a pass came to.
  public struct Outcome: Sendable {
    /// The object of `--json`.
    public let report: JSONValue
    /// The exit code.
    public let code: ControlError.ExitCode
  }

  /// Runs a pass.
  public static func run(_ setup: BankSetup, remotes: [String], log: Log) throws(ControlError) -> Outcome {
    if let report = try Standstill.report(setup, remotes: remotes) {
      return Outcome(report: report.json, code: report.code)
    }
    switch try BankAccess.find(setup, remotes: remotes, log: log) {
    case .daemon(let client):
      let answer = try BankAccess.ask(client, ["command": "sync"])
      return Outcome(
        report: answer["report"] ?? .null,
        code: answer["code"]?.integer.flatMap { ControlError.ExitCode(rawValue: Int32(truncatingIfNeeded: $0)) }
          ?? .problems)
    case .open(let replica):
      return try run(replica)
    }
  }

  /// Runs a pass over a bank that is open here.
  public static func run(_ replica: Replica) throws(ControlError) -> Outcome {
    for notice in replica.notices { replica.log.notice(notice) }
    replica.startEmbedded()
    defer { replica.stopEmbedded() }
    let drivers = replica.remotes.map { $0.driver() }
    defer { for driver in drivers { driver.disconnect() } }
    replica.takeUpRules()
    do {
      let before = replica.engine.counts
      let tip = replica.engine.tip
      let notes = RemoteNotes(replica.state)
      let engine = replica.engine
      defer { writeQuota(replica) }
      try FullPass(engine, recalling: notes.memories(for: engine)) { index, call in
        defer { engine.noteSpending(index, drivers[index].takeSpending()) }
        return drivers[index].perform(call)
      }.run()
      try notes.write(engine)
      if let main = replica.engine.main, try replica.engine.history.durable != main {
        try replica.engine.history.makeDurable(main)
      }
      replica.saveTable()
      // Where nobody runs the daemon there is no background to do it in.
      if replica.engine.tip != tip { repack(replica) }
      replica.root.settle()
      for rewrite in replica.engine.rewrites { replica.log.warning(rewrite.message) }
      let report = try SyncReport(replica, since: before)
      if report.code == .success { Standstill.note(replica) }
      return Outcome(report: report.json, code: report.code)
    } catch {
      throw ControlError(.problems, "\(error)")
    }
  }

  private static func writeQuota(_ replica: Replica) {
    var keeper = QuotaKeeper(replica.state, log: replica.log)
    keeper.write(replica.engine)
  }

  /// Packs the history when it is time; the pass has succeeded whatever comes of it.
  private static func repack(_ replica: Replica) {
    do {
      if try replica.engine.history.wantsRepack { try replica.engine.history.repack() }
    } catch {
      replica.log.warning("packing the history: \(error)", key: "repack")
    }
  }

  /// What a pass would do to the directory's versions and remotes; nothing is written anywhere.
  public static func preview(_ setup: BankSetup, remotes: [String], log: Log) throws(ControlError) -> Outcome {
    guard setup.hasHistory else { return try previewFirst(setup, remotes) }
    guard let replica = try Replica(setup, remotes: remotes, log: log) else {
      throw ControlError(.problems, "a daemon has this bank: what there is to do, it has done; see `membank status`")
    }
    let engine = replica.engine
    do {
      return preview(setup, try engine.preview(), replica.remotes) { head in
        if head == engine.tip { return "in sync" }
        return engine.history.contains(head) ? "behind" : "has news"
      }
    } catch {
      throw ControlError(.problems, "\(error)")
    }
  }

  /// The same for a directory that bears a marker, but that this machine has no state of yet: none is made.
  private static func previewFirst(_ setup: BankSetup, _ named: [String]) throws(ControlError) -> Outcome {
    let configuration = try setup.load().withoutSensitive
    let list = try RemoteList(configuration, environment: setup.environment, named: named)
    do {
      let keys = try MirrorKeys(prefix: configuration.prefix, project: configuration.project ?? "bank")
      let bank = Bank(
        fileSystem: try LinuxFileSystem(root: setup.directory),
        rules: IgnoreRules(patterns: configuration.ignore, include: configuration.include), random: SystemRandom())
      let changes = bank.scan().files.keys.sorted().map { PreviewedChange(path: $0, verb: "add") }
      let connectors = list.targets.map {
        RemoteConnector(target: $0, keys: keys, ttl: TTLPolicy(), limits: MirrorLimits(), embedded: nil)
      }
      return preview(setup, changes, connectors) { _ in "has news" }
    } catch {
      throw ControlError(.problems, "\(error)")
    }
  }

  private static func preview(
    _ setup: BankSetup, _ changes: [PreviewedChange], _ connectors: [RemoteConnector],
    standing: (ObjectID) -> String
  ) -> Outcome {
    var states: [JSONValue] = []
    for connector in connectors where connector.target.place != .embedded {
      let driver = connector.driver()
      defer { driver.disconnect() }
      let text =
        switch driver.perform(.readHead) {
        case .head(.present(let head)): standing(head.commit)
        case .head(.absent): "empty"
        case .failed(let failure): failure.message
        default: "can't be read"
        }
      states.append(.members(["name": .string(connector.target.name), "state": .string(text)]))
    }
    let list = changes.map { change in
      JSONValue.members(["path": .string(change.path.description), "change": .string(change.verb)])
    }
    return Outcome(
      report: .members([
        "dryRun": .bool(true), "directory": .string(setup.directory), "changes": .array(list),
        "remotes": .array(states),
      ]),
      code: .success)
  }
}
