public import Mirror
public import Support

/// What one pass over a remote leaves to the next: losing it costs a look at everything.
public struct RemoteMemory: Hashable, Sendable {
  /// The server's mark when every document was as the index says and every index entry as the head's tree says; nil
  /// where that was not seen.
  public var mark: ServerMark?
  /// The head's commit then.
  public var head: ObjectID
  /// When the TTLs are to be renewed, in milliseconds since 1970.
  public var renewAt: Int64

  /// A memory that was kept.
  public init(mark: ServerMark?, head: ObjectID, renewAt: Int64) {
    self.mark = mark
    self.head = head
    self.renewAt = renewAt
  }
}

extension RemoteMemory {
  /// Asks a remote whether it is as a pass left it, and says there that this replica lives.
  ///
  /// - Parameters:
  ///   - commit: What the bank has.
  ///   - settings: What an engine would be told.
  ///   - now: In milliseconds since 1970.
  ///   - perform: Asks the remote and waits for its answer.
  /// - Returns: What to remember now; nil when anything is otherwise, is due, or can't be told: that is an engine's work.
  public func stillHolds(
    at commit: ObjectID, _ settings: EngineSettings, now: Int64, perform: (RemoteCall) -> RemoteAnswer
  ) -> RemoteMemory? {
    guard let mark, head == commit, renewal(at: now, settings.ttl) != nil,
      case .head(.present(let found)) = perform(.readHead), found.commit == commit, found.projected == commit,
      found.bank == settings.bank, found.epoch <= Engine.epoch, found.packs.count <= Compaction.mostPacks,
      case .mark(mark) = perform(.mark),
      case .beat(before: mark, let after?) = perform(
        .markedHeartbeat(replica: settings.replica, fields: settings.presence(at: commit, now: now)))
    else { return nil }
    return RemoteMemory(mark: after, head: commit, renewAt: renewAt)
  }

  /// When the TTLs are to be renewed; nil when that is now.
  ///
  /// A time further away than any renewal is planned for was read from another clock, or from a damaged file: it may be
  /// any number.
  func renewal(at now: Int64, _ ttl: TTLPolicy) -> Int64? {
    let wait = renewAt.subtractingReportingOverflow(now).partialValue
    return wait > 0 && wait <= ttl.latestRenewal ? renewAt : nil
  }
}

extension TTLPolicy {
  /// Of the keys that are renewed, the shortest life, in seconds.
  var shortestLifetime: Int64 { [document, index, cache].min() ?? 3600 }

  /// No renewal is planned later than so many milliseconds from now.
  var latestRenewal: Int64 { shortestLifetime * 450 }
}

extension EngineSettings {
  /// What a replica says of itself in `P:replica:<id>` at a commit; `now` in milliseconds since 1970.
  func presence(at commit: ObjectID, now: Int64) -> [String: String] {
    presence.merging(["commit": commit.description, "at": String(now), "name": authorName]) { _, seen in seen }
  }
}

extension Engine {
  /// As ``refresh(_:)``, but for what is known not to have changed since a pass that left `memory`.
  public func refresh(_ index: Int, recalling memory: RemoteMemory) {
    refresh(index)
    guard sessions[index].quota == nil else {
      // Its documents are looked at in any case: such a server tells nothing of itself.
      sessions[index].renewAtWall = memory.renewAt
      return resumeRenewal(index)
    }
    sessions[index].renewsByForce = memory.renewal(at: clock.wallMilliseconds, settings.ttl) == nil
    sessions[index].memory = memory
    sessions[index].wantsMark = true
  }

  /// What this pass leaves to the next one; nil when the remote isn't in order.
  public func memory(of index: Int) -> RemoteMemory? {
    let session = sessions[index]
    guard isInSync(index), let head = session.headCommit else { return nil }
    // Problems with single keys are to be seen again each time.
    return RemoteMemory(mark: session.problems.isEmpty ? session.mark : nil, head: head, renewAt: session.renewAtWall)
  }

  /// Takes in the server's mark: where it is the one known, there is nothing to look at.
  func compareMark(_ index: Int, _ mark: ServerMark?) {
    sessions[index].wantsMark = false
    sessions[index].mark = mark
    guard let mark, let memory = sessions[index].memory, memory.mark == mark,
      memory.head == sessions[index].headCommit
    else { return }
    sessions[index].scope = .none
    if !sessions[index].renewsByForce { scheduleRenewal(index, at: memory.renewAt) }
  }

  /// What a call of ours does to the server's mark.
  func noteMark(_ index: Int, _ call: RemoteCall) {
    switch call {
    case .publish, .replaceLostHead, .project, .swapPacks, .heartbeat: sessions[index].mark = nil
    case .readHead, .look, .missingPacks, .packs, .packSizes, .packsToFold, .inspect, .renew, .mark, .markedHeartbeat:
      break
    }
  }
}
