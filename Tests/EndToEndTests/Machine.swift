import CLinux
import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

/// A machine of its own for a test, as far as membank sees one: home, state, runtime directory, and one bank.
final class Machine {
  let root: TemporaryDirectory
  /// What membank gets; a test may change it.
  var environment: [String: String]
  /// What membank is started by, in place of itself.
  var wrapper: [String] = []
  /// The bank's directory.
  var bank: String
  private var daemons: [Program] = []

  init(_ name: String, redis: String? = nil) throws {
    root = try TemporaryDirectory()
    bank = root.path + "/bank"
    environment = [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": root.path + "/home",
      "XDG_STATE_HOME": root.path + "/state", "XDG_RUNTIME_DIR": root.path + "/run", "MEMBANK_AGENT": name,
    ]
    if let redis { environment["REDIS_URL"] = redis }
    for place in ["home", "state", "run", "bank"] {
      try FileManager.default.createDirectory(atPath: "\(root.path)/\(place)", withIntermediateDirectories: true)
    }
    chmod(root.path + "/run", 0o700)
  }

  // MARK: - Running

  /// Runs membank to its end, in the bank's directory unless told otherwise.
  @discardableResult
  func membank(_ arguments: String..., in directory: String? = nil) async throws -> Outcome {
    try await membank(arguments, in: directory)
  }

  @discardableResult
  func membank(_ arguments: [String], in directory: String? = nil) async throws -> Outcome {
    try await run(wrapper + [membankPath] + arguments, environment: environment, in: directory ?? bank)
  }

  /// A full pass; the report.
  @discardableResult
  func sync(
    _ arguments: String..., expecting status: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> JSONValue {
    let outcome = try await membank(["sync", "--once", "--json", bank] + arguments)
    #expect(outcome.status == status, "\(outcome.text)", sourceLocation: sourceLocation)
    return try outcome.json
  }

  /// Starts the daemon and waits until it watches; it ends with the test at the latest.
  @discardableResult
  func daemon(_ arguments: String...) async throws -> Program {
    let program = try await start(arguments, waits: true)
    try #require(!program.hasEnded, "the daemon ended: \(program.complaint)")
    return program
  }

  /// Starts the daemon and, if asked to, waits until it watches or has ended.
  @discardableResult
  func start(_ arguments: [String] = [], waits: Bool) async throws -> Program {
    var environment = environment
    environment["LOG_LEVEL"] = "info"
    let program = try Program(wrapper + [membankPath, "sync"] + arguments, environment: environment, in: bank)
    daemons.removeAll(where: \.hasEnded)
    daemons.append(program)
    if waits { _ = try await eventually { program.complaint.contains("watching \(bank)") || program.hasEnded } }
    return program
  }

  /// The daemon that was started last.
  var running: Program? { daemons.last }

  /// Ends the daemons that still run, as a service manager would.
  func rest(_ sourceLocation: SourceLocation) async throws {
    for daemon in daemons where !daemon.hasEnded {
      daemon.signal(SIGTERM)
      let end = try await daemon.end(within: 20)
      #expect(end.status == 0, "\(end.complaint)", sourceLocation: sourceLocation)
    }
  }

  /// Has the daemon take in and mirror all that was written; the report.
  @discardableResult
  func flush(
    expecting status: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> JSONValue {
    let outcome = try await membank("flush", "--json")
    #expect(outcome.status == status, "\(outcome.text)", sourceLocation: sourceLocation)
    return try outcome.json
  }

  /// Has the daemon flush until all remotes have everything; they may be coming back just now.
  func comesInSync() async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      if try await membank("flush", "--timeout", "5").status == 0 { return true }
    }
    return false
  }

  func status() async throws -> JSONValue { try await membank("status", "--json").json }

  // MARK: - Files

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let path = "\(bank)/\(name)"
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    // A program that another test starts just now must not inherit the descriptor: a file that somebody has open for
    // writing is treated with more caution.
    let file = membank_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard file >= 0 else { throw SystemError("open", path) }
    defer { close(file) }
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw SystemError("write", path) }
  }

  /// Writes `count` files, `note-1.md` and so on.
  func write(notes count: Int) throws {
    for number in 1...count { try write("note-\(number).md", "# Note \(number)\n") }
  }

  func read(_ name: String) -> String? {
    FileManager.default.contents(atPath: "\(bank)/\(name)").map { String(decoding: $0, as: UTF8.self) }
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(bank)/\(name)") }

  /// The bank's files, by name; without the marker, which is each replica's own.
  var files: [String: String] {
    var files = contents(of: bank)
    files[".membank"] = nil
    return files
  }

  // MARK: - History

  /// The bank's state directory; the only one, where the bank has gone elsewhere.
  var state: String {
    get throws {
      let home = (environment["XDG_STATE_HOME"] ?? "") + "/membank"
      let names = try FileManager.default.contentsOfDirectory(atPath: home).sorted()
      // A restore into another directory leaves one for that.
      let ours = names.first { FileManager.default.contents(atPath: "\(home)/\($0)/path") == Data("\(bank)\n".utf8) }
      return "\(home)/\(try #require(ours ?? names.first))"
    }
  }

  /// Runs plain git on the history.
  func git(_ arguments: String...) async throws -> Outcome {
    try await run(
      ["git", "--git-dir", "\(try state)/history.git"] + arguments,
      environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"])
  }

  /// The subjects of the commits, newest first.
  var subjects: [String] {
    get async throws {
      try await git("log", "--format=%s", "main").output.split(separator: "\n").map(String.init)
    }
  }

  var head: String {
    get async throws { try await git("rev-parse", "main").output.trimmingPrefix("").split(separator: "\n").joined() }
  }
}

/// Every file below a directory with what it holds; a link stands for where it points.
func contents(of directory: String) -> [String: String] {
  var files: [String: String] = [:]
  for name in (try? FileManager.default.subpathsOfDirectory(atPath: directory)) ?? [] {
    let path = "\(directory)/\(name)"
    var isDirectory = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), !isDirectory else { continue }
    // One that went between the listing and the reading holds nothing; an empty text would be one that nobody wrote.
    guard let bytes = FileManager.default.contents(atPath: path) else { continue }
    files[name] = String(decoding: bytes, as: UTF8.self)
  }
  return files
}
