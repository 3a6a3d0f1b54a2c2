import History
import Mirror
import Support

/// What is known of a remote that bills each command.
struct Quota: Sendable {
  var settings: QuotaSettings
  var ledger: QuotaLedger
  /// Whether it is time to look for what others wrote.
  var wantsLook = false
  /// Whether all names were looked at, and the packs are to be with them.
  var wantsPacksChecked = false
  /// Looks that found nothing, since something last happened.
  var quietLooks = 0
  /// When the next publication may be, in monotonic nanoseconds.
  var publishAt: Int64 = .min
}

/// What a remote has cost, for those who pay for it.
public struct QuotaReport: Hashable, Sendable {
  /// The month that it is about, as `2026-11`.
  public let month: String
  /// Commands spent in it by this replica.
  public let spent: Int64
  /// About what will have been spent when it ends.
  public let projected: Int64
  /// What may be spent; nil: any number.
  public let budget: Int64?
  /// How many times rarer than configured the remote is looked at, to stay within the budget.
  public let stretch: Double
}

extension Engine {
  /// Says that a remote bills each command, or doesn't.
  ///
  /// - Parameters:
  ///   - index: The remote.
  ///   - settings: What it may cost; nil: it bills nothing.
  ///   - ledger: What was spent before, where nothing is known of that yet.
  ///   - renewAt: When its keys are to be renewed, in milliseconds since 1970, if an earlier run planned that.
  public func setQuota(_ index: Int, _ settings: QuotaSettings?, ledger: QuotaLedger?, renewAt: Int64?) {
    guard let settings else {
      sessions[index].quota = nil
      return
    }
    if sessions[index].quota != nil {
      sessions[index].quota?.settings = settings
      return
    }
    sessions[index].quota = Quota(
      settings: settings, ledger: ledger ?? QuotaLedger(at: clock.wallMilliseconds))
    if let renewAt {
      sessions[index].renewAtWall = renewAt
      resumeRenewal(index)
    }
  }

  /// Counts what a remote was made to do; it bills that.
  public func noteSpending(_ index: Int, _ commands: Int64) {
    guard commands > 0 else { return }
    sessions[index].quota?.ledger.add(commands, at: clock.wallMilliseconds)
  }

  /// What a remote has cost; nil where it bills nothing.
  public func quotaReport(_ index: Int) -> QuotaReport? {
    guard let quota = sessions[index].quota else { return nil }
    let (pace, now) = (pace(index, quota), clock.wallMilliseconds)
    let ledger = quota.ledger.turned(at: now)
    return QuotaReport(
      month: ledger.month, spent: ledger.spent, projected: ledger.projected(at: now, idleRate: pace.idleRate),
      budget: quota.settings.budget > 0 ? quota.settings.budget : nil, stretch: pace.stretch(at: now))
  }

  /// What has to be kept from one run to the next; nil where a remote bills nothing.
  public func quotaNotes(_ index: Int) -> (ledger: QuotaLedger, renewAt: Int64)? {
    sessions[index].quota.map { ($0.ledger, sessions[index].renewAtWall) }
  }

  func pace(_ index: Int, _ quota: Quota) -> QuotaPace {
    QuotaPace(
      settings: quota.settings, ledger: quota.ledger,
      idleRate: quota.settings.idleRate(
        documents: tipFiles.count, beat: 0.375 * Double(beatSeconds(index)),
        renewal: 0.375 * Double(shortestLifetime(index))))
  }

  /// Looks at a remote's documents when it is time, where nothing else is to be done there.
  func look(_ index: Int, _ head: MirrorHead) throws(HistoryError) -> RemoteCall? {
    if sessions[index].quota?.wantsPacksChecked == true, !head.packs.isEmpty { return .missingPacks(head.packs) }
    guard sessions[index].quota?.wantsLook == true, head.commit == tip, head.projected == head.commit else {
      return nil
    }
    return .look(try expectedDocuments(), head: head.commit)
  }

  /// Takes in what a look came to.
  func looked(_ index: Int, _ outcome: LookOutcome) {
    switch outcome {
    case .here(let differing) where differing.isEmpty:
      sessions[index].quota?.wantsLook = false
      sessions[index].quota?.quietLooks += 1
      scheduleLook(index)
    case .here(let differing):
      sessions[index].quota?.wantsLook = false
      hint(index, head: false, documents: Set(differing))
      noteActivity(index)
    case .moved(let reading):
      // What others published comes first; then it is looked again.
      read(index, reading)
      noteActivity(index)
    }
  }

  /// Something happened at a remote: more may follow, and is looked for sooner.
  func noteActivity(_ index: Int) {
    guard sessions[index].quota != nil else { return }
    sessions[index].quota?.quietLooks = 0
    scheduleLook(index)
  }

  /// Each look that finds nothing doubles the time to the next, up to what is configured.
  func scheduleLook(_ index: Int) {
    guard let quota = sessions[index].quota else { return }
    guard !sessions[index].hasNotifications else {
      sessions[index].pollAt = .max
      return
    }
    let (active, idle) = (Double(quota.settings.activePoll), Double(quota.settings.idlePoll))
    let base = min(idle, active * Double(1 << min(quota.quietLooks, 20)))
    let stretch = pace(index, quota).stretch(at: clock.wallMilliseconds)
    sessions[index].pollAt = after(base * stretch * (0.75 + 0.5 * random.fraction()))
  }

  func scheduleScan(_ index: Int) {
    guard let quota = sessions[index].quota else { return }
    let stretch = pace(index, quota).stretch(at: clock.wallMilliseconds)
    sessions[index].fullPollAt = after(Double(quota.settings.scan) * stretch * (0.75 + 0.5 * random.fraction()))
  }

  /// Whether a publication has to wait, because the budget is nearly spent.
  func isPublicationDelayed(_ index: Int) -> Bool {
    guard let quota = sessions[index].quota else { return false }
    return clock.monotonicNanoseconds < quota.publishAt
  }

  /// Has the next publication wait where the budget is nearly spent.
  func notePublication(_ index: Int) {
    guard let quota = sessions[index].quota else { return }
    let pause = pace(index, quota).pause(at: clock.wallMilliseconds)
    sessions[index].quota?.publishAt = pause > 0 ? after(pause) : .min
    noteActivity(index)
  }

  /// Lets publications go out that wait for the budget's sake: somebody waits for them.
  public func hurry() {
    for index in sessions.indices { sessions[index].quota?.publishAt = .min }
  }

  /// The documents of the tip as they should stand in a remote; those too large to have a key are left out.
  private func expectedDocuments() throws(HistoryError) -> [ExpectedDocument] {
    if let tip, let known = expected, known.tip == tip, known.limit == settings.documentLimit { return known.documents }
    let before = Dictionary(
      (expected?.documents ?? []).map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    var documents: [ExpectedDocument] = []
    for (path, entry) in tipFiles.sorted(by: { $0.key < $1.key }) {
      // Most files are as they were when the last tip was looked at, and stand in Redis byte for byte.
      if let same = before[path], same.stored == entry.blob {
        documents.append(same)
      } else if try history.blobSize(entry.blob) <= settings.documentLimit {
        documents.append(ExpectedDocument(path: path, bytes: try history.blob(entry.blob)))
      }
    }
    if let tip { expected = ExpectedDocuments(tip: tip, limit: settings.documentLimit, documents: documents) }
    return documents
  }
}

/// What the documents of a tip are in a remote.
struct ExpectedDocuments {
  let tip: ObjectID
  let limit: Int64
  let documents: [ExpectedDocument]
}
