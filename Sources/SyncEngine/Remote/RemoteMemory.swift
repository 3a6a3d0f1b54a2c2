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

extension Engine {
  /// As ``refresh(_:)``, but for what is known not to have changed since a pass that left `memory`.
  public func refresh(_ index: Int, recalling memory: RemoteMemory) {
    refresh(index)
    // A time further away than any renewal is planned for was read from another clock, or from a damaged file: it may be
    // any number.
    let wait = memory.renewAt.subtractingReportingOverflow(clock.wallMilliseconds).partialValue
    sessions[index].renewsByForce = wait <= 0 || wait > latestRenewal
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
    case .readHead, .packs, .packSizes, .packsToFold, .inspect, .renew, .mark, .markedHeartbeat: break
    }
  }
}
