public import Backup
import Bank
public import History
public import Support

/// What a restore did to a bank.
public struct Restoration: Sendable, Hashable {
  /// The version that it made; nil when the bank's newest version was as wanted.
  public let commit: ObjectID?
  /// The ref that keeps what was newest before; nil when nothing was to be done, or there was nothing.
  public let checkpoint: String?
  /// What was to be done.
  public let plan: RestorePlan
  /// Whether all of it stands in the directory.
  public let isComplete: Bool
}

/// What is to be restored, and how.
public struct RestoreRequest: Sendable, Hashable {
  /// The version whose files are wanted.
  public var version: ObjectID
  /// A commit whose history is to be part of the bank's from now on; the version, or one that comes after it.
  public var head: ObjectID
  /// Whether files that the version doesn't have are to go.
  public var exact: Bool
  /// The first line of the new version's message.
  public var subject: String
  /// The name of the checkpoint that is made before.
  public var checkpoint: String

  /// A request.
  public init(version: ObjectID, head: ObjectID, exact: Bool, subject: String, checkpoint: String) {
    self.version = version
    self.head = head
    self.exact = exact
    self.subject = subject
    self.checkpoint = checkpoint
  }
}

extension Engine {
  /// Makes a version's files the bank's newest ones, as a version of its own that others merge like any other.
  ///
  /// What the directory holds is captured first, and the newest version is kept under a checkpoint. Files that the version
  /// doesn't have stay, unless they are to go, which carries the person's word to other machines. Files that are missing
  /// in the directory and whose deletion nobody has approved yet are put back, those that the version doesn't have too.
  public func restore(_ request: RestoreRequest) throws(HistoryError) -> Restoration {
    joins = false
    try captureEverything()
    // An earlier restore that was interrupted is finished first.
    if target != nil { try applyTarget() }
    let missing = Set(plans.filter { $0.direction == .local }.flatMap(\.files.keys))
    let plan = try plan(request, missing: missing)
    let before = tip
    let commit = try restoredCommit(request, plan)
    var checkpoint: String?
    if let before, commit != nil || !plan.isEmpty {
      let name = EngineRef.checkpoint(request.checkpoint)
      try history.forceRef(name, to: before)
      checkpoint = name
    }
    if let commit {
      try begin(commit)
      // What this deletes a person has just asked for.
      for waiting in plans
      where waiting.direction == .remote && waiting.files.keys.allSatisfy({ plan.deleted[$0] != nil }) {
        _ = try approve(waiting.id)
      }
    }
    let putBack = try putBack(missing.subtracting(plan.deleted.keys))
    if !missing.isEmpty { try captureEverything() }
    return Restoration(commit: commit, checkpoint: checkpoint, plan: plan, isComplete: target == nil && putBack)
  }

  private func plan(_ request: RestoreRequest, missing: Set<BankPath>) throws(HistoryError) -> RestorePlan {
    let version = try history.files(inTree: history.commit(request.version).tree)
    return RestorePlan(visible(version), over: visible(tipFiles), missing: missing, exact: request.exact || tip == nil)
  }

  /// What this replica ignores or holds back keeps its place in the tree.
  private func visible(_ files: [BankPath: TreeEntry]) -> [BankPath: TreeEntry] {
    files.filter { path, _ in held[path] == nil && !bank.rules.ignores(path, isDirectory: false) }
  }

  /// The commit that has the version's files; nil when the tip has them, and the wanted history.
  private func restoredCommit(_ request: RestoreRequest, _ plan: RestorePlan) throws(HistoryError) -> ObjectID? {
    guard let tip, let tipTree else { return try firstCommit(request) }
    let changes =
      plan.written.filter { tipFiles[$0.key] != $0.value }.map { (path: $0.key, entry: TreeEntry?.some($0.value)) }
      + plan.deleted.keys.map { (path: $0, entry: nil) }
    let tree = try history.writeTree(from: tipTree, changes: changes.sorted { $0.path < $1.path })
    let headIsKnown = try history.isAncestor(request.head, of: tip)
    if headIsKnown, tree == tipTree { return nil }
    let isBehind = headIsKnown ? false : try history.isAncestor(tip, of: request.head)
    if isBehind, try tree == history.commit(request.head).tree { return request.head }
    return try write(
      tree, parents: headIsKnown ? [tip] : isBehind ? [request.head] : [tip, request.head], request.subject)
  }

  /// In a bank without versions the history itself comes back, commit for commit.
  private func firstCommit(_ request: RestoreRequest) throws(HistoryError) -> ObjectID {
    let tree = try history.commit(request.version).tree
    if try history.commit(request.head).tree == tree { return request.head }
    return try write(tree, parents: [request.head], request.subject)
  }

  private func write(_ tree: ObjectID, parents: [ObjectID], _ subject: String) throws(HistoryError) -> ObjectID {
    var base: ObjectID?
    if let parent = parents.first { base = try history.commit(parent).tree }
    let deltas = try history.diff(base, tree)
    var trailers = [("Origin", settings.replica), ("Cause", "restore")]
    var deleted: [BankPath: ObjectID] = [:]
    for delta in deltas where delta.new == nil { deleted[delta.path] = delta.old?.blob }
    if !deleted.isEmpty {
      trailers.append(("Approved-Deletions", DeletionPlan(direction: .local, files: deleted, reason: "").id))
    }
    return try history.writeCommit(
      tree: tree, parents: parents, author: signature(), committer: signature(),
      message: CommitMessage.text(subject: subject, deltas: deltas, trailers: trailers))
  }

  /// Writes files that are missing in the directory though the bank has them.
  ///
  /// - Returns: Whether all of them stand there now.
  private func putBack(_ paths: Set<BankPath>) throws(HistoryError) -> Bool {
    var isComplete = true
    for path in paths.sorted() {
      guard let entry = tipFiles[path] else { continue }
      let change = GuardedChange(
        path: path, expected: nil, content: try history.blob(entry.blob), executable: entry.executable)
      switch bank.apply(change, inHistory: { self.history.contains($0) }) {
      case .applied, .alreadyThere: counts.pulled += 1
      case .refused: unsettled.insert(path)
      case .failed(let error):
        note(path, .writeFailed, "\(error)")
        isComplete = false
      }
    }
    return isComplete
  }
}
