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
    do {
      let before = replica.engine.counts
      try FullPass(replica.engine) { drivers[$0].perform($1) }.run()
      if let main = replica.engine.main { try replica.engine.history.makeDurable(main) }
      replica.saveTable()
      replica.settleRoot()
      replica.noteCleanEnd()
      let report = try SyncReport(replica, since: before)
      return Outcome(report: report.json, code: report.code)
    } catch {
      throw ControlError(.problems, "\(error)")
    }
  }

  /// What a pass would do to the directory's versions and remotes; nothing is written anywhere.
  public static func preview(_ setup: BankSetup, remotes: [String], log: Log) throws(ControlError) -> Outcome {
    guard let replica = try Replica(setup, remotes: remotes, log: log) else {
      throw ControlError(.problems, "a daemon has this bank: what there is to do, it has done; see `membank status`")
    }
    let drivers = replica.remotes.map { $0.driver() }
    defer { for driver in drivers { driver.disconnect() } }
    do {
      let changes = try replica.engine.preview()
      var states: [JSONValue] = []
      for (index, driver) in drivers.enumerated() where replica.remotes[index].target.place != .embedded {
        let text: String
        switch driver.perform(.readHead) {
        case .head(.present(let head)) where head.commit == replica.engine.tip: text = "in sync"
        case .head(.present(let head)): text = replica.engine.history.contains(head.commit) ? "behind" : "has news"
        case .head(.absent): text = "empty"
        case .failed(let failure): text = failure.message
        default: text = "can't be read"
        }
        states.append(.members(["name": .string(replica.remotes[index].target.name), "state": .string(text)]))
      }
      let list = changes.map { change in
        JSONValue.members(["path": .string(change.path.description), "change": .string(change.verb)])
      }
      return Outcome(
        report: .members([
          "dryRun": .bool(true), "directory": .string(replica.directory), "changes": .array(list),
          "remotes": .array(states),
        ]),
        code: .success)
    } catch {
      throw ControlError(.problems, "\(error)")
    }
  }
}
