import Glibc

/// The named steps of the cycle, so that tests can end the process between any two of them.
///
/// Only debug builds know them. `MEMBANK_FAIL_AT=<name>` (`:n` for the n-th passage) kills the process there as the
/// kernel would, with nothing flushed; `MEMBANK_STOP_AT` stops it (SIGSTOP) until it is told to go on, so that a test
/// can do something in that very moment.
public enum Failpoint: String, CaseIterable, Sendable {
  // Objects and refs.

  /// A loose object is written under a temporary name.
  case objectTemporary = "object.temporary"
  /// A loose object has its name.
  case objectPlaced = "object.placed"
  /// A pack of our own has its name, its index has not.
  case packPlaced = "pack.placed"
  /// A pack of our own and its index have their names.
  case packIndexed = "pack.indexed"
  /// A ref's new value is in its lock file.
  case refLocked = "ref.locked"
  /// A ref has its new value.
  case refMoved = "ref.moved"
  /// A ref is deleted, its lock still held.
  case refDeleted = "ref.deleted"

  // Capture.

  /// A file's bytes are in the history.
  case captureBlob = "capture.blob"
  /// The trees of a commit are written.
  case captureTree = "capture.tree"
  /// A commit is written, `main` does not know it.
  case captureCommit = "capture.commit"
  /// `main` is at the new commit.
  case captureMoved = "capture.moved"
  /// An edit is committed on `main` while the directory was being brought to a target that lacks it.
  case captureTarget = "capture.target"
  /// A version that may not leave is committed, its ref does not know it.
  case holdCommit = "hold.commit"
  /// A version that may not leave has its ref.
  case holdMoved = "hold.moved"
  /// A held version is merged, its ref still there.
  case releaseMerged = "release.merged"
  /// A held version that is let go has its rescue ref, and still its own.
  case releaseRescued = "release.rescued"
  /// What was written to a replaced file is a version, the temporary file still there.
  case displacedCaptured = "displaced.captured"
  /// A file that new ignore rules show is a version, not merged yet.
  case revealCommit = "reveal.commit"
  /// A file that a power cut had damaged is written again.
  case restoreWritten = "restore.written"

  // Fetch and merge.

  /// A pack has come from a remote.
  case fetchReceived = "fetch.received"
  /// An object of a small pack is added.
  case fetchLoose = "fetch.loose"
  /// A large pack is indexed and checked, beside the others.
  case fetchQuarantined = "fetch.quarantined"
  /// A large pack has its name, its index has not.
  case fetchPlaced = "fetch.placed"
  /// All objects of a pack are added.
  case fetchAdded = "fetch.added"
  /// A remote's ref is where its head is.
  case fetchRecorded = "fetch.recorded"
  /// A foreign value is a commit, not merged yet.
  case foreignCommit = "foreign.commit"
  /// A merge commit is written.
  case mergeCommit = "merge.commit"
  /// `refs/membank/applying` is at the target.
  case mergeBegun = "merge.begun"

  // Apply.

  /// A file was looked at and holds what the plan assumes.
  case applyChecked = "apply.checked"
  /// Directories for a new file are made.
  case applyDirectory = "apply.directory"
  /// A temporary file is written, under the name of an unfinished one.
  case applyUnfinished = "apply.unfinished"
  /// A temporary file is whole and durable.
  case applyTemporary = "apply.temporary"
  /// A new file has its name.
  case applyPlaced = "apply.placed"
  /// The new file and the old one have changed places.
  case applyExchanged = "apply.exchanged"
  /// Where names can't be swapped: the old file has a second name.
  case applyLinked = "apply.linked"
  /// Where there are no hard links either: the old file has another name, and its own is free.
  case applyAside = "apply.aside"
  /// Where names can't be swapped: the new file has the name, the old one a temporary one.
  case applyReplaced = "apply.replaced"
  /// A file that is to be deleted has a temporary name.
  case applyDisplaced = "apply.displaced"
  /// What came out is what was expected.
  case applyVerified = "apply.verified"
  /// What came out is unlinked.
  case applyUnlinked = "apply.unlinked"
  /// What came out is not what was expected.
  case applyRefused = "apply.refused"
  /// What came out is back in its place.
  case applyPutBack = "apply.put-back"
  /// A file's permission to execute is changed.
  case applyMode = "apply.mode"
  /// The names in the directory are durable.
  case applySynchronised = "apply.synchronised"
  /// One path of several is as the target has it.
  case applyPath = "apply.path"
  /// Every path is as the target has it, `main` is not there yet.
  case applyFinished = "apply.finished"
  /// `main` is at the target, `refs/membank/applying` still there.
  case applyMoved = "apply.moved"
  /// `refs/membank/applying` is gone.
  case applyDone = "apply.done"

