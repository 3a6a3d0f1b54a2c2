import Bank
public import History
import Support

extension Engine {
  /// Writes what the target differs in to the directory, deletions last, each write guarded; moves `main` when all
  /// of it stands there.
  ///
  /// A path whose guard fails is left for a later look: ``unsettled`` names it, and the target stays.
  public func applyTarget() throws(HistoryError) {
    guard let target else { return }
    lastLookFoundNothing = false
    // What is written into a directory that only stood in for the bank's would be missing, and so look deleted, when
    // that one comes back.
    guard !isElsewhere else { return }
    if let main, try !history.isAncestor(main, of: target.commit) {
      // A kill came between a commit on main and its merge with the target, or an edit was captured just now: a
      // target without it would write over it.
      return try retarget(mergingInto: target.commit)
    }
    if main == nil { try removeOutdated(target) }
    let deltas = try history.diff(mainTree, target.tree) + strayed(from: target)
    // What this replica can't see keeps its place in the tree and is neither written nor deleted.
    let steps = deltas.filter { !bank.rules.ignores($0.path, isDirectory: false) && held[$0.path] == nil }
    let withheld = try withheldRemoteDeletions(steps.filter { $0.new == nil }, target)
    var complete = withheld.isEmpty
    for step in ordered(steps) where withheld[step.path] == nil {
      if try !apply(step, target) { complete = false }
      Failpoint.applyPath.pass()
    }
    guard complete else { return }
    Failpoint.applyFinished.pass()
    try moveMain(to: target.commit, tree: target.tree, files: target.files)
    Failpoint.applyMoved.pass()
    self.target = nil
    mayHaveStrayed = false
    try history.deleteRef(EngineRef.applying)
    Failpoint.applyDone.pass()
  }

  /// What a target that this one replaced may have written, and this one has as `main` does.
  ///
  /// Without a second look such a file would pass for an edit as soon as `main` moves, and a deleted one come back.
  private func strayed(from target: Target) throws(HistoryError) -> [TreeDelta] {
    guard mayHaveStrayed, let main, let mainTree else { return [] }
    var paths: Set<BankPath> = []
    // A target that was replaced is in the history of the one that took its place.
    for commit in try history.walk(from: [target.commit], excluding: [main], limit: nil) {
      for delta in try history.diff(mainTree, history.commit(commit).tree)
      where target.files[delta.path] == files[delta.path] {
        paths.insert(delta.path)
      }
    }
    return paths.sorted().map { TreeDelta(path: $0, old: files[$0], new: target.files[$0]) }
  }

  /// A directory that joins may hold files that the bank has deleted since: old, and in its history.
  ///
  /// Left alone they would be taken for new.
  private func removeOutdated(_ target: Target) throws(HistoryError) {
    for (path, stamp) in bank.scan().files.sorted(by: { $0.key < $1.key }) where target.files[path] == nil {
      guard let entry = try standing(path, stamp), try history.everHeld(path, entry.blob, at: target.commit) else {
        continue
      }
      let change = GuardedChange(path: path, expected: entry.blob, content: nil, executable: false)
      if case .applied = bank.apply(change, inHistory: { self.history.contains($0) }) { counts.pulled += 1 }
    }
  }

  /// Writes before deletions, so that a move never leaves a moment without the content; but a file that stands where
  /// a directory has to go leaves first, and so do the files of a directory that stands where a file has to go.
  private func ordered(_ steps: [TreeDelta]) -> [TreeDelta] {
    let written = steps.filter { $0.new != nil }
    let directories = Set(written.flatMap(\.path.ancestors))
    let names = Set(written.map(\.path))
    let isInTheWay = { (path: BankPath) in directories.contains(path) || path.ancestors.contains(where: names.contains)
    }
    let first = steps.filter { $0.new == nil && isInTheWay($0.path) }
    let last = steps.filter { $0.new == nil && !isInTheWay($0.path) }.reversed()
    return first + written + last
  }

  /// One guarded write.
  ///
  /// - Returns: Whether the path now is as the target has it.
  private func apply(_ step: TreeDelta, _ target: Target) throws(HistoryError) -> Bool {
    let scan = bank.look(at: [step.path])
    if scan.isUnknown(step.path) {
      note(step.path, .writeFailed, "can't be looked at, so the bank's newer version is not written there")
      return false
    }
    var expected: ObjectID?
    if let stamp = scan.files[step.path] {
      guard let entry = try standing(step.path, stamp) else { return false }
      if entry.blob == step.new?.blob, entry.executable == step.new?.executable {
        forgetProblems(at: step.path)
        return true
      }
      if entry.blob != files[step.path]?.blob, try !isAccounted(step.path, entry) {
        unsettled.insert(step.path)
        return false
      }
      expected = entry.blob
    } else if step.new == nil {
      table.files[step.path] = nil
      forgetProblems(at: step.path)
      return true
    }
    let content: [UInt8]? = if let new = step.new { try history.blob(new.blob) } else { nil }
    let change = GuardedChange(
      path: step.path, expected: expected, content: content, executable: step.new?.executable ?? false)
    switch bank.apply(change, inHistory: { self.history.contains($0) }) {
    case .applied(let stamp), .alreadyThere(let stamp):
      if let stamp, let new = step.new {
        table.files[step.path] = KnownFile(
          stamp: stamp, blob: new.blob, hashedAt: clock.wallMilliseconds * 1_000_000)
      } else {
        table.files[step.path] = nil
      }
      counts.pulled += 1
      // What failed before has come about.
      forgetProblems(at: step.path)
      return true
    case .refused:
      unsettled.insert(step.path)
      return false
    case .failed(let error):
      note(step.path, .writeFailed, "\(error)")
      return false
    }
  }

