import History
public import Mirror
import Support

/// What remotes say, and what they are asked.
extension Cycle {
  /// Takes in what a remote answered.
  public func take(_ answer: RemoteAnswer, from index: Int) {
    do throws(HistoryError) {
      try engine.receive(answer, from: index)
    } catch {
      engine.setAside(index, error)
    }
  }

  /// Takes in what a remote announced.
  public func take(_ events: [MirrorEvent], from index: Int) {
    for event in events {
      switch event {
      case .published(let commit): engine.hint(index, head: true, commit: commit, documents: [])
      case .document(let path): engine.hint(index, head: false, documents: [path])
      case .unnamed: break
      case .headGone: engine.refresh(index)
      }
    }
  }

  /// Notes that a remote announces changes from now on, or doesn't any more.
  public func noteListening(_ index: Int, _ isUp: Bool) {
    engine.setNotifications(index, isUp)
    // What was said before is lost.
    if isUp { engine.refresh(index) }
  }

  /// Asks every remote; what one of them brought is news for those that were asked before it.
  func askRemotes() throws(HistoryError) {
    var before: ObjectID?
    repeat {
      before = engine.tip
      for index in 0..<remotes.count {
        do throws(HistoryError) {
          if let call = try engine.nextCall(for: index) { remotes.ask(call, of: index) }
        } catch {
          // A remote may hold what can't be: it is put aside, and the others go on.
          report(.error, "\(engine.sessions[index].name): \(error)", "cycle-\(index)")
          engine.setAside(index, error)
        }
      }
      noteUnsettled()
      if engine.joins, engine.tip != nil || engine.needNotWaitToJoin { try finishJoining() }
    } while engine.tip != before
  }

  /// The bank's own files have come: what stands in the directory besides is now looked at.
  private func finishJoining() throws(HistoryError) {
    engine.joins = false
    try engine.captureEverything()
    try engine.applyTarget()
    noteUnsettled()
  }
}
