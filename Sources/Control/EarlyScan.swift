import Bank
import Support
import Synchronization

/// A look at a bank's whole directory on a thread of its own, while history and settings are opened on this one.
///
/// Both take as long as each other, and a pass with nothing to do consists of little else.
struct EarlyScan: ~Copyable {
  private let work: Work
  private let thread: WorkerThread

  /// Begins; until ``finish()`` nothing else may use the bank.
  init(_ bank: Bank) throws(SystemError) {
    let work = Work(bank)
    self.work = work
    thread = try WorkerThread("scan") { work.run() }
  }

  /// Waits for the end.
  consuming func finish() -> Scan {
    thread.join()
    return work.scan
  }

  /// Sendable because the thread alone touches it until the thread has been joined.
  private final class Work: @unchecked Sendable {
    private let bank: Bank
    private(set) var scan = Scan()

    init(_ bank: Bank) { self.bank = bank }

    func run() { scan = bank.scan() }
  }
}
