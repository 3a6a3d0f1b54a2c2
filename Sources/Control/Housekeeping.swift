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

  /// So many commits may be made before the loose objects are counted again.
  private static let commitsBetweenChecks = 200

  private let replica: Replica
  private let clock = SystemClock()
  private let jobs: Channel<Job>
  private let done: Channel<Done>
  private let thread: WorkerThread
  private var durability = DurabilitySchedule()
  private var isRepacking = false
  // Counted with the first commit of each run: many short ones pile up as much as a long one.
  private var commitsSinceCheck = commitsBetweenChecks - 1

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
    guard membank_syncfs(descriptor) == 0 else { return false }
    Failpoint.durableFlushed.pass()
    return true
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
    if commitsSinceCheck >= Self.commitsBetweenChecks, !isRepacking {
      commitsSinceCheck = 0
      guard try replica.engine.history.wantsRepack else { return }
      isRepacking = true
      jobs.send(.repack)
    }
  }

  /// Takes in what the thread has done.
  func finished() throws(HistoryError) { try take(done.takeAll()) }

  private func take(_ items: [Done]) throws(HistoryError) {
    for item in items {
      switch item {
      case .flushed(let commit):
        durability.finish()
        guard let commit else {
          replica.log.warning("the history could not be flushed to the disk", key: "flush")
          durability.noteCommit(clock.monotonicNanoseconds)
          break
        }
        do throws(HistoryError) { try replica.engine.history.noteDurable(commit) } catch {
          // Nobody else would ask for it again before the next commit.
          durability.noteCommit(clock.monotonicNanoseconds)
          throw error
        }
        replica.saveTable()
      case .repacked(let problem):
        isRepacking = false
        if let problem { replica.log.warning("packing the history: \(problem)", key: "repack") }
      }
    }
  }

  /// Before the end: what is under way is waited for, and everything is made durable at once.
  func finish() throws(HistoryError) {
    // A process that ends takes its libraries' state away under a thread that still uses it.
    while durability.isFlushing || isRepacking { try take(done.wait()) }
    if let main = replica.engine.main { try replica.engine.history.makeDurable(main) }
    replica.saveTable()
  }
}
