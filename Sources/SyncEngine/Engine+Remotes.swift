public import History
import Mirror
import Support

extension Engine {
  /// Sets the remotes, in the order of the configuration; those that were there keep what is known of them.
  public func setRemotes(_ remotes: [(name: String, address: String)]) {
    sessions = remotes.map { remote in
      sessions.first { $0.name == remote.name && $0.address == remote.address }
        ?? RemoteSession(name: remote.name, address: remote.address)
    }
  }

  /// Forgets calls whose answers will never come, because whoever was to bring them is gone.
  public func forgetCalls() {
    for index in sessions.indices {
      sessions[index].waiting = nil
      refresh(index)
    }
  }

  /// What the remote `index` is to be asked now; nil when there is nothing to ask or it is not its time.
  ///
  /// The answer goes to ``receive(_:from:)``. What can be done without asking (taking foreign values in, merging) is
  /// done here.
  public func nextCall(for index: Int) throws(HistoryError) -> RemoteCall? {
    guard sessions[index].waiting == nil else { return nil }
    switch sessions[index].state {
    case .halted: return nil
    case .down(let until) where clock.monotonicNanoseconds < until: return nil
    case .down, .up: break
    }
    let call = try chooseCall(index)
    sessions[index].waiting = call
    if let call { noteMark(index, call) }
    // A wish counts as granted when it is asked for: one that comes while the answer is on its way is a new one.
    switch call {
    case .readHead: sessions[index].headIsStale = false
    case .inspect(nil, _, _): sessions[index].scope = .none
    case .inspect(let asked?, _, _):
      if case .some(let wanted) = sessions[index].scope {
        let rest = wanted.subtracting(asked)
        sessions[index].scope = rest.isEmpty ? .none : .some(rest)
      }
    default: break
    }
    return call
  }

  /// The next monotonic time at which a remote has something to ask for, in nanoseconds; nil when none has.
  public var nextRemoteDeadline: Int64? {
    let now = clock.monotonicNanoseconds
    return sessions.compactMap { session -> Int64? in
      if session.waiting != nil { return nil }
      switch session.state {
      case .halted: return nil
      case .down(let until): return until
      // What is overdue and was not asked for has something else in its way: time alone won't help it.
      case .up:
        return [
          session.renewAt, session.heartbeatAt, session.pollAt, session.fullPollAt, session.quota?.publishAt ?? .min,
        ].filter { $0 > now }.min()
      }
    }.min()
  }

  private func chooseCall(_ index: Int) throws(HistoryError) -> RemoteCall? {
    noteDue(index)
    let session = sessions[index]
    guard !session.headIsStale, let head = session.head else { return .readHead }
    switch head {
    case .newerSchema(let schema):
      halt(index, "holds a bank of schema \(schema), which is newer than this membank; upgrade membank")
      return nil
    case .damaged(let reason):
      return try lostHead(index, nil, reason)
    case .absent:
      if session.scope != .none { return inspection(index, head: nil) }
      try absorbForeign(index)
      if let call = try publication(index, over: nil) { return call }
      sessions[index].failures = 0
      return nil
    case .present(let head):
      guard head.bank == settings.bank else {
        sessions[index].otherBank = head.bank
        halt(
          index,
          "holds another bank (\(head.bank)) under this project's name: join it with `membank join`, or give this one another name (membank.project in .membank). Do not delete its keys"
        )
        return nil
      }
      guard head.epoch <= Self.epoch else {
        halt(
          index,
          "holds a bank from whose past something was redacted (epoch \(head.epoch)), which this membank can't do to its own; upgrade membank"
        )
        return nil
      }
      if let call = try fetch(index, head) { return call }
      guard sessions[index].incompleteSince == nil else { return nil }
      if sessions[index].wantsMark { return .mark }
      if sessions[index].scope != .none { return inspection(index, head: head.commit) }
      // First what the index's entries speak of, then what others wrote on top of it.
      try integrate(head.commit)
      try absorbForeign(index)
      if !isPublicationDelayed(index), let call = try publication(index, over: head) { return call }
      if let call = try projection(index, head) { return call }
      sessions[index].failures = 0
      if let call = try look(index, head) { return call }
      return try upkeep(index, head)
    }
  }

