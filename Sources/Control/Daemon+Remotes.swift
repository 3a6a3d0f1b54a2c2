import History
import Mirror
import RedisTransport
import Support
import SyncEngine

/// What remotes say, and the private server.
extension Daemon {
  /// Starts the private server, if there is to be one, and has its end noticed at once.
  func startEmbedded() {
    replica.startEmbedded()
    embeddedSince = clock.monotonicNanoseconds
    // Of a server that ran already the poller knows.
    if let end = replica.embedded?.endDescriptor { try? poller.add(end) }
  }

  /// Plans to start the private server again: at once, and ever more rarely when it ends again and again.
  func noteEmbeddedEnd(_ end: Int32) {
    poller.remove(end)
    let now = clock.monotonicNanoseconds
    if now - embeddedSince > 60_000_000_000 { embeddedEnds = 0 }
    let wait = embeddedEnds == 0 ? 0 : min(60, 1 << min(embeddedEnds, 6))
    embeddedRetry = now + Int64(wait) * 1_000_000_000
    embeddedEnds += 1
    log.warning("the private redis-server has ended", key: "embedded")
  }

  func retryEmbedded(_ now: Int64) {
    guard let at = embeddedRetry, now >= at else { return }
    embeddedRetry = nil
    startEmbedded()
    for (index, remote) in replica.remotes.enumerated() where remote.target.place == .embedded {
      engine.resumeRemote(index)
    }
  }

  func startRemotes() throws(SystemError) {
    engine.forgetCalls()
    try remotes.start(replica.remotes)
  }

  func takeNews() {
    defer { quota.note(engine) }
    for item in remotes.takeNews() {
      let index = item.slot.index
      switch item {
      case .spent(_, let commands): engine.noteSpending(index, commands)
      case .answer(_, let answer, let spent):
        engine.noteSpending(index, spent)
        let before = engine.sessions[index].state
        cycle.take(answer, from: index)
        report(index, before)
      case .events(_, let events): cycle.take(events, from: index)
      case .listening(_, let isUp): cycle.noteListening(index, isUp)
      }
    }
  }

  func report(_ index: Int, _ before: RemoteSession.State) {
    let session = engine.sessions[index]
    guard session.state != before else { return }
    switch session.state {
    case .up: log.notice("\(session.name): reachable again", key: "up-\(session.name)")
    case .down:
      log.warning("\(session.name): \(session.message ?? "unreachable")", key: "down-\(session.name)")
      // A private server that died is ours to start again.
      if replica.remotes[index].target.place == .embedded, let embedded = replica.embedded, !embedded.isAlive {
        startEmbedded()
      }
    case .halted: log.error("\(session.name): \(session.message ?? "halted")", key: "halt-\(session.name)")
    }
  }
}
