import Backup
import CLinux
import Glibc
import Support

/// The daemon's thread for backups: it sleeps until one is due, by the clock on the wall, also when the machine slept.
final class BackupWorker {
  private enum Message: Sendable {
    case settings(BackupBank)
    case stop
  }

  private let messages: Channel<Message>
  private let cancellation = Cancellation()
  private let thread: WorkerThread

  /// Starts the thread; it does nothing before ``use(_:)``.
  init(_ log: Log) throws(SystemError) {
    let messages = try Channel<Message>()
    self.messages = messages
    let cancellation = cancellation
    // A timer of the wall's clock also fires when the machine wakes up late, and says so when the clock is set.
    let timer = timerfd_create(CLOCK_REALTIME, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))
    guard timer >= 0 else { throw SystemError("timerfd_create", "backups") }
    thread = try WorkerThread("backup") {
      defer { close(timer) }
      var bank: BackupBank?
      while true {
        for message in messages.takeAll() {
          switch message {
          case .settings(let settings):
            Self.complain(settings, log)
            bank = settings
          case .stop: return
          }
        }
        let next = bank.flatMap { Self.work($0, BackupWatch(cancellation: cancellation), log) }
        Self.sleep(timer, until: next, or: messages.descriptor)
      }
    }
  }

  /// Works by these settings from now on.
  func use(_ bank: BackupBank) { messages.send(.settings(bank)) }

  /// Lets the thread end; what it is making is left off, and cleaned up by the next run.
  func stop() {
    cancellation.ask()
    messages.send(.stop)
  }

  private static func complain(_ bank: BackupBank, _ log: Log) {
    for problem in bank.settings.problems { log.error("backups: \(problem.message)", key: "backup-\(problem.name)") }
    for warning in bank.settings.warnings { log.warning("backups: \(warning)", key: "backup-settings") }
  }

  /// Makes what is due.
  ///
  /// - Returns: When something is due next, in seconds since 1970; nil: never.
  private static func work(_ bank: BackupBank, _ watch: BackupWatch, _ log: Log) -> Int64? {
    LocalTime.refresh()
    let work = BackupWork(bank, watch: watch)
    for target in work.due(bank.settings.targets) {
      do throws(BackupError) {
        guard let outcome = try work.make(target, isAsked: false, whenBusy: { false }) else { continue }
        log.notice("backup '\(target.name)': made \(outcome.backup.place)")
        if let problem = outcome.pruneProblem {
          log.warning("backup '\(target.name)': old ones could not be removed: \(problem)", key: "prune-\(target.name)")
        }
      } catch {
        guard error.kind != .cancelled else { return nil }
        log.error("backup '\(target.name)' failed: \(error)", key: "backup-\(target.name)")
      }
    }
    let now = SystemClock().wallMilliseconds / 1000
    // What still is due, somebody else is at.
    guard work.due(bank.settings.targets).isEmpty else { return now + 60 }
    let pasts = bank.notes.pasts()
    let next = bank.settings.targets.compactMap { work.nextRun($0, after: pasts[$0.name] ?? BackupPast()) }.min()
    return next.map { max($0, now + 1) }
  }

  private static func sleep(_ timer: Int32, until moment: Int64?, or descriptor: Int32) {
    var time = itimerspec()
    if let moment { time.it_value.tv_sec = time_t(moment) }
    _ = timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME) | Int32(TFD_TIMER_CANCEL_ON_SET), &time, nil)
    var entries = [timer, descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    _ = poll(&entries, nfds_t(entries.count), -1)
    var expirations: UInt64 = 0
    _ = read(timer, &expirations, MemoryLayout<UInt64>.size)
  }
}