  /// Turns deadlines that have passed into things to do.
  private func noteDue(_ index: Int) {
    let now = clock.monotonicNanoseconds
    if now >= sessions[index].fullPollAt {
      sessions[index].headIsStale = true
      sessions[index].scope = .all
      sessions[index].fullPollAt = .max
    }
    if now >= sessions[index].pollAt {
      sessions[index].pollAt = .max
      // A head that is missing, or can't be completed, is another matter than documents of a bank in order.
      let isInOrder = sessions[index].headCommit != nil && sessions[index].incompleteSince == nil
      if sessions[index].quota == nil || !isInOrder {
        sessions[index].headIsStale = true
        sessions[index].scope = .all
      } else if sessions[index].headCommit == tip {
        sessions[index].quota?.wantsLook = true
      } else {
        sessions[index].headIsStale = true
        scheduleLook(index)
      }
    }
  }

  private func inspection(_ index: Int, head: ObjectID?, isWhole: Bool = true) -> RemoteCall {
    // Without a head that can be completed, what documents and index hold may be all that is left of a version.
    guard let head, isWhole else { return .inspect(nil, head: head, all: true) }
    switch sessions[index].scope {
    case .all, .none: return .inspect(nil, head: head, all: false)
    case .some(let paths): return .inspect(paths.sorted(), head: head, all: false)
    }
  }

  /// Gets the head's objects, newest pack first, until its history is whole.
  private func fetch(_ index: Int, _ head: MirrorHead) throws(HistoryError) -> RemoteCall? {
    if try recordHead(index, head) { return nil }
    let session = sessions[index]
    let open = head.packs.reversed().filter { !session.knownPacks.contains($0) && !session.gonePacks.contains($0) }
    if !open.isEmpty {
      // The newest usually holds all that is missing; after it the rest comes in bounded gulps.
      return .packs(Array(open.prefix(session.knownPacks.isEmpty ? 1 : 4)))
    }
    return try lostHead(index, head, "\(session.gonePacks.count) of its \(head.packs.count) packs are gone")
  }

  /// Notes what the remote has, once all of it is here.
  private func recordHead(_ index: Int, _ head: MirrorHead) throws(HistoryError) -> Bool {
    let name = EngineRef.remote(sessions[index].name)
    let recorded = try history.ref(name)
    if recorded != head.commit {
      let trusted = [main, tip, recorded].compactMap(\.self)
      guard history.contains(head.commit), try history.isComplete(head.commit, trusting: trusted) else { return false }
      try history.forceRef(name, to: head.commit)
      Failpoint.fetchRecorded.pass()
    }
    sessions[index].incompleteSince = nil
    sessions[index].knownPacks.removeAll()
    return true
  }

  /// A head whose objects nobody brings back within some minutes is replaced by ours.
  private func lostHead(_ index: Int, _ head: MirrorHead?, _ reason: String) throws(HistoryError) -> RemoteCall? {
    let now = clock.monotonicNanoseconds
    let since = sessions[index].incompleteSince ?? now
    if sessions[index].incompleteSince == nil {
      sessions[index].incompleteSince = since
      sessions[index].scope = .all
    }
    sessions[index].message = "the head can't be read in full (\(reason)); waiting for a replica that has it"
    // What is no head at all has nobody who could complete it.
    guard head == nil || now - since >= Self.lostHeadPatience else {
      // Another replica may bring the packs back: look again from time to time.
      sessions[index].pollAt = min(sessions[index].pollAt, now + 30_000_000_000)
      sessions[index].gonePacks.removeAll()
      sessions[index].headIsStale = false
      return nil
    }
    if sessions[index].scope != .none { return inspection(index, head: head?.commit, isWhole: false) }
    try absorbForeign(index)
    guard let (publication, packs) = try fullPublication(index, over: head) else { return nil }
    return .replaceLostHead(head, publication, uploading: packs)
  }

  /// The redactions that histories of this program have been through.
  ///
  /// A head of a higher epoch must not be merged with: that would bring back what was redacted.
  static let epoch: Int64 = 0

  /// How long a head may stay incomplete before it counts as lost, in nanoseconds.
  static let lostHeadPatience: Int64 = 300_000_000_000

  func halt(_ index: Int, _ message: String) {
    sessions[index].state = .halted
    sessions[index].message = message
  }
}
