import Glibc
import Support

/// A bank's directory with a state of its own, and membank run on it.
final class Replica {
  /// The project's name, and so a part of every key.
  static let project = "bench"
  /// What a document's key begins with.
  static let documents = "membank:{bench}:doc:"

  let directory: String
  let home: String
  private let workshop: Workshop
  private let environment: [String: String]

  init(_ workshop: Workshop, server: Server) throws {
    self.workshop = workshop
    home = try workshop.folder("home")
    directory = "\(home)/bank"
    try Files.makeDirectories(directory)
    // Sockets' paths are short.
    try Files.makeDirectories("\(home)/run")
    environment = Workshop.environment(home: home).merging([
      "XDG_STATE_HOME": "\(home)/state", "XDG_CONFIG_HOME": "\(home)/config", "XDG_RUNTIME_DIR": "\(home)/run",
      "REDIS_URL": server.url,
    ]) { $1 }
  }

  /// Runs membank to its end.
  @discardableResult
  func membank(_ arguments: String...) throws -> Cost {
    try Command([workshop.program] + arguments, environment: environment).run(log: "\(home)/log")
  }

  func initialise() throws { try membank("init", directory, "--project", Self.project) }

  func join() throws { try membank("join", directory, "--project", Self.project) }

  func syncOnce() throws -> Cost { try membank("sync", "--once", directory) }

  /// Starts the daemon; returns when it has mirrored all that is there.
  func start() throws -> Daemon {
    let process = try Spawn.start(
      [workshop.program, "sync", directory], environment: environment, output: "\(home)/daemon.log")
    let daemon = Daemon(process, log: "\(home)/daemon.log")
    // `flush` talks to the daemon once it listens; before that it would open the bank itself.
    let run = "\(home)/run"
    try Wait.until("the daemon") {
      guard daemon.isAlive else { throw BenchmarkError("the daemon ended: \(Files.text("\(home)/daemon.log"))") }
      return try !Folder.names(run).isEmpty
    }
    try membank("flush", directory)
    return daemon
  }

  /// The history's directory.
  func history() throws -> String {
    let log = "\(home)/found"
    try Command(["/bin/sh", "-c", "echo \(home)/state/membank/*/history.git"], environment: environment).run(log: log)
    return String(Files.text(log).dropLast())
  }
}

/// A daemon that runs; stopped, and waited for, when the value goes away.
final class Daemon {
  let process: pid_t
  private let log: String

  init(_ process: pid_t, log: String) {
    self.process = process
    self.log = log
  }

  deinit {
    kill(process, SIGTERM)
    waitpid(process, nil, 0)
  }

  var isAlive: Bool { kill(process, 0) == 0 && !Files.text("/proc/\(process)/stat").contains(") Z ") }

  /// What the kernel says of the process and of all its threads together.
  func measure() throws -> Vitals {
    var vitals = Vitals()
    let tasks = "/proc/\(process)/task"
    for task in try Folder.names(tasks) {
      let status = Files.text("\(tasks)/\(task)/status")
      vitals.wakeUps += Self.number("voluntary_ctxt_switches:", in: status)
      let schedule = Files.text("\(tasks)/\(task)/schedstat").split(separator: " ")
      vitals.cpu += schedule.first.flatMap { Int64($0) } ?? 0
    }
    vitals.memory = Double(Self.number("VmRSS:", in: Files.text("/proc/\(process)/status"))) / 1024
    guard vitals.memory > 0 else { throw BenchmarkError("the daemon is gone: \(Files.text(log))") }
    return vitals
  }

  private static func number(_ name: String, in text: String) -> Int64 {
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int64($0) } ?? 0
    }
    return 0
  }
}

/// What a process has used so far.
struct Vitals {
  /// Resident memory in MiB.
  var memory = 0.0
  /// CPU time in nanoseconds.
  var cpu: Int64 = 0
  /// How often a thread of it went to sleep by itself.
  var wakeUps: Int64 = 0
}
