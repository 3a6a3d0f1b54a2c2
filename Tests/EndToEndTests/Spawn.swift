import CLinux
import Glibc
import Support

/// A program to start, with everything that it gets.
///
/// Nothing else of this process reaches it, but for what tells an instrumented program (`make sanitize`,
/// `make coverage`) where its reports go.
struct Spawn {
  enum Input {
    case nothing
    case descriptor(Int32)
  }

  let words: [String]
  let environment: [String: String]
  var directory = "/"
  var input = Input.nothing
  var output = "/dev/null"
  var complaint = "/dev/null"

  init(_ words: [String], environment: [String: String], input: Input = .nothing) {
    self.words = words
    self.environment = environment
    self.input = input
  }

  /// The variables whose names stand in `MEMBANK_TEST_PASS`.
  private static let instruments: [String: String] = {
    var found: [String: String] = [:]
    for name in (getenv("MEMBANK_TEST_PASS").map { String(cString: $0) } ?? "").split(separator: " ").map(String.init) {
      if let value = getenv(name) { found[name] = String(cString: value) }
    }
    return found
  }()

  /// Starts it, found by our own search path.
  func start() throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    switch input {
    case .nothing: posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, 0)
    }
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o666)
    posix_spawn_file_actions_addopen(&actions, 2, complaint, O_WRONLY | O_CREAT | O_APPEND, 0o666)
    // A child that keeps a pipe of the test runner open would hang it.
    membank_spawn_alone_in(&actions, directory)
    // Threads of the runner have signals blocked, and some ignored; a program must not inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let arguments = words.map { strdup($0) } + [nil]
    let variables =
      environment.merging(Self.instruments) { own, _ in own }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var child: pid_t = 0
    let code = posix_spawnp(&child, words[0], &actions, &attributes, arguments, variables)
    guard code == 0 else { throw SystemError("posix_spawnp", words[0], code: code) }
    return child
  }
}
