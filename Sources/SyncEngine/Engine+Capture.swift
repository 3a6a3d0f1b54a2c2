import Bank
public import History
public import Support

extension Engine {
  /// Looks at the whole directory and commits what changed.
  ///
  /// - Returns: The new commit, nil when nothing had changed.
  @discardableResult
  public func captureEverything() throws(HistoryError) -> ObjectID? {
    problems.removeAll()
    var scan = bank.scan()
    if returnDisplaced() { scan = bank.scan() }
    let open = differing(in: scan)
    lastLookWasWhole = !scan.rootUnknown && scan.unknown.isEmpty
    var missing: [BankPath] = []
    // Every file that is as the bank has it stands in both; with as many of them as the bank has, none is missing.
    if scan.files.count - open.count < files.count {
      missing = files.keys.filter { scan.files[$0] == nil }
    }
    missing += held.keys.filter { scan.files[$0] == nil && files[$0] == nil }
    missing.sort()
    if table.files.count > files.count {
      for path in table.files.keys.filter({ files[$0] == nil && scan.files[$0] == nil }) { table.files[path] = nil }
    }
    lastLookFoundNothing =
      lastLookWasWhole && scan.problems.isEmpty && open.isEmpty && missing.isEmpty && scan.files.count == files.count
    let made = try capture(scan, open, missing: missing)
    try captureDisplaced()
    return made
  }

  /// Looks at these paths only, and below those that are directories, and commits what changed.
  ///
  /// - Returns: The new commit, nil when nothing had changed.
  @discardableResult
  public func capture(_ paths: [BankPath]) throws(HistoryError) -> ObjectID? {
    guard !paths.isEmpty else { return nil }
    // Deletions that wait are looked at again with every batch: the plan is always that of all that is missing.
    let waiting = plans.filter { $0.direction == .local }.flatMap(\.files.keys)
    let paths = Array(Set(paths + waiting).union(blocked.keys)).sorted()
    let scan = bank.look(at: paths)
    var missing: Set<BankPath> = []
    for path in paths where scan.files[path] == nil {
      if tipFiles[path] != nil || files[path] != nil || held[path] != nil {
        missing.insert(path)
      } else {
        // A directory that went takes along what was known below it.
        for known in files.keys where known.isInside(path) && scan.files[known] == nil { missing.insert(known) }
      }
    }
    for path in paths { forgetProblems(at: path) }
    return try capture(scan, differing(in: scan), missing: missing.sorted())
  }

  func forgetProblems(at path: BankPath) {
    for (name, problem) in problems where problem.path?.isInside(path) ?? false { problems[name] = nil }
  }

  /// So many files to read go into one pack instead of as many loose objects.
  private static let bulkFiles = 500

  /// The files that need a closer look, sorted.
  ///
  /// What is as it was when last read, and as the bank has it, needs none: nearly all of it, nearly always.
  private func differing(in scan: Scan) -> [(key: BankPath, value: FileStamp)] {
    scan.files.lazy.filter { !self.isUnchanged($0.key, $0.value) }.sorted { $0.key < $1.key }
  }

  private func capture(
    _ scan: Scan, _ open: [(key: BankPath, value: FileStamp)], missing: [BankPath]
  ) throws(HistoryError) -> ObjectID? {
    guard open.count > Self.bulkFiles else { return try captureNow(scan, open, missing: missing) }
    return try history.bulk { () throws(HistoryError) in try captureNow(scan, open, missing: missing) }
  }

  private func isUnchanged(_ path: BankPath, _ stamp: FileStamp) -> Bool {
    guard let entry = files[path], entry.executable == stamp.isExecutable, table.trusts(path, stamp) == entry.blob
    else { return false }
    return held.isEmpty || held[path] == nil
  }

