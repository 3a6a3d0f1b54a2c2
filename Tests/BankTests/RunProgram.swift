import Glibc
import Support

/// Runs a program with some input and gives back what it printed and its status; its messages are thrown away.
func run(_ program: [String], in directory: String, input: String = "") throws -> (output: String, status: Int32) {
  var toChild: [Int32] = [0, 0]
  var fromChild: [Int32] = [0, 0]
  guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw SystemError("pipe", program[0]) }
  for end in [toChild[1], fromChild[0]] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
  posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
  let arguments = (["env", "-C", directory] + program).map { strdup($0) } + [nil]
  let settings = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "TERM=dumb"]
  let environment = settings.map { strdup($0) } + [nil]
  defer { for string in arguments + environment { free(string) } }
  var child: pid_t = 0
  let failure = posix_spawnp(&child, "env", &actions, nil, arguments, environment)
  close(toChild[0])
  close(fromChild[1])
  guard failure == 0 else { throw SystemError("posix_spawnp", program[0], code: failure) }
  // What is written must fit the pipe: nobody reads the answer meanwhile.
  precondition(input.utf8.count < 60_000)
  _ = write(toChild[1], input, input.utf8.count)
  close(toChild[1])
  var output: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = read(fromChild[0], &buffer, buffer.count)
    guard count > 0 else { break }
    output += buffer[..<count]
  }
  close(fromChild[0])
  var status: Int32 = 0
  waitpid(child, &status, 0)
  return (String(decoding: output, as: UTF8.self), status >> 8)
}
