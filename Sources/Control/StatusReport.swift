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
      "withoutDocument": .array(engine.pathsWithoutDocument.map { .string($0.description) }),
      "halts": .array(HaltReport.all(replica)),
      "remotes": .array(remotes),
      "backups": .array(BackupReport.all(replica.backups)),
      "counts": counts(engine.counts),
      "latency": latency(engine.latency),
      "publicationsPerHour": .double(perHour(engine)),
      "hitRatio": hitRatio(engine.counts),
    ])
  }

  /// From finding a change until a remote has it, in milliseconds.
  private static func latency(_ window: LatencyWindow) -> JSONValue {
    func milliseconds(_ share: Double) -> JSONValue {
      window.percentile(share).map { .double(Double($0 / 1000) / 1000) } ?? .null
    }
    return .members(["samples": .integer(window.count), "p50": milliseconds(0.5), "p95": milliseconds(0.95)])
  }

  private static func perHour(_ engine: Engine) -> Double {
    let hours = Double(SystemClock().monotonicNanoseconds - engine.since) / 3.6e12
    guard hours > 0 else { return 0 }
    return (Double(engine.counts.published) / max(hours, 1.0 / 60) * 10).rounded() / 10
  }

  /// Which share of the documents that were looked up in remotes was there; null before the first look.
  private static func hitRatio(_ counts: EngineCounts) -> JSONValue {
    guard counts.lookedUp > 0 else { return .null }
    return .double((Double(counts.lookedUp - counts.missing) / Double(counts.lookedUp) * 1000).rounded() / 1000)
  }

  private static func counts(_ counts: EngineCounts) -> JSONValue {
    .members([
      "commits": .integer(counts.committed), "publications": .integer(counts.published),
      "pushed": .integer(counts.pushed), "pulled": .integer(counts.pulled), "merges": .integer(counts.merged),
      "foreign": .integer(counts.foreign), "cycles": .integer(counts.cycles),
      "reconnects": .integer(counts.reconnects), "fallbacks": .integer(counts.fallbacks),
      "overflows": .integer(counts.overflows),
    ])
  }
}
