import History
import Mirror
import Support

extension Engine {
  private static let second: Int64 = 1_000_000_000

  /// What keeps a remote as it is: TTLs, presence, a short list of packs.
  func upkeep(_ index: Int, _ head: MirrorHead) throws(HistoryError) -> RemoteCall? {
    let now = clock.monotonicNanoseconds
    if now >= sessions[index].renewAt {
      // Where each command is billed all is renewed at once, without asking what each key has left.
      return .renew(force: sessions[index].renewsByForce || sessions[index].quota != nil, packs: head.packs)
    }
    if now >= sessions[index].heartbeatAt {
      let fields = settings.presence(at: head.commit, now: clock.wallMilliseconds)
      return sessions[index].mark == nil
        ? .heartbeat(replica: settings.replica, fields: fields)
        : .markedHeartbeat(replica: settings.replica, fields: fields)
    }
    if head.packs.count > Compaction.mostPacks { return compaction(index, head) }
    return nil
  }

  private func compaction(_ index: Int, _ head: MirrorHead) -> RemoteCall? {
    if let swap = sessions[index].swap {
      sessions[index].swap = nil
      return .swapPacks(head: head.commit, from: swap.from, to: swap.to.map(\.id), uploading: swap.to)
    }
    let unknown = head.packs.filter { sessions[index].packSizes[$0] == nil }
    if !unknown.isEmpty { return .packSizes(unknown) }
    let run = Compaction.run(of: head.packs.map { (id: $0, size: sessions[index].packSizes[$0] ?? 0) })
    return run.isEmpty ? nil : .packsToFold(run)
  }

  /// Folds what a remote sent for it; the swap is the next thing to ask for.
  func fold(_ index: Int, _ asked: [String], _ found: [String: [UInt8]]) throws(HistoryError) {
    let packs = asked.compactMap { found[$0] }
    guard packs.count == asked.count else {
      sessions[index].rebuildsPacks = true
      return
    }
    sessions[index].swap = (from: asked, to: try history.fold(packs, limit: Self.packLimit))
  }

  func scheduleRenewal(_ index: Int) {
    let wait = Double(shortestLifetime(index)) * (0.3 + 0.15 * random.fraction())
    scheduleRenewal(index, at: clock.wallMilliseconds + Int64(wait * 1000))
  }

  /// `wall`: in milliseconds since 1970.
  func scheduleRenewal(_ index: Int, at wall: Int64) {
    sessions[index].renewsByForce = false
    sessions[index].renewAtWall = wall
    sessions[index].renewAt = clock.monotonicNanoseconds + (wall - clock.wallMilliseconds) * 1_000_000
  }

  /// Has the TTLs renewed now, whatever is left of them, or where each command is billed when that was planned.
  func resumeRenewal(_ index: Int) {
    let session = sessions[index]
    // As in a memory that was kept: a time further away than any renewal is planned for may be any number.
    let wait = session.renewAtWall.subtractingReportingOverflow(clock.wallMilliseconds).partialValue
    if session.quota != nil, wait > 0, wait <= shortestLifetime(index) * 450 {
      scheduleRenewal(index, at: session.renewAtWall)
    } else {
      sessions[index].renewsByForce = true
      sessions[index].renewAt = .min
    }
  }

  /// Seconds; where each command is billed the signs of life see to the cache, which ends long before all else.
  func shortestLifetime(_ index: Int) -> Int64 {
    guard sessions[index].quota != nil else { return settings.ttl.shortestLifetime }
    return min(settings.ttl.document, settings.ttl.index)
  }

  /// The TTL that signs of life are paced by, in seconds.
  func beatSeconds(_ index: Int) -> Int64 {
    guard sessions[index].quota != nil else { return settings.ttl.presence }
    return min(settings.ttl.metered.presence, settings.ttl.cache)
  }

  func scheduleHeartbeat(_ index: Int) {
    sessions[index].heartbeatAt = after(Double(beatSeconds(index)) * (0.3 + 0.15 * random.fraction()))
  }

  func schedulePolls(_ index: Int) {
    guard sessions[index].quota == nil else {
      scheduleLook(index)
      return scheduleScan(index)
    }
    sessions[index].pollAt =
      sessions[index].hasNotifications
      ? .max : after(Double(settings.pollSeconds) * (0.75 + 0.5 * random.fraction()))
    sessions[index].fullPollAt = after(600 * (0.75 + 0.5 * random.fraction()))
  }

  func after(_ seconds: Double) -> Int64 { clock.monotonicNanoseconds + Int64(seconds * Double(Self.second)) }

  /// The table of contents that agents read at `P:cache:memory-bank:index`.
  func cacheIndex() throws(HistoryError) -> [UInt8]? {
    guard let tip else { return nil }
    let seconds = try history.commit(tip).committer.seconds
    let files = JSONValue.array(tipFiles.keys.sorted().map { .string($0.description) })
    let phase = try projectPhase().map { JSONValue.string($0) } ?? .null
    let object = JSONValue.members([
      "files": files, "lastUpdated": .string(Timestamp.text(seconds: seconds)), "projectPhase": phase,
    ])
    return object.renderedBytes()
  }

  /// The value of `phase:` in the front matter of the files that say where a project stands.
  private func projectPhase() throws(HistoryError) -> String? {
    for name in ["activeContext.md", "progress.md", "context.md"] {
      guard let path = try? BankPath(name), let entry = tipFiles[path], try history.blobSize(entry.blob) < 1 << 16,
        let text = String(validating: try history.blob(entry.blob), as: UTF8.self), text.hasPrefix("---\n")
      else { continue }
      for line in text.split(separator: "\n").dropFirst() {
        if line == "---" { break }
        if line.hasPrefix("phase:") {
          return line.dropFirst(6).trimmingPrefix { $0 == " " }.description
        }
      }
    }
    return nil
  }
}