  // Publish.

  /// A command is sent to Redis, its answer not read.
  case redisSent = "redis.sent"
  /// Packs are uploaded that no head lists yet.
  case publishUploaded = "publish.uploaded"
  /// A publication is about to be sent.
  case publishReady = "publish.ready"
  /// A publication went through, the packs that it replaced are still as they were.
  case publishAccepted = "publish.accepted"
  /// A publication's answer is here, the remote's ref does not know it.
  case publishAnswered = "publish.answered"
  /// The remote's ref is at the published commit.
  case publishRecorded = "publish.recorded"
  /// A chunk of documents is projected.
  case projectChunk = "project.chunk"
  /// A folded pack is uploaded.
  case compactUploaded = "compact.uploaded"
  /// The head lists the folded pack.
  case compactSwapped = "compact.swapped"
  /// TTLs are renewed.
  case renewed = "renew.done"
  /// A sign of life is given.
  case heartbeat = "heartbeat.done"
  /// A key of another type is moved aside.
  case keyDisplaced = "key.displaced"

  // Upkeep.

  /// Objects are flushed to the disk, the durable ref does not know it.
  case durableFlushed = "durable.flushed"
  /// The durable ref is moved.
  case durableMoved = "durable.moved"
  /// A note of this machine is written under a temporary name.
  case noteTemporary = "note.temporary"
  /// The stat cache is about to be saved.
  case tableReady = "table.ready"
  /// The stat cache is saved.
  case tableSaved = "table.saved"
  /// Loose objects are in a pack that stands beside the others.
  case repackWritten = "repack.written"
  /// The pack that takes their place has its name, its index has not.
  case repackPlaced = "repack.placed"
  /// The pack is in place, durably, and the loose objects are still there.
  case repackDurable = "repack.durable"
  /// One of the packed loose objects is removed.
  case repackRemoved = "repack.removed"
  /// A replaced pack has lost its index, and is still there.
  case repackUnindexed = "repack.unindexed"

  // Commands.

  /// A directory that becomes a bank has its state, and no marker.
  case initNoted = "init.noted"
  /// A directory has its marker, and no history.
  case initMarked = "init.marked"
  /// A past is imported, `main` does not know it.
  case importPacked = "import.packed"
  /// `main` is at the imported past.
  case importMoved = "import.moved"
  /// A resolved conflict's file is written, the copy still there.
  case resolveWritten = "resolve.written"
  /// Both files of a resolved conflict are as they should be, not captured.
  case resolveDeleted = "resolve.deleted"
  /// Deletions are approved, not carried out.
  case approveGiven = "approve.given"
  /// Settings are approved, not in force.
  case approveSettings = "approve.settings"

  /// Says that the step is reached; nothing at all in a release build.
  @inlinable @inline(__always)
  public func pass() {
    #if DEBUG
      FailpointTrap.shared?.spring(at: self)
    #endif
  }
}

#if DEBUG
  /// What the environment asked for: at most one point to die at and one to stop at.
  @usableFromInline
  final class FailpointTrap: Sendable {
    /// Nil in all processes but those that a test has started for it.
    @usableFromInline static let shared = FailpointTrap()

    private struct Aim {
      let point: Failpoint
      var passages: Int
      let signal: Int32

      init?(_ variable: String, _ signal: Int32) {
        guard let raw = getenv(variable) else { return nil }
        let parts = String(cString: raw).split(separator: ":")
        guard let name = parts.first, let point = Failpoint(rawValue: String(name)) else { return nil }
        self.point = point
        self.signal = signal
        passages = parts.count > 1 ? Int(parts[1]) ?? 1 : 1
      }
    }

    private let aims: Lock<[Aim]>

    private init?() {
      let found = [Aim("MEMBANK_FAIL_AT", SIGKILL), Aim("MEMBANK_STOP_AT", SIGSTOP)].compactMap(\.self)
      if found.isEmpty { return nil }
      aims = Lock(found)
    }

    @usableFromInline
    func spring(at point: Failpoint) {
      let due = aims.withLock { aims in
        for index in aims.indices where aims[index].point == point { aims[index].passages -= 1 }
        return aims.filter { $0.point == point && $0.passages == 0 }
      }
      for aim in due {
        // Said without a buffer, so that the test knows that it was here.
        let words = Array("at \(point.rawValue)\n".utf8)
        _ = write(STDERR_FILENO, words, words.count)
        kill(getpid(), aim.signal)
      }
    }
  }
#endif
