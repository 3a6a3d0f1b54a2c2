import Glibc
import Support
import TestSupport

/// Ends the programs of this test run if the run itself dies: a daemon that stays behind would keep its bank locked.
final class Reaper: Sendable {
  /// The one of this process; nil when it could not be started, which a test need not care about.
  static let shared = try? Reaper()

  private let lifeline: Int32

  private init() throws {
    // The shell hears which processes live, and kills them when our end of the pipe closes, however that comes.
    let script = """
      live=" "
      while read -r verb pid; do
        case $verb in
          +) live="$live$pid " ;;
          -) live="${live%% $pid *} ${live#* $pid }" ;;
        esac
      done
      kill -KILL $live 2>/dev/null
      """
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw SystemError("pipe", "reaper") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    lifeline = ends[1]
    _ = try Spawn(["/bin/sh", "-c", script], environment: [:], input: .descriptor(ends[0])).start()
  }

  func watch(_ process: pid_t) { say("+ \(process)\n") }

  func forget(_ process: pid_t) { say("- \(process)\n") }

  // One short write to a pipe is whole: threads need no lock.
  private func say(_ line: String) { _ = write(lifeline, line, line.utf8.count) }
}