  /// Turns observations into at most one commit on `main`, then brings an unfinished target up to it.
  private func captureNow(
    _ scan: Scan, _ open: [(key: BankPath, value: FileStamp)], missing: [BankPath]
  ) throws(HistoryError) -> ObjectID? {
    counts.cycles += 1
    let start = clock.monotonicNanoseconds
    for problem in scan.problems { problems[problem.name] = problem }
    for problem in scan.unknown.values { problems[problem.name] = problem }
    var changes: [BankPath: TreeEntry?] = [:]
    var changesOfTarget: [BankPath: TreeEntry?] = [:]
    var released: [(version: HeldVersion, entry: TreeEntry)] = []
    for (path, stamp) in open {
      let before = table.files[path]?.blob
      guard let entry = try observe(path, stamp) else { continue }
      if let version = held[path] {
        released.append((version, entry))
      } else if entry != files[path], try !isAccounted(path, entry) {
        // What was edited is the target's version, where that had been written already.
        if let target, let before, before == target.files[path]?.blob, before != files[path]?.blob {
          changesOfTarget[path] = .some(entry)
        } else {
          changes[path] = .some(entry)
        }
      }
    }
    var gone: [BankPath] = []
    for path in missing where isGone(path, scan) {
      if let version = held[path] {
        // In a directory that is suspect, its absence says nothing of the held version either.
        if suspicion != nil { continue }
        if try !dropMissing(version) { continue }
      }
      // Where the target has deleted the path as well, its absence is the target applied.
      if let target, target.files[path] == nil { continue }
      if files[path] != nil { gone.append(path) }
    }
    let displaced = try displacedDirectories(by: changes)
    gone += displaced.values.flatMap(\.self).filter { !gone.contains($0) }.sorted()
    try withholdDeletions(gone, &changes)
    // Where a deletion has to wait for a person, so has the file that can't be there without it.
    try keepBlocked(displaced, &changes)
    let made = try commitChanges(changes)
    if made != nil { unpublishedSince = unpublishedSince ?? start }
    if let target, made != nil || !changesOfTarget.isEmpty {
      let edited = try commitOnTarget(changesOfTarget, target)
      Failpoint.captureTarget.pass()
      try retarget(mergingInto: edited)
    }
    for (version, entry) in released { try release(version, entry) }
    return made
  }

  /// The bank's files below directories in whose place a file stands now: they are gone, however long deletions settle.
  private func displacedDirectories(
    by changes: [BankPath: TreeEntry?]
  ) throws(HistoryError) -> [BankPath: [BankPath]] {
    guard let mainTree else { return [:] }
    var displaced: [BankPath: [BankPath]] = [:]
    for (path, entry) in changes where entry != nil && files[path] == nil {
      guard try history.holdsDirectory(path, inTree: mainTree) else { continue }
      displaced[path] = files.keys.filter { $0.isInside(path) }
    }
    return displaced
  }

  /// Takes files out of the changes that can't be in a tree together with what has to wait; their versions are kept on
  /// this machine, since a later one may take their place on the disk before the wait is over.
  private func keepBlocked(
    _ displaced: [BankPath: [BankPath]], _ changes: inout [BankPath: TreeEntry?]
  ) throws(HistoryError) {
    let before = blocked
    blocked = [:]
    for (path, below) in displaced.sorted(by: { $0.key < $1.key }) {
      guard case .some(let entry?) = changes[path], !below.allSatisfy({ changes[$0] != nil }) else { continue }
      changes[path] = nil
      blocked[path] = entry.blob
      if before[path] != entry.blob { try keepAside(entry.blob, path) }
    }
  }

  private func isGone(_ path: BankPath, _ scan: Scan) -> Bool {
    !scan.isUnknown(path) && !scan.rootUnknown && !bank.rules.ignores(path, isDirectory: false)
  }

