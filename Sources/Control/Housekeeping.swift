import CLinux
import Glibc
import History
import Support
import SyncEngine

/// What the daemon does beside the cycle: makes commits durable, packs the history, saves the stat cache.
///
/// Flushing and packing block for long, so a thread of its own does them.
final class Housekeeping {
  private enum Job: Sendable {
    case flush(ObjectID)
    case repack
  }

  private enum Done: Sendable {
    /// The commit that is durable now; nil when it could not be made so.
    case flushed(ObjectID?)
    case repacked(String?)
  }

  /// Loose objects are packed when there are more of them.
  private static let looseLimit = 3000

  private let replica: Replica
  private let clock = SystemClock()
  private let jobs: Channel<Job>
  private let done: Channel<Done>
  private let thread: WorkerThread
  private var durability = DurabilitySchedule()
  private var isRepacking = false
  private var commitsSinceCheck = 0

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
            done.send(.flushed(Self.flush(state) ? commit : nil))
          case .repack:
            done.send(.repacked(Self.repack(history)))
          }
        }
      }
    }
  }

  private static func flush(_ path: String) -> Bool {
    let descriptor = membank_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return membank_syncfs(descriptor) == 0
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
  var nextDeadline: Int64? { durability.nextDeadline }

  /// A commit was made that is not durable yet.
  func noteCommit() {
    commitsSinceCheck += 1
    durability.noteCommit(clock.monotonicNanoseconds)
  }

  /// Starts what is due.
  func begin(_ now: Int64) throws(HistoryError) {
    if durability.begins(now) {
      if let main = replica.engine.main { jobs.send(.flush(main)) } else { durability.finish() }
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
        durability.finish()
        guard let commit else {
          replica.log.warning("the history could not be flushed to the disk", key: "flush")
          durability.noteCommit(clock.monotonicNanoseconds)
          break
        }
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
}
