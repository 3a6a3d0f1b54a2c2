import Bank
import FoundationEssentials
public import History
import Mirror
public import Support
import SyncEngine

/// The state of a bank, as `status --json` prints it.
public enum StatusReport {
  /// The object.
  public static func json(_ replica: Replica, daemon: Bool, paused: Bool) throws(HistoryError) -> JSONValue {
    let engine = replica.engine
    var remotes: [JSONValue] = []
    for index in engine.sessions.indices { remotes.append(try RemoteReport.json(engine, index)) }
    let configuration = replica.settings.configuration
    return .members([
      "directory": .string(replica.directory),
      "project": .optional(configuration.project),
      "bank": .optional(configuration.bank),
      "state": .string(replica.state.path),
      "daemon": .bool(daemon),
      "paused": .bool(paused),
      "head": .optional(engine.tip?.description),
      "files": .integer(engine.fileCount),
      "conflicts": .array(engine.conflicts.map { ConflictReport.json($0) }),
      "problems": .array(engine.problems.values.sorted { $0.name < $1.name }.map { ProblemReport.json($0) }),
      "halts": .array(HaltReport.all(replica)),
      "remotes": .array(remotes),
      "counts": counts(engine.counts),
    ])
  }

  private static func counts(_ counts: EngineCounts) -> JSONValue {
    .members([
      "commits": .integer(counts.committed), "publications": .integer(counts.published),
      "pushed": .integer(counts.pushed), "pulled": .integer(counts.pulled), "merges": .integer(counts.merged),
      "foreign": .integer(counts.foreign), "cycles": .integer(counts.cycles),
      "reconnects": .integer(counts.reconnects),
    ])
  }
}
