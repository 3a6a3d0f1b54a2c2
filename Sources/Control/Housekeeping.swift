import CLinux
import Glibc
import History
import Support
import SyncEngine

/// What the daemon does beside the cycle: makes commits durable, packs the history, saves the stat cache, rescans.
///
/// Flushing and packing block for long, so a thread of its own does them.
final class Housekeeping {
  private enum Job: Sendable {
    case flush(ObjectID)
    case repack
  }

  private enum Done: Sendable {
    case flushed(ObjectID)
    case repacked(String?)
  }

  private static let second: Int64 = 1_000_000_000
  /// A power cut costs at most the versions of so many nanoseconds.
  private static let durabilityDelay = second
  /// Loose objects are packed when there are more of them.
  private static let looseLimit = 3000

  private let replica: Replica
  private let clock = SystemClock()
  private let random = SystemRandom()
  private let jobs: Channel<Job>
  private let done: Channel<Done>
  private let thread: WorkerThread
  private var flushAt: Int64?
  private var isFlushing = false
  private var isRepacking = false
  private var commitsSinceCheck = 0
  private var rescanAt: Int64 = .min
  private var isPolling = false

  /// Readable when a job has ended.
  var descriptor: Int32 { done.descriptor }

  init(_ replica: Replica) throws(SystemError) {
    self.replica = replica
    let (jobs, done) = (try Channel<Job>(), try Channel<Done>())
    (self.jobs, self.done) = (jobs, done)
    let (state, history) = (replica.state.path, replica.state.history)
    thread = try WorkerThread("housekeeping") {
      while true {
        for job in jobs.wait() {
          switch job {
          case .flush(let commit):
            Self.flush(state)
            done.send(.flushed(commit))
          case .repack:
            done.send(.repacked(Self.repack(history)))
          }
        }
      }
    }
    noteRescan(isPolling: false)
  }

  private static func flush(_ path: String) {
    let descriptor = membank_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { return }
    _ = membank_syncfs(descriptor)
    close(descriptor)
  }

  /// A repository handle belongs to one thread, so this one opens its own.
  private static func repack(_ path: String) -> String? {
    do {
      try History(opening: path).repack()
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// When there is something to do next, in monotonic nanoseconds.
  var nextDeadline: Int64? {
    [isFlushing ? nil : flushAt, rescanAt].compactMap(\.self).min()
  }

  /// A commit was made that is not durable yet.
  func noteCommit() {
    commitsSinceCheck += 1
    if flushAt == nil { flushAt = clock.monotonicNanoseconds + Self.durabilityDelay }
  }

  /// Starts what is due.
  func begin(_ now: Int64) throws(HistoryError) {
    if let due = flushAt, now >= due, !isFlushing {
      flushAt = nil
      if let main = replica.engine.main {
        isFlushing = true
        jobs.send(.flush(main))
      }
    }
    if commitsSinceCheck >= 200, !isRepacking {
      commitsSinceCheck = 0
      guard try replica.engine.history.looseObjectCount > Self.looseLimit else { return }
      isRepacking = true
      jobs.send(.repack)
    }
  }

  /// Takes in what the thread has done.
  func finished() throws(HistoryError) {
    for item in done.takeAll() {
      switch item {
      case .flushed(let commit):
        isFlushing = false
        try replica.engine.history.noteDurable(commit)
        replica.saveTable()
      case .repacked(let problem):
        isRepacking = false
        if let problem { replica.log.warning("packing the history: \(problem)", key: "repack") }
      }
    }
  }

  /// Before the end: everything is made durable at once.
  func finish() throws(HistoryError) {
    if let main = replica.engine.main { try replica.engine.history.makeDurable(main) }
    replica.saveTable()
  }

  /// Whether the whole directory is to be looked at again.
  func rescanIsDue(_ now: Int64) -> Bool { now >= rescanAt }

  /// Has the directory looked at again after so many seconds.
  func rescan(after seconds: Int64) { rescanAt = clock.monotonicNanoseconds + seconds * Self.second }

  /// Has the directory looked at in the next round.
  func rescanSoon() { rescanAt = 0 }

  /// Plans the next full look; a directory without events is polled.
  func noteRescan(isPolling: Bool) {
    self.isPolling = isPolling
    let seconds = isPolling ? 2.0 : Double(replica.settings.configuration.rescan)
    // Jitter keeps the banks of one machine from scanning in step.
    let wait = seconds * (0.75 + 0.5 * random.fraction())
    rescanAt = clock.monotonicNanoseconds + Int64(wait * Double(Self.second))
  }
}
