import CLinux
import Glibc
import Support

/// A running redis-server, our child or one that was found running.
final class EmbeddedProcess: Sendable {
  let pid: Int32
  /// Readable when it is gone; a child that is gone has also been waited for then.
  let ended: Int32
  private let handle: Int32
  private let status = Lock<Int32?>(nil)

  fileprivate init(pid: Int32, handle: Int32, ended: Int32) {
    self.pid = pid
    self.handle = handle
    self.ended = ended
  }

  /// A process that somebody else started; nil when there is none of that number.
  convenience init?(running pid: Int32) {
    let handle = membank_pidfd_open(pid)
    guard handle >= 0 else { return nil }
    self.init(pid: pid, handle: handle, ended: handle)
  }

  deinit {
    close(handle)
    if ended != handle { close(ended) }
  }

  /// Starts a program.
  ///
  /// `prctl(PR_SET_PDEATHSIG)` fires when the *thread* that forked ends, so the program is started by a thread of its
  /// own, which then waits for it: it ends after the program or with the whole process, and leaves no zombie.
  static func start(_ program: EmbeddedProgram) throws(SystemError) -> EmbeddedProcess {
    let start = EmbeddedStart(program)
    let done = eventfd(0, Int32(EFD_CLOEXEC))
    guard done >= 0 else { throw SystemError("eventfd", program.path) }
    start.done = done
    let ended = eventfd(0, Int32(EFD_CLOEXEC))
    guard ended >= 0 else {
      close(done)
      throw SystemError("eventfd", program.path)
    }
    start.ended = ended
    defer { close(done) }
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, embeddedServerThread, Unmanaged.passRetained(start).toOpaque())
    guard code == 0 else {
      Unmanaged.passUnretained(start).release()
      close(ended)
      throw SystemError("pthread_create", program.path, code: code)
    }
    pthread_detach(thread)
    var count: UInt64 = 0
    while read(done, &count, 8) < 0, errno == EINTR {}
    switch start.outcome.withLock({ $0 }) {
    case .success(let process): return process
    case .failure(let error):
      close(ended)
      throw error
    case nil:
      close(ended)
      throw SystemError("fork", program.path, code: ECHILD)
    }
  }

  fileprivate func setStatus(_ code: Int32) { status.withLock { $0 = code } }

  /// How it ended, for messages.
  var ending: String {
    guard let status = status.withLock({ $0 }) else { return "ended" }
    let signal = status & 0x7f
    return signal == 0 ? "exited with \(status >> 8 & 0xff)" : "was ended by signal \(signal)"
  }

  /// Whether it is gone.
  var hasEnded: Bool { waitForEnd(milliseconds: 0) }

  /// Waits until it is gone and says whether it is.
  func waitForEnd(milliseconds: Int32) -> Bool {
    let clock = SystemClock()
    let deadline = clock.monotonicNanoseconds + Int64(milliseconds) * 1_000_000
    while true {
      var request = pollfd(fd: ended, events: Int16(POLLIN), revents: 0)
      let left = max(0, (deadline - clock.monotonicNanoseconds + 999_999) / 1_000_000)
      let count = poll(&request, 1, Int32(left))
      if count > 0 { return true }
      if count == 0 || errno != EINTR { return false }
    }
  }

  func signal(_ number: Int32) { membank_pidfd_signal(handle, number) }
}

/// A program to start, with what it gets.
struct EmbeddedProgram: Sendable {
  let path: String
  let arguments: [String]
  let environment: [String]
  let directory: Int32
  let input: Int32
  let output: Int32
  let keep: Int32
  /// Whether it is ended when this process is.
  let diesWithParent: Bool
}

/// What goes to the thread that starts a program, and comes back.
private final class EmbeddedStart: Sendable {
  let program: EmbeddedProgram
  let outcome = Lock<Result<EmbeddedProcess, SystemError>?>(nil)
  private let descriptors = Lock<(done: Int32, ended: Int32)>((-1, -1))

  init(_ program: EmbeddedProgram) { self.program = program }

  var done: Int32 {
    get { descriptors.withLock { $0.done } }
    set { descriptors.withLock { $0.done = newValue } }
  }

  var ended: Int32 {
    get { descriptors.withLock { $0.ended } }
    set { descriptors.withLock { $0.ended = newValue } }
  }

  func run() {
    let result = Result { () throws(SystemError) in try spawn() }
    outcome.withLock { $0 = result }
    var one: UInt64 = 1
    // `done` belongs to who waits for it, and may be gone right after this.
    write(done, &one, 8)
    guard case .success(let process) = result else { return }
    var status: Int32 = 0
    while waitpid(process.pid, &status, 0) < 0, errno == EINTR {}
    process.setStatus(status)
    write(process.ended, &one, 8)
  }

  private func spawn() throws(SystemError) -> EmbeddedProcess {
    var arguments = program.arguments.map { strdup($0) } + [nil]
    var environment = program.environment.map { strdup($0) } + [nil]
    let path = strdup(program.path)
    defer {
      for text in arguments + environment + [path] { free(text) }
    }
    let pid = arguments.withUnsafeMutableBufferPointer { arguments in
      environment.withUnsafeMutableBufferPointer { environment in
        var request = membank_program(
          path: path, arguments: arguments.baseAddress, environment: environment.baseAddress,
          directory: program.directory, input: program.input, output: program.output, keep: program.keep,
          death_signal: program.diesWithParent ? SIGTERM : 0)
        return membank_spawn(&request)
      }
    }
    guard pid > 0 else { throw SystemError("execve", program.path) }
    // It can't have been waited for yet, so the number is still its own.
    let handle = membank_pidfd_open(pid)
    guard handle >= 0 else {
      let error = SystemError("pidfd_open", program.path)
      kill(pid, SIGKILL)
      while waitpid(pid, nil, 0) < 0, errno == EINTR {}
      throw error
    }
    return EmbeddedProcess(pid: pid, handle: handle, ended: ended)
  }
}

private func embeddedServerThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  membank_name_thread("redis-server")
  // Signals are for the threads that expect them.
  var all = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_BLOCK, &all, nil)
  if let argument { Unmanaged<EmbeddedStart>.fromOpaque(argument).takeRetainedValue().run() }
  return nil
}