  /// Edits of files that the target had already written are versions of the target, not of `main`.
  private func commitOnTarget(
    _ changes: [BankPath: TreeEntry?], _ target: Target
  ) throws(HistoryError) -> ObjectID {
    guard !changes.isEmpty else { return target.commit }
    let sorted = changes.sorted { $0.key < $1.key }.map { (path: $0.key, entry: $0.value) }
    let deltas = sorted.map { TreeDelta(path: $0.path, old: target.files[$0.path], new: $0.entry) }
    counts.committed += 1
    return try history.writeCommit(
      tree: history.writeTree(from: target.tree, changes: sorted), parents: [target.commit], author: signature(),
      committer: signature(), message: message(for: deltas, approval: nil, over: target.commit))
  }

  /// What a file holds now, as an entry whose blob is in history; nil when it can't be read or may not leave.
  private func observe(_ path: BankPath, _ stamp: FileStamp) throws(HistoryError) -> TreeEntry? {
    if let blob = table.trusts(path, stamp) {
      let entry = TreeEntry(blob: blob, executable: stamp.isExecutable)
      if held[path] != nil || !history.contains(blob) {
        // Held, or the table outlived its history: read it again.
      } else {
        return entry
      }
    }
    guard stamp.size <= settings.holdLimit else {
      try hold(path, nil, "is over \(ByteSizeText.text(settings.holdLimit)); the bank keeps its last version")
      return nil
    }
    let bytes: [UInt8]
    let read: FileStamp
    do {
      (bytes, read) = try bank.read(path, limit: settings.holdLimit + 1)
    } catch {
      note(path, .unreadable, "\(error)")
      return nil
    }
    // What is in the bank already has passed, or is allowed to be there.
    let known = ObjectID.blob(of: bytes)
    if files[path]?.blob != known, tipFiles[path]?.blob != known, let reason = secretReason(bytes) {
      try hold(path, bytes, reason)
      return nil
    }
    let blob = files[path]?.blob == known ? known : try history.writeBlob(bytes)
    Failpoint.captureBlob.pass()
    table.files[path] = KnownFile(stamp: read, blob: blob, hashedAt: clock.wallMilliseconds * 1_000_000)
    return TreeEntry(blob: blob, executable: read.isExecutable)
  }

  func secretReason(_ bytes: [UInt8]) -> String? {
    let findings = SecretScanner().findings(in: bytes).filter { !settings.allowedSecrets.contains($0.fingerprint) }
    guard let first = findings.first else { return nil }
    return "\(first.rule) in line \(first.line) (allow it with secrets.allow = \(first.fingerprint))"
  }

  /// Whether the content found is no edit but a step of bringing the directory to the target.
  func isAccounted(_ path: BankPath, _ entry: TreeEntry) throws(HistoryError) -> Bool {
    guard let target else { return false }
    if target.files[path] == entry { return true }
    // A target replaced by a later one leaves files at the earlier one's version; a directory that joins holds
    // versions from before. Both are in the target's history and need no commit of their own.
    if let main {
      for commit in try history.walk(from: [target.commit], excluding: [main], limit: nil) {
        if try history.entry(path, inTree: history.commit(commit).tree) == entry { return true }
      }
      return false
    }
    return try history.everHeld(path, entry.blob, at: target.commit)
  }

  func note(_ path: BankPath, _ kind: BankProblem.Kind, _ reason: String) {
    let problem = BankProblem(kind, path, reason)
    problems[problem.name] = problem
  }

  /// Lets deletions through, or keeps them for a person to approve.
  func withholdDeletions(_ gone: [BankPath], _ changes: inout [BankPath: TreeEntry?]) throws(HistoryError) {
    plans.removeAll { $0.direction == .local }
    guard !gone.isEmpty else { return }
    var all = changes
    for path in gone { all[path] = .some(nil) }
    let deltas = all.map { TreeDelta(path: $0.key, old: files[$0.key], new: $0.value) }
    let deleted = DeletionGuard.deletions(in: deltas)
    let blobs = Dictionary(uniqueKeysWithValues: gone.compactMap { path in files[path].map { (path, $0.blob) } })
    let recent = try recentDeletions()
    let reason: String?
    if let suspicion {
      reason = suspicion
    } else if deleted.isEmpty {
      reason = nil
    } else if DeletionGuard.halts(deleting: deleted.count + recent.deleted, of: max(recent.largest, files.count)) {
      reason = "\(deleted.count) of \(files.count) files are missing in the directory"
    } else {
      reason = nil
    }
    if let reason {
      let plan = DeletionPlan(direction: .local, files: blobs, reason: reason)
      guard approved.contains(plan.id) else {
        plans.append(plan)
        return
      }
    }
    for path in gone { changes[path] = .some(nil) }
  }

