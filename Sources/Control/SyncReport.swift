import Bank
public import History
import Mirror
public import Support
public import SyncEngine

/// What `sync --once` says at its end; its JSON fields are a public contract.
public struct SyncReport: Sendable {
  /// The object that `--json` prints.
  public let json: JSONValue
  /// The exit code of the contract.
  public let code: ControlError.ExitCode

  /// Sums up what happened since `before`.
  public init(_ replica: Replica, since before: EngineCounts) throws(HistoryError) {
    let engine = replica.engine
    let now = engine.counts
    let problems = engine.problems.values.sorted { $0.name < $1.name }
    let conflicts = engine.conflicts
    var remotes: [JSONValue] = []
    for index in engine.sessions.indices { remotes.append(try RemoteReport.json(engine, index)) }
    json = Self.members(
      directory: replica.directory, head: engine.tip,
      did: now.since(before),
      files: engine.fileCount, conflicts: conflicts.map { ConflictReport.json($0) },
      problems: problems.map { ProblemReport.json($0) }, halts: HaltReport.all(replica), remotes: remotes)
    let hasRemoteProblems = engine.sessions.contains { !$0.problems.isEmpty }
    code = Self.exitCode(
      replica, hasProblems: !problems.isEmpty || !conflicts.isEmpty || hasRemoteProblems)
  }

  /// What is said where directory and remotes were found as the last pass left them.
  init(resting remotes: [RemoteConnector], at commit: ObjectID, files: Int, in directory: String) {
    json = Self.members(
      directory: directory, head: commit, did: EngineCounts(), files: files, conflicts: [], problems: [], halts: [],
      remotes: remotes.map {
        RemoteReport.json(name: $0.target.name, address: $0.address, state: "in sync", head: commit)
      })
    code = .success
  }

  private static func members(
    directory: String, head: ObjectID?, did: EngineCounts, files: Int, conflicts: [JSONValue], problems: [JSONValue],
    halts: [JSONValue], remotes: [JSONValue]
  ) -> JSONValue {
    .members([
      "directory": .string(directory), "head": .optional(head?.description),
      "committed": .integer(did.committed), "pushed": .integer(did.pushed), "pulled": .integer(did.pulled),
      "merged": .integer(did.merged), "foreign": .integer(did.foreign),
      "files": .integer(files), "conflicts": .array(conflicts), "problems": .array(problems), "halts": .array(halts),
      "remotes": .array(remotes),
    ])
  }

  private static func exitCode(_ replica: Replica, hasProblems: Bool) -> ControlError.ExitCode {
    let engine = replica.engine
    let isHalted = engine.sessions.contains { $0.state == .halted }
    // The gravest first: a halt needs a person, an unreachable remote only time.
    if !engine.plans.isEmpty || engine.suspicion != nil || isHalted { return .halted }
    if engine.sessions.indices.contains(where: { !engine.isInSync($0) }) { return .unreachable }
    return hasProblems || engine.target != nil || replica.settings.pending != nil ? .problems : .success
  }
}

enum ConflictReport {
  static func json(_ conflict: Conflict) -> JSONValue {
    .members([
      "id": .string(conflict.id), "path": .string(conflict.path.description),
      "copy": .string(conflict.copy.description), "standing": .optional(conflict.standing?.description),
      "aside": .string(conflict.aside.description),
    ])
  }
}

enum ProblemReport {
  static func json(_ problem: BankProblem) -> JSONValue {
    .members([
      "path": .string(problem.name), "kind": .string(problem.kind.rawValue), "reason": .string(problem.reason),
    ])
  }
}

enum RemoteReport {
  static func json(_ engine: Engine, _ index: Int) throws(HistoryError) -> JSONValue {
    let session = engine.sessions[index]
    let state =
      switch session.state {
      case .halted: "halted"
      case .down: "unreachable"
      case .up where session.head == nil: "not asked yet"
      case .up: engine.isInSync(index) ? "in sync" : "behind"
      }
    return json(
      name: session.name, address: session.address, state: state, head: session.headCommit,
      backlog: try engine.backlog(index), notifications: session.hasNotifications, message: session.message,
      problems: session.problems.map { "\($0.name) \($0.reason)" }, quota: engine.quotaReport(index))
  }

  static func json(
    name: String, address: String, state: String, head: ObjectID?, backlog: Int = 0, notifications: Bool = false,
    message: String? = nil, problems: [String] = [], quota: QuotaReport? = nil
  ) -> JSONValue {
    .members([
      "name": .string(name), "address": .string(address), "state": .string(state),
      "head": .optional(head?.description), "backlog": .integer(backlog), "notifications": .bool(notifications),
      "message": .optional(message), "problems": .array(problems.map { .string($0) }),
      "quota": quota.map(json) ?? .null,
    ])
  }

  private static func json(_ quota: QuotaReport) -> JSONValue {
    .members([
      "month": .string(quota.month), "spent": .integer(quota.spent), "projected": .integer(quota.projected),
      "budget": quota.budget.map { .integer($0) } ?? .null, "slowdown": .double((quota.stretch * 10).rounded() / 10),
    ])
  }
}

enum HaltReport {
  static func all(_ replica: Replica) -> [JSONValue] {
    var halts = replica.engine.plans.map { plan in
      JSONValue.members([
        "plan": .string(plan.id), "reason": .string(plan.reason), "direction": .string(plan.direction.rawValue),
        "files": .array(plan.files.keys.sorted().map { .string($0.description) }),
      ])
    }
    if let suspicion = replica.engine.suspicion {
      halts.append(.members(["plan": .null, "reason": .string(suspicion)]))
    }
    if let pending = replica.settings.pending {
      halts.append(
        .members([
          "plan": .string(pending), "reason": .string("settings in .membank that this machine did not write"),
          "settings": .array(
            replica.settings.pendingText.split(separator: "\n").map { .string(String($0)) }),
        ]))
    }
    return halts
  }
}
