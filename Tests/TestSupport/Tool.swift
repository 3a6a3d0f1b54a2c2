import CLinux
import FoundationEssentials
import Glibc
import Support

/// A program run to its end, for oracles such as git.
public enum Tool {
  /// What it came to.
  public struct Result: Sendable {
    /// The exit status; 128 + signal when it was killed.
    public let status: Int32
    /// Standard output and error together.
    public let output: String
  }

  /// Runs `name` from the PATH with an environment that no user's settings reach.
  public static func run(
    _ name: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Result {
    let directory = try TemporaryDirectory()
    let (inPath, outPath) = (directory.path + "/in", directory.path + "/out")
    try Data(input).write(to: URL(filePath: inPath))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, inPath, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outPath, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var variables = [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory.path, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8",
      "GIT_CONFIG_GLOBAL": "/dev/null",
    ]
    variables.merge(environment) { $1 }
    let words = ([name] + arguments).map { strdup($0) } + [nil]
    let pairs = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (words + pairs).forEach { free($0) } }
    var child: pid_t = 0
    let code = posix_spawnp(&child, name, &actions, nil, words, pairs)
    guard code == 0 else { throw SystemError("posix_spawnp", name, code: code) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    let output = FileManager.default.contents(atPath: outPath) ?? Data()
    let exit = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    return Result(status: exit, output: String(decoding: output, as: UTF8.self))
  }
}