  private func commitChanges(_ changes: [BankPath: TreeEntry?]) throws(HistoryError) -> ObjectID? {
    var changes = changes
    // A directory that stands where a file stood: the file is gone, however long deletions settle.
    for (path, entry) in changes where entry != nil {
      for ancestor in path.ancestors where files[ancestor] != nil { changes[ancestor] = .some(nil) }
    }
    guard !changes.isEmpty else { return nil }
    let sorted = changes.sorted { $0.key < $1.key }.map { (path: $0.key, entry: $0.value) }
    let deltas = sorted.map { TreeDelta(path: $0.path, old: files[$0.path], new: $0.entry) }
    let tree = try history.writeTree(from: mainTree, changes: sorted)
    guard tree != mainTree else { return nil }
    Failpoint.captureTree.pass()
    let plan = DeletionPlan(
      direction: .local, files: deletedBlobs(deltas), reason: "")
    let commit = try history.writeCommit(
      tree: tree, parents: main.map { [$0] } ?? [], author: signature(), committer: signature(),
      message: message(for: deltas, approval: approved.contains(plan.id) ? plan.id : nil, over: main))
    knownTable = (commit, try ownTable(over: main))
    Failpoint.captureCommit.pass()
    approved.remove(plan.id)
    for delta in deltas where delta.new == nil { table.files[delta.path] = nil }
    if let rewrite = BankRewrite(commit, deltas, of: files.count) { rewrites.append(rewrite) }
    try moveMain(to: commit, tree: tree, files: Self.applied(deltas, to: files))
    Failpoint.captureMoved.pass()
    counts.committed += 1
    return commit
  }

  private func deletedBlobs(_ deltas: [TreeDelta]) -> [BankPath: ObjectID] {
    var blobs: [BankPath: ObjectID] = [:]
    for delta in deltas where delta.new == nil { blobs[delta.path] = delta.old?.blob }
    return blobs
  }

  static func applied(_ deltas: [TreeDelta], to files: [BankPath: TreeEntry]) -> [BankPath: TreeEntry] {
    var files = files
    for delta in deltas { files[delta.path] = delta.new }
    return files
  }

  func signature() -> Signature {
    Signature(
      name: settings.authorName, email: settings.authorEmail, seconds: clock.wallMilliseconds / 1000,
      offsetMinutes: settings.offsetMinutes)
  }

  private func message(
    for deltas: [TreeDelta], approval: String?, over parent: ObjectID?
  ) throws(HistoryError) -> String {
    let renames = deltas.count > 1 ? try history.renames(in: deltas) : []
    var lines: (added: Int, removed: Int)?
    if deltas.count == 1, let delta = deltas.first, delta.new != nil {
      let old: [UInt8]? = if let entry = delta.old { try history.blob(entry.blob) } else { nil }
      let new: [UInt8]? = if let entry = delta.new { try history.blob(entry.blob) } else { nil }
      lines = try history.lineCounts(old: old, new: new)
    }
    var trailers = [("Origin", settings.replica), ("Cause", "edit")]
    if let approval { trailers.append(("Approved-Deletions", approval)) }
    trailers += try strategyTrailers(over: parent)
    return CommitMessage.text(
      subject: CommitMessage.subject(deltas, renames: renames, lines: lines), deltas: deltas, trailers: trailers)
  }
}
