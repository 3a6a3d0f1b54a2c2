import CLinux
import Glibc

/// The descriptor that log lines go to; it never blocks for longer than a moment and never raises SIGPIPE.
final class LogSink {
  /// A pipe takes this much at once or says that it is full; longer writes could block half way.
  private static let atomicWrite = 4_096

  private let descriptor: Int32
  private var isClosed = false
  /// Nobody reads: after one wait, no line waits again until one went through.
  private var isStalled = false
  /// Lines that could not be written since the last one that could.
  private(set) var dropped = 0

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes a line whole, or drops and counts it.
  func write(_ line: [UInt8]) {
    guard !isClosed else { return }
    var rest = line[...]
    while !rest.isEmpty {
      guard isReady else {
        dropped += 1
        return
      }
      let piece = rest.prefix(Self.atomicWrite)
      let count = withoutBrokenPipe { piece.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } }
      if count < 0 {
        if errno == EINTR { continue }
        isClosed = errno == EPIPE || errno == EBADF
        dropped += 1
        return
      }
      rest = rest.dropFirst(count)
    }
    dropped = 0
  }

  private var isReady: Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&request, 1, isStalled ? 0 : 50) > 0 else {
      isStalled = true
      return false
    }
    // A pipe whose reader is gone reports an error, a closed descriptor NVAL.
    if request.revents & Int16(POLLERR | POLLNVAL) != 0 { isClosed = true }
    isStalled = false
    return !isClosed
  }

  /// Runs a write such that SIGPIPE, if it comes, is taken from the thread again: the log is used by programs and
  /// tests that don't ignore the signal for the whole process.
  private func withoutBrokenPipe(_ body: () -> Int) -> Int {
    var pipe = sigset_t()
    var before = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    let result = body()
    let code = errno
    if result < 0, code == EPIPE {
      var none = timespec()
      while sigtimedwait(&pipe, nil, &none) < 0, errno == EINTR {}
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    errno = code
    return result
  }
}
