import Glibc
import Support

/// A server process of a test, killed when the value goes away, and by a watchdog if the test process itself dies.
public final class ChildProcess: Sendable {
  /// The process id of the program itself, not of the watchdog.
  public let pid: Int32
  private let watchdog: pid_t
  private let lifeline: Int32

  /// Starts a program, found by the search path.
  ///
  /// - Parameters:
  ///   - arguments: Its name and arguments.
  ///   - log: The file that its output goes to.
  /// - Throws: ``SystemError``.
  public init(_ arguments: [String], log: String) throws {
    // The shell tells the program's pid through the socket and kills it when our end of the socket closes,
    // which it also does when this process crashes.
    let script = """
      log=$1; shift
      "$@" >>"$log" 2>&1 3<&- </dev/null &
      echo $! >&3
      read _ <&3
      kill -KILL $! 2>/dev/null
      wait
      """
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw SystemError("socketpair", arguments[0])
    }
    defer { _ = Glibc.close(ends[1]) }
    lifeline = ends[0]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 3)
    let words = ["/bin/sh", "-c", script, "membank-test", log] + arguments
    var pointers = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    // Nothing of the developer's environment reaches a test's server.
    var environment = [strdup("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), nil]
    defer { for pointer in environment { free(pointer) } }
    // A worker thread has most signals blocked, and a child inherits that: the shell would wait forever.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var spawned: pid_t = 0
    let code = posix_spawn(&spawned, "/bin/sh", &actions, &attributes, &pointers, &environment)
    guard code == 0 else {
      _ = Glibc.close(ends[0])
      throw SystemError("posix_spawn", arguments[0], code: code)
    }
    watchdog = spawned
    var text: [UInt8] = []
    var byte: UInt8 = 0
    while read(lifeline, &byte, 1) == 1, byte != 10 { text.append(byte) }
    pid = Int32(String(decoding: text, as: UTF8.self)) ?? -1
    guard pid > 0 else { throw SystemError("spawn", arguments[0], code: ECHILD) }
  }

  /// Sends a signal.
  public func send(_ signal: Int32) { if pid > 0 { _ = Glibc.kill(pid, signal) } }

  deinit {
    _ = Glibc.close(lifeline)
    var status: Int32 = 0
    waitpid(watchdog, &status, 0)
  }
}
