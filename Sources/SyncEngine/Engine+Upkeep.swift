import History
import Mirror
import Support

extension Engine {
  private static let second: Int64 = 1_000_000_000

  /// What keeps a remote as it is: TTLs, presence, a short list of packs.
  func upkeep(_ index: Int, _ head: MirrorHead) throws(HistoryError) -> RemoteCall? {
    let now = clock.monotonicNanoseconds
    if now >= sessions[index].renewAt { return .renew(force: sessions[index].renewsByForce, packs: head.packs) }
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
    let wait = Double(settings.ttl.shortestLifetime) * (0.3 + 0.15 * random.fraction())
    scheduleRenewal(index, at: clock.wallMilliseconds + Int64(wait * 1000))
  }

  /// `wall`: in milliseconds since 1970.
  func scheduleRenewal(_ index: Int, at wall: Int64) {
    sessions[index].renewsByForce = false
    sessions[index].renewAtWall = wall
    sessions[index].renewAt = clock.monotonicNanoseconds + (wall - clock.wallMilliseconds) * 1_000_000
  }

  func scheduleHeartbeat(_ index: Int) {
    sessions[index].heartbeatAt = after(Double(settings.ttl.presence) * (0.3 + 0.15 * random.fraction()))
  }

  func schedulePolls(_ index: Int) {
    sessions[index].pollAt =
      sessions[index].hasNotifications
      ? .max : after(Double(sessions[index].pollSeconds ?? settings.pollSeconds) * (0.75 + 0.5 * random.fraction()))
    sessions[index].fullPollAt = after(600 * (0.75 + 0.5 * random.fraction()))
  }

  private func after(_ seconds: Double) -> Int64 { clock.monotonicNanoseconds + Int64(seconds * Double(Self.second)) }

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
