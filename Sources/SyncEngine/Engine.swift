public import Bank
public import History
import Mirror
public import Support

/// Keeps a directory, its history and its remotes equal.
///
/// It is synchronous and belongs to one thread: calls bring events in, ``nextCall(for:)`` hands out what a remote is to
/// be asked, and nothing else leaves it but files written through ``Bank`` and objects through ``History``. What is to
/// be done is computed again each time from what is observed; no list of pending work outlives a call.
///
/// Two commits matter. `main` is what the directory is known to hold. The *target*, where there is one, is where the
/// directory is being brought to; it descends from what the remotes had, and `main` moves to it when the last file
/// is written. Edits found meanwhile are captured on `main` and merged with the target.
public final class Engine {
  /// The directory.
  public var bank: Bank
  /// The versions.
  public let history: History
  /// What it was told from outside.
  public var settings: EngineSettings
  let clock: any Clock
  let random: any RandomSource

  /// What the directory is known to hold; nil before the first version.
  public internal(set) var main: ObjectID?
  var mainTree: ObjectID?
  var files: [BankPath: TreeEntry] = [:]

  /// Where the directory is being brought to, when it isn't there yet.
  public internal(set) var target: Target?
  /// Whether an earlier target may have been written in part: its files are then neither `main`'s nor the target's.
  var mayHaveStrayed = false
  /// The stat cache, for the next start.
  public internal(set) var table: FileTable { didSet { tableIsSaved = false } }
  /// Whether the stat cache is as it was saved, or read, last.
  public var tableIsSaved = true
  /// The remotes, in the order of the configuration.
  public internal(set) var sessions: [RemoteSession] = []

  /// What is wrong with single paths, by printable name.
  public internal(set) var problems: [String: BankProblem] = [:]
  /// Versions that may not leave the machine.
  public internal(set) var held: [BankPath: HeldVersion] = [:]
  /// Deletions that wait for a person's word.
  public internal(set) var plans: [DeletionPlan] = []
  var approved: Set<String> = []
  /// What commits did to the number of files.
  var tolls: [ObjectID: Toll] = [:]
  /// Files that stand in the place of directories whose end waits for a person's word, and the versions of them that
  /// are kept meanwhile.
  var blocked: [BankPath: ObjectID] = [:]
  /// Why nothing that is missing may be taken for deleted, when that is so: the root or its marker is gone.
  public var suspicion: String?
  /// Whether another directory stands in the bank's place: until it is taken for the bank nothing is written into it.
  public var isElsewhere = false
  /// Whether the directory joins a bank that a remote holds: what that has comes before what is found here.
  public var joins = false
  /// Paths that changed under a guarded write: to be looked at again once they are quiet.
  public var unsettled: Set<BankPath> = []
  /// Versions in which nearly every file changed at once, until somebody was told of them.
  public var rewrites: [BankRewrite] = []
  /// Whether the last look at the whole directory saw all of it.
  public internal(set) var lastLookWasWhole = false
  /// Whether the last look at the whole directory found each file as the stat cache and the bank have it, and nothing
  /// else.
  var lastLookFoundNothing = false
  /// From the look that found a change until a remote has it.
  public internal(set) var latency = LatencyWindow()
  /// When the oldest change that no remote has yet was found, in monotonic nanoseconds.
  var unpublishedSince: Int64?
  /// When this engine was made, in monotonic nanoseconds.
  public let since: Int64
  /// What this engine did since it was made.
  public internal(set) var counts = EngineCounts()

  /// What the documents of the tip should be in a remote, as far as that was asked.
  var expected: ExpectedDocuments?

  /// The table of merge strategies that the commit looked at last carries.
  var knownTable: (commit: ObjectID, table: MergeTable)?

  /// What chunks of one projection have in common.
  var giversOfTip: GiversOfTip?

  /// Opens the state that `history`'s refs hold.
  ///
  /// - Throws: ``HistoryError`` when `main` can't be read; ``History/repair(thorough:)`` comes first.
  public init(
    bank: Bank, history: History, settings: EngineSettings, table: FileTable, clock: any Clock,
    random: any RandomSource
  ) throws(HistoryError) {
    self.bank = bank
    self.history = history
    self.settings = settings
    self.table = table
    self.clock = clock
    since = clock.monotonicNanoseconds
    self.random = random
    main = try history.ref(EngineRef.main)
    if let main {
      let tree = try history.commit(main).tree
      mainTree = tree
      files = try history.files(inTree: tree)
    }
    if let applying = try history.ref(EngineRef.applying) {
      target = try Target(applying, in: history)
      mayHaveStrayed = true
    }
    held = try HeldVersion.all(in: history)
  }

  /// The newest commit: what is published, what others' commits are merged with.
  public var tip: ObjectID? { target?.commit ?? main }

  /// The files of the tip.
  var tipFiles: [BankPath: TreeEntry] { target?.files ?? files }

  /// The tree of the tip.
  var tipTree: ObjectID? { target?.tree ?? mainTree }

  func moveMain(to commit: ObjectID, tree: ObjectID, files: [BankPath: TreeEntry]) throws(HistoryError) {
    try history.setRef(EngineRef.main, to: commit, expecting: main)
    main = commit
    mainTree = tree
    self.files = files
  }
}

/// A commit that the directory is being brought to.
public struct Target: Sendable {
  /// The commit.
  public let commit: ObjectID
  let tree: ObjectID
  let files: [BankPath: TreeEntry]

  init(_ commit: ObjectID, in history: History) throws(HistoryError) {
    self.commit = commit
    tree = try history.commit(commit).tree
    files = try history.files(inTree: tree)
  }

  /// A target whose files are those of `main`'s tree but for the difference; equal subtrees are not read.
  init(
    _ commit: ObjectID, from main: (tree: ObjectID?, files: [BankPath: TreeEntry]), in history: History
  ) throws(HistoryError) {
    self.commit = commit
    tree = try history.commit(commit).tree
    files = Engine.applied(try history.diff(main.tree, tree), to: main.files)
  }
}

/// What an engine did, counted.
public struct EngineCounts: Sendable, Equatable {
  /// Commits made from the directory's changes.
  public var committed = 0
  /// Publications that a remote took.
  public var published = 0
  /// Paths written to remotes.
  public var pushed = 0
  /// Paths written to the directory because of others.
  public var pulled = 0
  /// Merge commits made.
  public var merged = 0
  /// Foreign values taken in.
  public var foreign = 0
  /// Full passes and batches.
  public var cycles = 0
  /// Times a remote had to be reconnected.
  public var reconnects = 0
  /// Times a remote could not be asked, so that only local versions were made.
  public var fallbacks = 0
  /// Times that events of the directory were lost, so that all of it had to be looked at.
  public var overflows = 0
  /// Documents that were looked up in a remote.
  public var lookedUp = 0
  /// Those among them that had expired or were lost.
  public var missing = 0

  /// No counts.
  public init() {}

  /// What was done to documents and versions since `before`.
  public func since(_ before: EngineCounts) -> EngineCounts {
    var done = self
    done.committed -= before.committed
    done.pushed -= before.pushed
    done.pulled -= before.pulled
    done.merged -= before.merged
    done.foreign -= before.foreign
    return done
  }
}
