import CLinux
import FoundationEssentials
import Glibc
import Support

/// A program that was started and may still run; killed, and waited for, when the value goes away.
public final class RunningProgram {
  /// Its process id.
  public let process: Int32
  private let directory: TemporaryDirectory
  private var ended: Int32?

  /// Starts `path`, its output going to a file.
  public init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    directory = try TemporaryDirectory()
    let outPath = directory.path + "/out"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // The test runner blocks signals in its threads; the program must not inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
    variables.merge(environment) { $1 }
    let words = ([path] + arguments).map { strdup($0) } + [nil]
    let pairs = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (words + pairs).forEach { free($0) } }
    var child: pid_t = 0
    let code = posix_spawnp(&child, path, &actions, &attributes, words, pairs)
    guard code == 0 else { throw SystemError("posix_spawnp", path, code: code) }
    process = child
  }

  deinit {
    if ended == nil {
      kill(process, SIGKILL)
      _ = wait()
    }
  }

  /// What it has printed so far, standard error included.
  public var output: String {
    String(decoding: FileManager.default.contents(atPath: directory.path + "/out") ?? Data(), as: UTF8.self)
  }

  /// Sends a signal.
  public func signal(_ number: Int32) { kill(process, number) }

  /// Whether it has ended by now.
  public var hasEnded: Bool { reap(WNOHANG) != nil }

  /// Waits for its end: the exit status, or 128 + the signal that ended it.
  public func wait() -> Int32 { reap(0) ?? -1 }

  private func reap(_ options: Int32) -> Int32? {
    if let ended { return ended }
    var status: Int32 = 0
    var result: pid_t
    repeat { result = waitpid(process, &status, options) } while result < 0 && errno == EINTR
    guard result == process else { return nil }
    ended = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    return ended
  }
}

/// Waits for a condition, looking every few milliseconds.
///
/// `seconds`: when to give up; generous, since only a failure takes that long.
/// - Returns: Whether the condition came true.
/// - Throws: the error of what failed.
public func eventually(seconds: Double = 20, _ condition: () throws -> Bool) async throws -> Bool {
  let clock = ContinuousClock()
  let end = clock.now + .seconds(seconds)
  while clock.now < end {
    if try condition() { return true }
    try await clock.sleep(for: .milliseconds(2))
  }
  return try condition()
}
