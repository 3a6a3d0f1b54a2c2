import Bank
import Glibc
import History
import Support
import SyncEngine

/// A client that waits until everything written before its request is versioned and mirrored.
struct Waiter {
  let client: Int
  let before: EngineCounts
  /// When it is told how far things are, in monotonic nanoseconds.
  let deadline: Int64?
}

extension Daemon {
  /// Carries out a request; answers at once, or leaves a waiter behind.
  func serve(_ request: ControlRequest) throws {
    let name = request.body["command"]?.text ?? ""
    switch name {
    case "status": answer(request, try StatusReport.json(replica, daemon: true, paused: cycle.isPaused))
    case "flush": try flush(request)
    case "sync": try sync(request)
    case "approve": try approve(request)
    case "pause", "resume":
      setPaused(name == "pause")
      answer(request, ["ok": true])
    case "conflicts": answer(request, .members(["conflicts": .array(engine.conflicts.map { ConflictReport.json($0) })]))
    case "resolve": resolve(request)
    case "settle": settle(request)
    case "restore": restore(request)
    case "reload":
      reload()
      answer(request, ["ok": true])
    default: answer(request, .members(["error": .string("unknown command '\(name)'")]))
    }
  }

  /// All that the kernel has told of by now is taken for settled, captured, and waited for.
  private func flush(_ request: ControlRequest) throws {
    guard !cycle.isPaused else {
      return answer(request, ["error": "the bank is paused; `membank resume` lets it go on"])
    }
    try cycle.settleEverything()
    engine.hurry()
    wait(request)
  }

  private func sync(_ request: ControlRequest) throws {
    guard !cycle.isPaused else {
      return answer(request, ["error": "the bank is paused; `membank resume` lets it go on"])
    }
    let before = engine.counts
    try cycle.rescan()
    for index in engine.sessions.indices { engine.resumeRemote(index) }
    wait(request, since: before)
  }

  private func approve(_ request: ControlRequest) throws {
    let plan = request.body["plan"]?.text ?? ""
    let approval = try Approval.give(plan, replica)
    if approval == .settings { reload() }
    answer(request, .members(["approved": .bool(approval != .unknown), "plan": .string(plan)]))
  }

  private func resolve(_ request: ControlRequest) {
    do {
      let resolution = try ConflictCommand.resolution(request.body)
      try ConflictCommand.resolve(request.body["id"]?.text ?? "", resolution, engine)
      answer(request, ["ok": true])
    } catch {
      answer(request, .members(["error": .string("\(error)")]))
    }
  }

  /// Takes all that was written before into history, so that a backup has it.
  private func settle(_ request: ControlRequest) {
    // What is paused is left alone: the backup is of the newest version that there is.
    if !cycle.isPaused { attempt { () throws(HistoryError) in try cycle.settleEverything() } }
    answer(request, .members(["head": .optional(engine.main?.description)]))
  }

  /// Makes a version of a backup, whose objects are in the history by now, the newest one.
  private func restore(_ request: ControlRequest) {
    guard !cycle.isPaused else {
      return answer(request, ["error": "the bank is paused; `membank resume` lets it go on"])
    }
    do {
      answer(request, try RestoreCommand.perform(request.body, engine))
    } catch {
      answer(request, .members(["error": .string("\(error)")]))
    }
  }
}
