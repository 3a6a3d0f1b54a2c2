import History
import Mirror
import RedisTransport
import Support
import SyncEngine

/// The threads that talk to remotes, and the private server.
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
    generation += 1
    engine.forgetCalls()
    connected = []
    for (index, connector) in replica.remotes.enumerated() {
      let slot = RemoteSlot(index: index, generation: generation)
      workers.append(try RemoteWorker(slot, connector, news: news))
      listeners.append(try RemoteListener(slot, connector, news: news))
    }
    connected = replica.remotes
  }

  func stopRemotes() {
    for worker in workers { worker.stop() }
    for listener in listeners { listener.stop() }
    (workers, listeners) = ([], [])
  }

  /// Asks every remote; what one of them brought is news for those that were asked before it.
  func askRemotes() throws(HistoryError) {
    var before: ObjectID?
    repeat {
      before = engine.tip
      for index in workers.indices {
        do throws(HistoryError) {
          if let call = try engine.nextCall(for: index) { workers[index].ask(call) }
        } catch {
          // A remote may hold what can't be: it is put aside, and the others go on.
          log.error("\(engine.sessions[index].name): \(error)", key: "cycle-\(index)")
          engine.setAside(index, error)
        }
      }
      noteUnsettled()
      if engine.joins, engine.tip != nil || engine.needNotWaitToJoin { try finishJoining() }
    } while engine.tip != before
  }

  func takeNews() {
    for item in news.takeAll() where item.slot.generation == generation {
      let index = item.slot.index
      switch item {
      case .answer(_, let answer):
        let before = engine.sessions[index].state
        do throws(HistoryError) {
          try engine.receive(answer, from: index)
        } catch {
          engine.setAside(index, error)
        }
        report(index, before)
      case .events(_, let events): take(events, index)
      case .listening(_, let isUp):
        engine.setNotifications(index, isUp)
        if isUp { engine.refresh(index) }
      }
    }
  }

  func take(_ events: [MirrorEvent], _ index: Int) {
    for event in events {
      switch event {
      case .published(let commit):
        engine.hint(index, head: true, commit: commit, documents: [])
      case .document(let path): engine.hint(index, head: false, documents: [path])
      case .unnamed: break
      case .headGone: engine.refresh(index)
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
