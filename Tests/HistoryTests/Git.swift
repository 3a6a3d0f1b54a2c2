import Glibc
import Support

/// The real git, in a directory, without anybody's configuration.
struct Git {
  let directory: String

  /// What a run of it left.
  struct Result {
    let status: Int32
    let output: [UInt8]
    let errors: String
    var text: String { String(decoding: output, as: UTF8.self) }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private static let environment = [
    "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
    "LC_ALL=C", "TZ=UTC", "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@x", "GIT_COMMITTER_NAME=C",
    "GIT_COMMITTER_EMAIL=c@x",
  ]

  /// Runs git and fails when it does.
  @discardableResult
  func callAsFunction(
    _ arguments: String..., input: [UInt8] = [], environment: [String] = []
  ) throws -> Result {
    let result = try run(arguments, input: input, environment: environment)
    guard result.status == 0 else {
      throw Failure(description: "git \(arguments.joined(separator: " ")): \(result.status) \(result.errors)")
    }
    return result
  }

  /// Runs git, whatever comes of it.
  func run(_ arguments: [String], input: [UInt8] = [], environment: [String] = []) throws -> Result {
    try Git.wait(start(["git", "-C", directory] + arguments, input: input, environment: environment))
  }

  /// A process that was started, and the files that its output goes to.
  struct Running {
    let process: pid_t
    let output: Int32
    let errors: Int32
  }

  func start(_ command: [String], input: [UInt8] = [], environment: [String] = []) throws -> Running {
    func scrap() throws -> Int32 {
      var template = Array("/tmp/mbgit.XXXXXX".utf8CString)
      let number = mkstemp(&template)
      guard number >= 0 else { throw SystemError("mkstemp", "/tmp") }
      unlink(template)
      return number
    }
    let files = try (scrap(), scrap(), scrap())
    _ = input.withUnsafeBytes { write(files.0, $0.baseAddress, $0.count) }
    lseek(files.0, 0, SEEK_SET)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, files.0, 0)
    posix_spawn_file_actions_adddup2(&actions, files.1, 1)
    posix_spawn_file_actions_adddup2(&actions, files.2, 2)
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = (environment + Self.environment).map { strdup($0) } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var process = pid_t()
    let code = posix_spawnp(&process, command[0], &actions, nil, &arguments, &variables)
    close(files.0)
    guard code == 0 else { throw SystemError("posix_spawn", command[0], code: code) }
    return Running(process: process, output: files.1, errors: files.2)
  }

  static func wait(_ running: Running) throws -> Result {
    var status: Int32 = 0
    while waitpid(running.process, &status, 0) < 0 {
      guard errno == EINTR else { throw SystemError("waitpid", "git") }
    }
    func drain(_ number: Int32) -> [UInt8] {
      defer { close(number) }
      let size = Int(lseek(number, 0, SEEK_END))
      return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = max(0, pread(number, buffer.baseAddress, size, 0))
      }
    }
    let output = drain(running.output)
    let errors = String(decoding: drain(running.errors), as: UTF8.self)
    let exit = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    return Result(status: exit, output: output, errors: errors)
  }

  /// The complaints of git's strictest check; empty when it has none.
  func complaints() throws -> String {
    let result = try run(["fsck", "--strict", "--full", "--no-dangling"])
    let errors = result.errors.split(separator: "\n").filter { !$0.hasPrefix("notice:") }.joined(separator: "\n")
    return result.status == 0 && errors.isEmpty ? "" : "status \(result.status) \(errors) \(result.text)"
  }
}
