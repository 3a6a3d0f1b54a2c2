import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Killed at a named step")
struct CrashProcessTests {
  @Test(
    "a pass or a command that dies there loses nothing, and the next ones end where no kill would have",
    arguments: Failpoint.allCases.filter { !needsTracing.contains($0) })
  func killed(_ point: Failpoint) async throws {
    for story in Self.stories(point) { try await play(story, at: point, inDaemon: false) }
  }

  /// Steps that are taken only on file systems that lack something; strace makes ours such a one.
  private static let needsTracing: [Failpoint] = [.applyLinked, .applyAside, .applyReplaced]

  @Test(
    "so does one on a file system that can't swap names",
    .enabled(if: Ability.tracing, "this machine has no strace, or we are not root"), arguments: needsTracing)
  func killedBetweenNames(_ point: Failpoint) async throws { try await killed(point) }

  @Test("so does a daemon", arguments: Failpoint.allCases.filter { CrashProcessTests.daemonStory($0) != nil })
  func killedDaemon(_ point: Failpoint) async throws {
    try await play(#require(Self.daemonStory(point)), at: point, inDaemon: true)
  }

  private func play(_ story: CrashStory, at point: Failpoint, inDaemon: Bool) async throws {
    var options = RedisServer.Options()
    options.notifications = "KA"
    try await EndToEndTests.play(.server(options)) { stage in
      try await story.play(CrashStage(stage, point), inDaemon: inDaemon)
    }
  }

  /// What leads through each step; without a default, so that a new step needs a story.
  private static func stories(_ point: Failpoint) -> [CrashStory] {
    switch point {
    case .objectTemporary, .objectPlaced, .captureBlob, .captureTree, .captureCommit, .captureMoved, .redisSent,
      .publishReady, .publishAccepted, .publishAnswered, .publishRecorded, .renewed, .heartbeat, .durableFlushed,
      .durableMoved, .noteTemporary, .tableReady, .tableSaved:
      [.edit]
    case .refLocked, .refMoved: [.edit, .receive]
    case .packPlaced, .packIndexed: [.bulk]
    case .refDeleted, .fetchReceived, .fetchLoose, .fetchAdded, .fetchRecorded, .applyChecked, .applyDirectory,
      .applyUnfinished, .applyTemporary, .applyPlaced, .applyExchanged, .applyDisplaced, .applyVerified,
      .applyUnlinked, .applySynchronised, .applyPath:
      [.receive]
    case .mergeBegun, .applyFinished, .applyMoved, .applyDone: [.receive, .merge]
    case .fetchQuarantined, .fetchPlaced: [.receiveMany]
    case .mergeCommit: [.merge]
    case .applyMode: [.mode]
    case .applyLinked: [.receiveInSteps(links: true)]
    case .applyAside: [.receiveInSteps(links: false)]
    case .applyReplaced: [.receiveInSteps(links: true), .receiveInSteps(links: false)]
    case .captureTarget: [.editBeforeTarget]
    case .applyRefused, .applyPutBack: [.raceReplacement]
    case .foreignCommit: [.foreign]
    case .keyDisplaced: [.wrongType]
    case .publishUploaded, .compactUploaded, .compactSwapped: [.compact]
    case .repackWritten, .repackPlaced, .repackDurable, .repackRemoved, .repackUnindexed: [.repack]
    case .holdCommit, .holdMoved: [.hold]
    case .releaseMerged, .releaseRescued: [.release]
    case .displacedCaptured: [.displaced]
    case .revealCommit: [.reveal]
    case .restoreWritten: [.restore]
    case .initNoted, .initMarked: [.first, .join]
    case .projectChunk: [.first]
    case .importPacked, .importMoved: [.importPast]
    case .resolveWritten, .resolveDeleted: [.resolve]
    case .approveGiven: [.approve]
    case .approveSettings: [.approveSettings]
    }
  }

  /// What leads a daemon through the steps that it takes by another way than a pass does.
  private static func daemonStory(_ point: Failpoint) -> CrashStory? {
    switch point {
    case .objectPlaced, .refMoved, .captureBlob, .captureCommit, .captureMoved, .publishReady, .publishAnswered,
      .durableFlushed, .durableMoved, .tableReady:
      .edit
    case .fetchReceived, .fetchRecorded, .mergeBegun, .applyTemporary, .applyExchanged, .applyDisplaced,
      .applyUnlinked, .applyPath, .applyFinished, .applyMoved:
      .receive
    case .mergeCommit: .merge
    case .foreignCommit: .foreign
    case .compactSwapped: .compact
    case .repackRemoved: .repackAtStart
    default: nil
    }
  }
}
