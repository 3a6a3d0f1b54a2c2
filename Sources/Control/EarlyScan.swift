import Bank
import Support

/// A look at a bank's whole directory that begins on a thread of its own while history and settings are opened on this
/// one, and is ended by both: a pass with nothing to do consists of little else.
struct EarlyScan: ~Copyable {
  private let scan: SharedScan
  private let thread: WorkerThread

  /// Begins; until ``finish()`` nothing else may use the bank.
  init(_ bank: Bank, _ fileSystem: LinuxFileSystem) throws(SystemError) {
    let scan = SharedScan(bank, fileSystem)
    self.scan = scan
    thread = try WorkerThread("scan") { scan.begin() }
  }

  /// Takes part, and waits for the end.
  consuming func finish() -> Scan {
    scan.help()
    thread.join()
    return scan.finish()
  }
}
