public import Bank
public import History
import Mirror
public import Support

extension Engine {
  /// Whether the bank has a file of that name, or the directory is known to hold one.
  public func knows(_ path: BankPath) -> Bool { tipFiles[path] != nil || files[path] != nil || held[path] != nil }

  /// Every path that ``knows(_:)`` says yes to.
  public var knownPaths: Set<BankPath> { Set(tipFiles.keys).union(files.keys).union(held.keys) }

  /// Whether the bank's version of a file is empty: then its emptiness is nothing to wait out.
  public func isEmptyInBank(_ path: BankPath) -> Bool { files[path]?.blob == ObjectID.blob(of: []) }

  /// Looks for trouble with single paths, and for deletions that a guard would hold back, without making a version
  /// of anything or writing to the directory.
  public func lookForProblems() throws(HistoryError) {
    let scan = bank.scan()
    for problem in scan.problems { problems[problem.name] = problem }
    for version in held.values { note(version.path, .heldBack, version.reason) }
    let gone = files.keys.filter { path in
      scan.files[path] == nil && !scan.isUnknown(path) && !scan.rootUnknown
        && !bank.rules.ignores(path, isDirectory: false) && (target == nil || target?.files[path] != nil)
    }
    var changes: [BankPath: TreeEntry?] = [:]
    try withholdDeletions(gone.sorted(), &changes)
    if let target {
      _ = try withheldRemoteDeletions(history.diff(mainTree, target.tree).filter { $0.new == nil }, target)
    }
  }

  /// Whether a file may hold something else than the bank's version.
  public func wantsLook(_ path: BankPath, _ stamp: FileStamp) -> Bool {
    guard let blob = table.trusts(path, stamp), let entry = files[path] else { return true }
    return blob != entry.blob || stamp.isExecutable != entry.executable
  }

  /// The paths below a directory, or all, that the directory is known to hold.
  public func knownPaths(inside directory: BankPath?) -> [BankPath] {
    guard let directory else { return Array(files.keys) }
    return files.keys.filter { $0.isInside(directory) }
  }

  /// The files that are too large to have a key of their own in Redis, as far as their sizes here tell, sorted.
  public var pathsWithoutDocument: [BankPath] {
    table.files.filter { tipFiles[$0.key] != nil && $0.value.stamp.size > settings.documentLimit }.keys.sorted()
  }

  /// How many files the bank has.
  public var fileCount: Int { tipFiles.count }

  /// Says whether a remote tells of changes at once; without that it is polled.
  public func setNotifications(_ index: Int, _ isOn: Bool) {
    sessions[index].hasNotifications = isOn
    schedulePolls(index)
  }

  /// Has a halted or failing remote tried again: a person has changed something.
  public func resumeRemote(_ index: Int) {
    sessions[index].state = .up
    sessions[index].failures = 0
    refresh(index)
  }

  /// Whether a remote has all that the bank has, and nothing of it is under way.
  public func isInSync(_ index: Int) -> Bool {
    let session = sessions[index]
    guard session.state == .up, session.waiting == nil, !session.headIsStale, session.scope == .none,
      session.foreign.isEmpty, session.repair.isEmpty, !session.rebuildsPacks
    else { return false }
    guard case .present(let head)? = session.head else { return tip == nil }
    return head.commit == tip && head.projected == head.commit
  }

  /// Whether the directory is as the bank has it, file by file and as the stat cache knows it, every remote has the
  /// same, and nothing waits for anybody.
  public var isAtRest: Bool {
    get throws(HistoryError) {
      guard let main, try history.durable == main else { return false }
      return lastLookFoundNothing && table.files.count == files.count && tableIsSaved && target == nil
        && suspicion == nil && !joins && held.isEmpty && plans.isEmpty && problems.isEmpty && blocked.isEmpty
        && unsettled.isEmpty && rewrites.isEmpty && conflicts.isEmpty && bank.displacedCount == 0
        && sessions.indices.allSatisfy { memory(of: $0)?.mark != nil }
    }
  }

  /// Whether a remote will do nothing before a person, or a longer time, changes something.
  public func isStuck(_ index: Int) -> Bool {
    switch sessions[index].state {
    case .halted: true
    case .down(let until):
      sessions[index].failures >= 3 || until - clock.monotonicNanoseconds > 10_000_000_000
    case .up: sessions[index].incompleteSince != nil && sessions[index].waiting == nil
    }
  }

  /// Puts a remote aside after an error of ours in its cycle; what is local goes on.
  public func setAside(_ index: Int, _ error: HistoryError) {
    sessions[index].waiting = nil
    fail(index, RemoteFailure(remedy: .retry, message: "\(error)"))
  }

  /// Whether nothing is to be expected from the remotes that a joining directory would have to wait for.
  public var needNotWaitToJoin: Bool {
    sessions.allSatisfy { session in
      switch session.state {
      case .halted, .down: true
      case .up: session.head == .absent
      }
    }
  }

  /// How many commits a remote lacks.
  public func backlog(_ index: Int) throws(HistoryError) -> Int {
    guard let tip else { return 0 }
    let known = try history.ref(EngineRef.remote(sessions[index].name))
    return try history.walk(from: [tip], excluding: known.map { [$0] } ?? [], limit: nil).count
  }
}
