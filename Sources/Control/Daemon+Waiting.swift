import History
import Support
import SyncEngine

/// Clients that wait for an answer.
extension Daemon {
  func answer(_ request: ControlRequest, _ body: JSONValue) { server.answer(request.client, body) }

  /// Leaves a waiter that is answered when every remote is in sync, or can't be for now.
  func wait(_ request: ControlRequest, since before: EngineCounts? = nil) {
    // Any number may have been asked for; nobody waits for longer than a year.
    let seconds = request.body["timeout"]?.integer.map { min(max($0, 0), 31_536_000) }
    waiters.append(
      Waiter(
        client: request.client, before: before ?? engine.counts,
        deadline: seconds.map { clock.monotonicNanoseconds + $0 * 1_000_000_000 }))
  }

  func answerWaiters() throws(HistoryError) {
    guard !waiters.isEmpty else { return }
    if replica.root.isGone { return try giveUpWaiters() }
    let isQuiet = cycle.isQuiet
    let now = clock.monotonicNanoseconds
    for waiter in waiters where isQuiet || (waiter.deadline.map { now >= $0 } ?? false) {
      try answer(waiter, complete: cycle.isInSync)
    }
    waiters.removeAll { isQuiet || ($0.deadline.map { now >= $0 } ?? false) }
  }

  /// Tells those who wait that nothing will go on for now.
  func giveUpWaiters() throws(HistoryError) {
    for waiter in waiters { try answer(waiter, complete: false) }
    waiters = []
  }

  func answer(_ waiter: Waiter, complete: Bool) throws(HistoryError) {
    let report = try SyncReport(replica, since: waiter.before)
    server.answer(
      waiter.client,
      .members([
        "report": report.json, "code": .integer(Int64(report.code.rawValue)), "complete": .bool(complete),
        "captured": .bool(cycle.isCaptured),
      ]))
  }
}
