import FoundationEssentials
import Glibc
import Support
import TestSupport

/// What a program came to.
struct Outcome {
  /// Its exit status; 128 + signal when it was killed.
  let status: Int32
  /// What it printed.
  let output: String
  /// What it printed on standard error.
  let complaint: String

  /// Both together, for a message that may stand in either.
  var text: String { output + complaint }

  /// What it printed, as JSON.
  var json: JSONValue {
    get throws { try JSONValue.parse(Array(output.utf8)) }
  }
}

/// A program that runs beside the test; killed, and waited for, when the value goes away.
final class Program {
  let process: pid_t
  private let place: TemporaryDirectory
  private var ended: Int32?

  init(_ words: [String], environment: [String: String], in directory: String = "/") throws {
    place = try TemporaryDirectory()
    // A program that runs as another user may write there too.
    chmod(place.path, 0o755)
    var spawn = Spawn(words, environment: environment)
    spawn.directory = directory
    spawn.output = place.path + "/out"
    spawn.complaint = place.path + "/err"
    process = try spawn.start()
    Reaper.shared?.watch(process)
  }

  deinit {
    guard ended == nil else { return }
    kill(process, SIGKILL)
    _ = reap(0)
  }

  /// What it has printed so far.
  var output: String { read("out") }

  /// What it has printed on standard error so far.
  var complaint: String { read("err") }

  /// Whether it has ended by now.
  var hasEnded: Bool { reap(WNOHANG) != nil }

  func signal(_ number: Int32) { if !hasEnded { kill(process, number) } }

  /// Waits for its end without blocking a thread; kills it after `seconds`.
  func end(within seconds: Double = 60) async throws -> Outcome {
    var status = reap(WNOHANG)
    let deadline = ContinuousClock.now + .seconds(seconds)
    while status == nil {
      if ContinuousClock.now > deadline {
        kill(process, SIGKILL)
        status = reap(0)
        break
      }
      try await Task.sleep(for: .milliseconds(1))
      status = reap(WNOHANG)
    }
    return Outcome(status: status ?? -1, output: output, complaint: complaint)
  }

  private func read(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: "\(place.path)/\(name)") ?? Data(), as: UTF8.self)
  }

  private func reap(_ options: Int32) -> Int32? {
    if let ended { return ended }
    var status: Int32 = 0
    var result: pid_t
    repeat { result = waitpid(process, &status, options) } while result < 0 && errno == EINTR
    guard result == process else { return nil }
    Reaper.shared?.forget(process)
    ended = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    return ended
  }
}

/// Runs a program to its end.
func run(
  _ words: [String], environment: [String: String] = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"],
  in directory: String = "/"
) async throws -> Outcome {
  try await Program(words, environment: environment, in: directory).end()
}

/// The program under test, which stands beside the test bundle.
let membankPath: String = {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
  let test = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  let beside = test.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/membank"
  if access(beside, X_OK) == 0 { return beside }
  // A runner of the toolchain loaded the bundle: the package's own build directory, then.
  let package = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
  return package + "/.build/debug/membank"
}()