  /// What stands at a path right now; nil when it can't be read.
  private func standing(_ path: BankPath, _ stamp: FileStamp) throws(HistoryError) -> TreeEntry? {
    if let blob = table.trusts(path, stamp) { return TreeEntry(blob: blob, executable: stamp.isExecutable) }
    guard stamp.size <= settings.holdLimit else {
      note(
        path, .tooLarge,
        "is over \(ByteSizeText.text(settings.holdLimit)); the bank's newer version is not written there")
      unsettled.insert(path)
      return nil
    }
    do {
      let (bytes, read) = try bank.read(path, limit: settings.holdLimit + 1)
      return TreeEntry(blob: ObjectID.blob(of: bytes), executable: read.isExecutable)
    } catch {
      note(path, .unreadable, "\(error)")
      return nil
    }
  }

  /// Deletions that would empty much of the directory and that nobody has approved here or where they were made.
  func withheldRemoteDeletions(
    _ deletions: [TreeDelta], _ target: Target
  ) throws(HistoryError) -> [BankPath: ObjectID] {
    plans.removeAll { $0.direction == .remote }
    guard main != nil, !deletions.isEmpty else { return [:] }
    let approvedElsewhere = try deletionsApproved(upTo: target.commit)
    let added = target.files.filter { files[$0.key] == nil }.map { TreeDelta(path: $0.key, old: nil, new: $0.value) }
    let open = DeletionGuard.deletions(in: deletions + added).filter { !approvedElsewhere.contains($0.path) }
    guard !open.isEmpty else { return [:] }
    let recent = try recentDeletions()
    guard DeletionGuard.halts(deleting: open.count + recent.deleted, of: max(recent.largest, files.count)) else {
      return [:]
    }
    var blobs: [BankPath: ObjectID] = [:]
    for delta in open { blobs[delta.path] = delta.old?.blob }
    let plan = DeletionPlan(
      direction: .remote, files: blobs, reason: "\(open.count) of \(files.count) files were deleted elsewhere")
    if approved.contains(plan.id) { return [:] }
    plans.append(plan)
    return blobs
  }

  /// The paths whose deletion a commit between `main` and `commit` carries an approval for.
  private func deletionsApproved(upTo commit: ObjectID) throws(HistoryError) -> Set<BankPath> {
    var paths: Set<BankPath> = []
    for id in try history.walk(from: [commit], excluding: main.map { [$0] } ?? [], limit: nil) {
      let commit = try history.commit(id)
      let approvals = Set(CommitMessage.trailers(named: "Approved-Deletions", in: commit.message))
      guard !approvals.isEmpty else { continue }
      var blobs: [BankPath: ObjectID] = [:]
      for delta in try history.changes(of: id) where delta.new == nil { blobs[delta.path] = delta.old?.blob }
      // The id covers paths and blobs: an approval copied into another commit approves nothing.
      if approvals.contains(DeletionPlan(direction: .local, files: blobs, reason: "").id) {
        paths.formUnion(blobs.keys)
      }
    }
    return paths
  }

  /// How many files recent commits of `main` have deleted without an approval, and the most files it had meanwhile.
  func recentDeletions() throws(HistoryError) -> (deleted: Int, largest: Int) {
    guard let main else { return (0, 0) }
    let horizon = clock.wallMilliseconds / 1000 - DeletionGuard.window
    var (deleted, count, largest) = (0, files.count, files.count)
    for id in try history.recent(from: main, since: horizon, limit: 200) {
      let toll = try toll(of: id)
      deleted += toll.deleted
      count -= toll.growth
      largest = max(largest, count)
    }
    return (deleted, largest)
  }

  /// What a commit did to the number of files; kept, since each deletion asks for those of the last minutes again.
  private func toll(of id: ObjectID) throws(HistoryError) -> Toll {
    if let known = tolls[id] { return known }
    let commit = try history.commit(id)
    var toll = Toll(deleted: 0, growth: 0)
    // What a merge brings together was counted where it was done.
    if commit.parents.count == 1 {
      let deltas = try history.changes(of: id)
      if CommitMessage.trailers(named: "Approved-Deletions", in: commit.message).isEmpty {
        toll.deleted = DeletionGuard.deletions(in: deltas).count
      }
      toll.growth = deltas.count { $0.old == nil } - deltas.count { $0.new == nil }
    }
    if tolls.count >= 1_000 { tolls = [:] }
    tolls[id] = toll
    return toll
  }

  /// Releases exactly the deletions that were shown under `plan`.
  ///
  /// - Returns: Whether there is such a plan, and it was released.
  public func approve(_ plan: String) throws(HistoryError) -> Bool {
    guard let found = plans.first(where: { $0.id == plan }) else { return false }
    approved.insert(plan)
    Failpoint.approveGiven.pass()
    switch found.direction {
    case .local: try capture(found.files.keys.sorted())
    case .remote: try applyTarget()
    }
    guard !plans.contains(where: { $0.direction == found.direction }) else {
      // Something else is missing by now: what was shown is not what would go.
      approved.remove(plan)
      return false
    }
    return true
  }
}
