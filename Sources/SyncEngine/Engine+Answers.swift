public import History
import Mirror
public import Support

extension Engine {
  /// Takes in what a remote answered to the call that ``nextCall(for:)`` handed out.
  public func receive(_ answer: RemoteAnswer, from index: Int) throws(HistoryError) {
    guard let call = sessions[index].waiting else { return }
    sessions[index].waiting = nil
    if case .failed(let failure) = answer { return fail(index, failure) }
    // The failures are forgotten only when nothing is left to do: a remote that can be read but not written fails
    // again each time, and must be asked ever more rarely.
    if sessions[index].wasDown { counts.reconnects += 1 }
    sessions[index].wasDown = false
    sessions[index].state = .up
    if sessions[index].incompleteSince == nil { sessions[index].message = nil }
    switch (call, answer) {
    case (_, .head(let reading)): read(index, reading)
    case (.packs(let asked), .packs(let found)): try take(index, asked, found)
    case (.packSizes(let asked), .packSizes(let found)):
      // A pack that is gone counts as nothing here; the renewal sees to it.
      for id in asked { sessions[index].packSizes[id] = found[id] ?? 0 }
    case (.packsToFold(let asked), .packs(let found)): try fold(index, asked, found)
    case (.inspect(let paths, _, _), .inspection(let inspection)): try inspect(index, paths, inspection)
    case (.publish(let publication, _), .published(let outcome)),
      (.replaceLostHead(_, let publication, _), .published(let outcome)):
      try published(index, publication, outcome)
    case (.look, .looked(let outcome)): looked(index, outcome)
    case (.missingPacks, .missingPacks(let missing)):
      sessions[index].quota?.wantsPacksChecked = false
      sessions[index].rebuildsPacks = sessions[index].rebuildsPacks || !missing.isEmpty
    case (.project(let projection), .projected(let outcome)): projected(index, projection, outcome)
    case (.swapPacks, .swapped(.swapped(let head))), (.swapPacks, .swapped(.headMoved(.present(let head)))):
      read(index, .present(head))
    case (.swapPacks, .swapped): sessions[index].headIsStale = true
    case (.mark, .mark(let mark)): compareMark(index, mark)
    case (.renew, .renewed(let missing, let wrote)):
      if wrote { sessions[index].mark = nil }
      // A pack that was evicted is uploaded again by whoever has its objects.
      if !missing.isEmpty { sessions[index].rebuildsPacks = true }
      scheduleRenewal(index)
    case (.markedHeartbeat, .beat(let before, let after)):
      sessions[index].mark = before == sessions[index].mark ? after : nil
      scheduleHeartbeat(index)
    case (.heartbeat, .done):
      // FLUSHALL raises no events: the head is read with every sign of life, or with every look.
      if sessions[index].quota == nil || sessions[index].hasNotifications { sessions[index].headIsStale = true }
      scheduleHeartbeat(index)
    default: break
    }
  }

  /// A remote says, or may have meant, that its head or these documents changed.
  ///
  /// - Parameters:
  ///   - index: The remote.
  ///   - head: Whether the head may be another.
  ///   - commit: The commit that was published, if that is known: our own publication comes back as a hint too.
  ///   - documents: The documents that were written.
  public func hint(_ index: Int, head: Bool, commit: ObjectID? = nil, documents: Set<BankPath>) {
    if head, commit == nil || !isOurs(commit, index) { sessions[index].headIsStale = true }
    guard !documents.isEmpty else { return }
    switch sessions[index].scope {
    case .none: sessions[index].scope = .some(documents)
    case .some(let paths): sessions[index].scope = .some(paths.union(documents))
    case .all: break
    }
  }

  private func isOurs(_ commit: ObjectID?, _ index: Int) -> Bool {
    if sessions[index].headCommit == commit { return true }
    if case .publish(let publication, _) = sessions[index].waiting { return publication.head == commit }
    return false
  }

  /// Has everything of a remote looked at again: after a reconnection, or for a full pass.
  public func refresh(_ index: Int) {
    sessions[index].headIsStale = true
    sessions[index].scope = .all
    resumeRenewal(index)
    sessions[index].quota?.publishAt = .min
    if case .down = sessions[index].state { sessions[index].state = .up }
  }

  func fail(_ index: Int, _ failure: RemoteFailure) {
    sessions[index].message = failure.message
    counts.fallbacks += 1
    sessions[index].wasDown = true
    sessions[index].headIsStale = true
    sessions[index].scope = .all
    sessions[index].lagging = nil
    sessions[index].incompleteSince = nil
    let wait: Double
    switch failure.remedy {
    case .halt:
      sessions[index].state = .halted
      return
    case .retry:
      // Exponential with full jitter, at most a minute: replicas that lost the same server don't return as one.
      let ceiling = min(60.0, 0.1 * Double(1 << min(sessions[index].failures, 12)))
      wait = random.fraction() * ceiling
    case .wait(let seconds):
      // Not a moment less, and not all replicas in the same moment.
      wait = Double(seconds) * (1 + 0.25 * random.fraction())
    }
    sessions[index].failures += 1
    sessions[index].state = .down(until: clock.monotonicNanoseconds + Int64(wait * 1_000_000_000))
  }

