import CLinux
import FoundationEssentials
import Glibc
import Support

/// Where the benchmarks work: a directory on the file system that is measured, and the program.
final class Workshop {
  let options: Options
  let program: String
  /// Removed with everything in it at the end.
  let directory: String

  init(_ options: Options) throws {
    self.options = options
    program = try options.program ?? Self.besideThisProgram()
    guard access(program, X_OK) == 0 else {
      throw BenchmarkError("\(program) is not there: build it with `swift build -c release --product membank`")
    }
    var template = Array("\(options.directory)/mbb.XXXXXX".utf8) + [0]
    let made = template.withUnsafeMutableBytes { buffer in
      buffer.assumingMemoryBound(to: CChar.self).baseAddress.map { mkdtemp($0) != nil } ?? false
    }
    guard made else { throw SystemError("mkdtemp", options.directory) }
    directory = String(decoding: template.dropLast(), as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  private static func besideThisProgram() throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { throw SystemError("readlink", "/proc/self/exe") }
    let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/membank"
  }

  private var made = 0

  /// An empty directory of its own.
  func folder(_ name: String) throws -> String {
    made += 1
    let path = "\(directory)/\(made)-\(name)"
    try Files.makeDirectories(path)
    return path
  }

  /// What every program gets: nobody's settings but the benchmark's.
  static func environment(home: String) -> [String: String] {
    [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": home, "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "b", "GIT_AUTHOR_EMAIL": "b@localhost",
      "GIT_COMMITTER_NAME": "b", "GIT_COMMITTER_EMAIL": "b@localhost",
    ]
  }

  func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
