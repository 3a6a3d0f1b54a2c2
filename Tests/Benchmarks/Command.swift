import CLinux
import Glibc
import Support

/// What running a program to its end cost.
struct Cost {
  let wall: Double
  let cpu: Double
  /// Peak resident memory in MiB.
  let memory: Double
  /// The exit status.
  let status: Int32
}

/// A program run to its end.
struct Command {
  let arguments: [String]
  var environment: [String: String] = [:]
  /// The file that it reads; nil: nothing.
  var input: String?

  init(_ arguments: [String], environment: [String: String] = [:], input: String? = nil) {
    self.arguments = arguments
    self.environment = environment
    self.input = input
  }

  /// Runs it; its output goes to `log`.
  ///
  /// Times are in milliseconds.
  ///
  /// - Throws: When it fails, with the end of what it printed.
  @discardableResult
  func run(log: String, accepting codes: Set<Int32> = [0]) throws -> Cost {
    let clock = SystemClock()
    let started = clock.monotonicNanoseconds
    let process = try Spawn.start(arguments, environment: environment, input: input ?? "/dev/null", output: log)
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw SystemError("wait4", arguments[0]) }
    }
    let wall = clock.monotonicNanoseconds - started
    let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    guard codes.contains(code) else {
      throw BenchmarkError("\(arguments.joined(separator: " ")) ended with \(code): \(Files.text(log).suffix(400))")
    }
    func milliseconds(_ time: timeval) -> Double { Double(time.tv_sec) * 1000 + Double(time.tv_usec) / 1000 }
    return Cost(
      wall: Double(wall) / 1_000_000, cpu: milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime),
      memory: Double(usage.ru_maxrss) / 1024, status: code)
  }
}

/// Starts programs.
enum Spawn {
  static func start(
    _ arguments: [String], environment: [String: String], input: String = "/dev/null", output: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let words = arguments.map { strdup($0) } + [nil]
    let pairs = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in words + pairs { free(pointer) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, arguments[0], &actions, nil, words, pairs)
    guard code == 0 else { throw SystemError("posix_spawnp", arguments[0], code: code) }
    return process
  }
}
