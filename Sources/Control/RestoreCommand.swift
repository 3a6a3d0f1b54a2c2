import Backup
import Bank
import History
import Support
import SyncEngine

/// Restoring a version whose objects are in the history, for the daemon and for a command that holds the lock itself.
enum RestoreCommand {
  /// A request as it goes to the daemon.
  static func body(_ request: RestoreRequest) -> JSONValue {
    .members([
      "command": "restore", "version": .string(request.version.description), "head": .string(request.head.description),
      "exact": .bool(request.exact), "subject": .string(request.subject), "checkpoint": .string(request.checkpoint),
    ])
  }

  /// Carries out a request that came to the daemon.
  static func perform(_ body: JSONValue, _ engine: Engine) throws -> JSONValue {
    guard let version = body["version"]?.text.flatMap({ ObjectID(hex: $0) }),
      let head = body["head"]?.text.flatMap({ ObjectID(hex: $0) }), let checkpoint = body["checkpoint"]?.text
    else { throw ControlError(.usage, "a version, a head and a checkpoint are needed") }
    return try perform(
      RestoreRequest(
        version: version, head: head, exact: body["exact"]?.bool ?? false,
        subject: body["subject"]?.text ?? "Restore a backup", checkpoint: checkpoint), engine)
  }

  /// Carries out a request; what is not whole is not begun.
  static func perform(_ request: RestoreRequest, _ engine: Engine) throws -> JSONValue {
    for id in Set([request.head, request.version]) {
      guard engine.history.contains(id), try engine.history.isComplete(id, trusting: engine.main.map { [$0] } ?? [])
      else { throw ControlError(.problems, "versions are missing below \(id.short())") }
    }
    let done = try engine.restore(request)
    return .members([
      "commit": .optional(done.commit?.description), "checkpoint": .optional(done.checkpoint),
      "head": .optional(engine.tip?.description), "plan": done.plan.json, "complete": .bool(done.isComplete),
      "problems": .array(engine.problems.values.sorted { $0.name < $1.name }.map { ProblemReport.json($0) }),
    ])
  }
}
