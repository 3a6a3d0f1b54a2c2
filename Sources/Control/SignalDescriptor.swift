import CLinux
import Glibc
import Support

/// Signals as something to read: `signalfd`.
struct SignalDescriptor: ~Copyable {
  let descriptor: Int32

  /// Blocks the signals for this thread and all that it starts later, and reads them from a descriptor instead.
  init(_ signals: [Int32]) throws(SystemError) {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    descriptor = signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    guard descriptor >= 0 else { throw SystemError("signalfd", "signals") }
  }

  deinit { close(descriptor) }

  /// Gives the signals back to the process: the next one ends it.
  func release() {
    var set = sigset_t()
    sigfillset(&set)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// The signals that have come.
  func take() -> [Int32] {
    var signals: [Int32] = []
    var info = signalfd_siginfo()
    while read(descriptor, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
      signals.append(Int32(info.ssi_signo))
    }
    return signals
  }
}