  func read(_ index: Int, _ reading: HeadReading) {
    if reading.commit != sessions[index].headCommit {
      noteActivity(index)
      sessions[index].gonePacks.removeAll()
      sessions[index].incompleteSince = nil
      sessions[index].swap = nil
    }
    if case .present(let head) = reading { sessions[index].lastSequence = max(sessions[index].lastSequence, head.seq) }
    if reading == .absent, sessions[index].head != .absent { sessions[index].scope = .all }
    sessions[index].head = reading
  }

  private func take(_ index: Int, _ asked: [String], _ found: [String: [UInt8]]) throws(HistoryError) {
    for id in asked {
      guard let bytes = found[id] else {
        sessions[index].gonePacks.insert(id)
        continue
      }
      Failpoint.fetchReceived.pass()
      do {
        try history.addPack(bytes)
        Failpoint.fetchAdded.pass()
        sessions[index].knownPacks.insert(id)
      } catch  where error.kind == .system {
        // Our own disk or our own limits: nothing is wrong with the pack.
        return fail(index, RemoteFailure(remedy: .retry, message: "\(error)"))
      } catch {
        // A pack that isn't one is as good as gone: whoever has the objects uploads them again.
        sessions[index].gonePacks.insert(id)
        sessions[index].message = "pack \(id): \(error)"
      }
    }
    if !sessions[index].gonePacks.isEmpty { sessions[index].rebuildsPacks = true }
  }

  private func inspect(_ index: Int, _ paths: [BankPath]?, _ inspection: Inspection) throws(HistoryError) {
    guard inspection.complete, inspection.head.commit == sessions[index].headCommit else {
      read(index, inspection.head)
      sessions[index].scope = .all
      return
    }
    if paths == nil { sessions[index].problems = inspection.problems }
    counts.lookedUp += paths?.count ?? inspection.index?.count ?? 0
    counts.missing += inspection.missing.count
    for document in inspection.foreign { sessions[index].foreign[document.path] = document }
    if !inspection.foreign.isEmpty { noteActivity(index) }
    sessions[index].repair.formUnion(inspection.missing)
    // What is of another type is moved aside when the document is written again; until then no agent can read it.
    for case let path? in inspection.problems.filter({ $0.kind == .wrongType }).map(\.path) where tipFiles[path] != nil
    {
      sessions[index].repair.insert(path)
    }
    guard let entries = inspection.index else { return }
    sessions[index].quota?.wantsPacksChecked = true
    try compare(index, entries)
    schedulePolls(index)
  }

  /// Finds what the index lacks, or has and should not have.
  private func compare(_ index: Int, _ entries: [BankPath: IndexEntry]) throws(HistoryError) {
    guard case .present(let head) = sessions[index].head, head.projected == head.commit, history.contains(head.commit)
    else { return }
    let files = head.commit == tip ? tipFiles : try history.files(inTree: history.commit(head.commit).tree)
    for (path, entry) in files where entries[path]?.blob != entry.blob { sessions[index].repair.insert(path) }
    for path in entries.keys where files[path] == nil { sessions[index].repair.insert(path) }
  }

  private func published(
    _ index: Int, _ publication: Publication, _ outcome: PublishOutcome
  ) throws(HistoryError) {
    switch outcome {
    case .published(let head):
      Failpoint.publishAnswered.pass()
      try history.forceRef(EngineRef.remote(sessions[index].name), to: head.commit)
      Failpoint.publishRecorded.pass()
      read(index, .present(head))
      sessions[index].rebuildsPacks = false
      sessions[index].gonePacks.removeAll()
      sessions[index].incompleteSince = nil
      for document in publication.documents {
        sessions[index].repair.remove(document.path)
        sessions[index].absorbed[document.path] = nil
      }
      counts.published += 1
      notePublication(index)
      if let start = unpublishedSince, head.commit == tip {
        latency.add(clock.monotonicNanoseconds - start)
        unpublishedSince = nil
      }
      counts.pushed += publication.changes.count
    case .leaseLost(let reading):
      read(index, reading)
    case .missingPacks:
      sessions[index].rebuildsPacks = true
    case .foreign(let documents):
      for document in documents { sessions[index].foreign[document.path] = document }
    }
  }

  private func projected(_ index: Int, _ projection: Projection, _ outcome: ProjectOutcome) {
    switch outcome {
    case .done:
      for document in projection.documents {
        sessions[index].repair.remove(document.path)
        sessions[index].absorbed[document.path] = nil
      }
      let written = Set(projection.documents.map(\.path))
      if let paths = sessions[index].lagging?.paths {
        sessions[index].lagging?.paths = paths.drop { written.contains($0) }
      }
      if projection.completes, case .present(var head) = sessions[index].head {
        head.projected = head.commit
        sessions[index].head = .present(head)
        sessions[index].lagging = nil
      }
    case .headMoved(let reading):
      sessions[index].lagging = nil
      read(index, reading)
    case .foreign(let documents):
      for document in documents { sessions[index].foreign[document.path] = document }
    }
  }
}
