import CLinux
import Glibc
import Support

/// A private redis-server for one bank: append-only, on a unix socket in a private directory, without a port.
///
/// Nothing about it stands in its arguments or its environment. It ends with this process, by a signal from the
/// kernel even when this process is killed, unless it is to outlive it. One object belongs to one thread at a time.
public final class EmbeddedServer {
  /// How long things may take, in milliseconds.
  public struct Limits: Hashable, Sendable {
    /// From the start to the first answer, and for an earlier server to go away.
    public var start: Int64 = 10_000
    /// From the first answer, for the server to load what it has stored.
    public var loading: Int64 = 120_000
    /// From each of SHUTDOWN, SIGTERM and SIGKILL to the end.
    public var stop: Int64 = 5_000

    /// The defaults.
    public init() {}
  }

  private let directory: EmbeddedDirectory
  private let program: String
  private let searchPath: String
  private let outlivesUs: Bool
  private let limits: Limits
  private let clock = SystemClock()
  private var process: EmbeddedProcess?
  private var logStart: Int64 = 0

  /// Whether the server was found running rather than started.
  public private(set) var isAdopted = false

  /// A server that lives in `directory`; nothing is started yet.
  ///
  /// - Parameters:
  ///   - directory: Made if it is missing (not its parents); private from then on.
  ///   - program: A name to look for on the search path, or a path.
  ///   - searchPath: Directories with colons between; nil: `PATH`.
  ///   - outlivesUs: Whether the server stays when this process ends, to be adopted by the next one.
  ///   - limits: How long things may take.
  /// - Throws: ``EmbeddedServerError``, kind `directory`.
  public init(
    directory: String, program: String = "redis-server", searchPath: String? = nil, outlivesUs: Bool = false,
    limits: Limits = Limits()
  ) throws(EmbeddedServerError) {
    self.directory = try EmbeddedDirectory(directory)
    self.program = program
    self.searchPath = searchPath ?? getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    self.outlivesUs = outlivesUs
    self.limits = limits
  }

  deinit { if !outlivesUs { process?.signal(SIGTERM) } }

  /// The socket, by a name that is short enough in this process, as long as this object lives.
  public var socketPath: String { directory.socketPath }

  /// The address for a client in this process.
  public var address: String { "unix://" + socketPath }

  /// The server's process, if one was started or adopted.
  public var processID: Int32? { process?.pid }

  /// Whether the server's process is there; costs one system call.
  public var isAlive: Bool { process.map { !$0.hasEnded } ?? false }

  /// A descriptor that becomes readable when the server's process ends, for a poll; it is never read.
  public var endDescriptor: Int32? { process?.ended }

  /// Whether the server answers, within `milliseconds`.
  public func answers(milliseconds: Int64 = 1_000) -> Bool {
    EmbeddedProbe(socketPath, milliseconds: milliseconds)?.ask("PING") == .status("PONG")
  }

  /// Puts the server's log aside when it has grown over 1 MiB; at most one old one is kept.
  public func boundLog() { directory.boundLog() }

  /// Makes sure that a server runs, and returns when it answers and has loaded what it has stored.
  ///
  /// Goes on with the one there is, adopts one that an earlier process of this bank left behind, or starts one; also
  /// after it died. How soon to try again after a failure is the caller's to decide.
  ///
  /// - Throws: ``EmbeddedServerError``.
  public func start() throws(EmbeddedServerError) {
    if isAlive { return }
    process = nil
    isAdopted = false
    let start = clock.monotonicNanoseconds
    while true {
      let lock = try directory.lock()
      defer { if let lock { close(lock) } }
      // Also when nobody holds the lock: a server that somebody started here by hand writes the same files.
      let presence = try adopt()
      if presence == .adopted { return }
      if let lock, presence == .silent { return try launch(lock) }
      // Somebody lives here: a server that loads, or one that is just ending.
      let limit = presence == .loading ? limits.loading : limits.start
      guard (clock.monotonicNanoseconds - start) / 1_000_000 < limit else {
        throw EmbeddedServerError(
          .occupied, directory.path,
          "an earlier redis-server still runs here and does not answer; end it, then try again")
      }
      pause(milliseconds: 20)
    }
  }

  /// Gives the server up without ending it, so that another process can adopt it.
  ///
  /// It must have been started to outlive us: otherwise the kernel ends it when this process ends.
  public func leave() { process = nil }

  /// Ends the server.
  ///
  /// Asks it to write and sync its append-only file and shut down; then sends SIGTERM, which does the same; then
  /// SIGKILL. Each is given its time.
  ///
  /// - Throws: ``EmbeddedServerError``, kind `notStopped`.
  public func stop() throws(EmbeddedServerError) {
    guard let process else { return }
    let patience = Int32(clamping: limits.stop)
    // NOSAVE leaves out a snapshot, which nobody configured; the append-only file is synced all the same. A server
    // that obeys ends the connection; one that says anything or nothing gets the signal.
    let reply = EmbeddedProbe(socketPath, milliseconds: limits.stop)?.ask("SHUTDOWN", "NOSAVE")
    var hasEnded = process.waitForEnd(milliseconds: reply == nil ? 100 : 0)
    for signal in [SIGTERM, SIGKILL] where !hasEnded {
      process.signal(signal)
      // A stopped process gets no SIGTERM.
      if signal == SIGTERM { process.signal(SIGCONT) }
      hasEnded = process.waitForEnd(milliseconds: patience)
    }
    guard hasEnded else {
      throw EmbeddedServerError(.notStopped, directory.path, "redis-server (pid \(process.pid)) does not end")
    }
    self.process = nil
    directory.removeStale()
  }

  // MARK: - Adopting

  private enum Presence {
    case adopted
    case loading
    case silent
  }

  /// Takes over a server that answers in this directory, once it has loaded what it has stored.
  private func adopt() throws(EmbeddedServerError) -> Presence {
    guard let probe = EmbeddedProbe(socketPath, milliseconds: 1_000), let pong = probe.ask("PING") else {
      return .silent
    }
    // It refuses CONFIG meanwhile.
    if Self.isLoading(pong) { return .loading }
    guard pong == .status("PONG") else {
      throw EmbeddedServerError(.foreign, directory.path, "what answers on its socket is not our redis-server: \(pong)")
    }
    guard case .bulk(let facts) = probe.ask("INFO", "server"), let pid = Self.processID(in: facts),
      case .array(let items) = probe.ask("CONFIG", "GET", "dir"), items.count == 2
    else { return .silent }
    // The path may be cut where it is very long, or name another mount of the same place.
    guard directory.isSame(as: items[1]) || directory.isSame(as: "/proc/\(pid)/cwd") else {
      throw EmbeddedServerError(
        .foreign, directory.path, "the redis-server on its socket (pid \(pid)) keeps its data in \(items[1])")
    }
    guard let found = EmbeddedProcess(running: pid), !found.hasEnded else { return .silent }
    // An older membank may have started it with less.
    for (name, value) in Self.runtimeSettings { _ = probe.ask("CONFIG", "SET", name, value) }
    process = found
    isAdopted = true
    return .adopted
  }

  private static func processID(in facts: String) -> Int32? {
    for line in facts.split(whereSeparator: \.isNewline) where line.hasPrefix("process_id:") {
      return Int32(line.dropFirst("process_id:".count))
    }
    return nil
  }

  // MARK: - Starting

  private func launch(_ lock: Int32) throws(EmbeddedServerError) {
    let executable = try findProgram()
    // Nobody lives here: the lock is ours.
    directory.removeStale()
    let input = try configuration()
    defer { close(input) }
    let log = try directory.openLog()
    defer { close(log) }
    logStart = directory.logSize()
    // A clean environment: ours may hold passwords, which anybody with our user id could then read in two places.
    let start = EmbeddedProgram(
      path: executable, arguments: ["redis-server", "-"], environment: ["PATH=/usr/bin:/bin", "LC_ALL=C"],
      directory: directory.descriptor, input: input, output: log, keep: lock, diesWithParent: !outlivesUs)
    let started: EmbeddedProcess
    do {
      started = try EmbeddedProcess.start(start)
    } catch {
      throw EmbeddedServerError(.notStarted, error)
    }
    do {
      try awaitAnswer(of: started, executable)
    } catch {
      started.signal(SIGKILL)
      _ = started.waitForEnd(milliseconds: Int32(clamping: limits.stop))
      throw error
    }
    process = started
  }

  private func awaitAnswer(of started: EmbeddedProcess, _ executable: String) throws(EmbeddedServerError) {
    let start = clock.monotonicNanoseconds
    var isLoading = false
    var step: Int32 = 1
    while true {
      // The socket's file is there before anybody listens on it, so only an answer counts.
      switch EmbeddedProbe(socketPath, milliseconds: 1_000)?.ask("PING") {
      case .status("PONG"): return
      case .some(let reply) where Self.isLoading(reply): isLoading = true
      case .some(.error(let message)):
        throw EmbeddedServerError(.notStarted, executable, "refuses to work: \(message)")
      default: break
      }
      if started.waitForEnd(milliseconds: step) {
        let lines = directory.logLines(since: logStart)
        throw EmbeddedServerError(
          .notStarted, executable, "\(started.ending) before it answered" + (lines.isEmpty ? "" : ": \(lines)"))
      }
      guard (clock.monotonicNanoseconds - start) / 1_000_000 < (isLoading ? limits.loading : limits.start) else {
        let lines = directory.logLines(since: logStart)
        throw EmbeddedServerError(
          .noAnswer, executable, "did not answer in time" + (lines.isEmpty ? "" : ": \(lines)"))
      }
      step = min(step * 2, 32)
    }
  }

  private static func isLoading(_ reply: EmbeddedProbe.Reply) -> Bool {
    if case .error(let message) = reply { message.hasPrefix("LOADING") } else { false }
  }

  private func findProgram() throws(EmbeddedServerError) -> String {
    let names = program.contains("/") ? [program] : searchPath.split(separator: ":").map { "\($0)/\(program)" }
    for name in names {
      var status = stat()
      // Relative directories in PATH would mean another program from another place.
      guard name.hasPrefix("/"), stat(name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      if access(name, X_OK) == 0 { return name }
    }
    let place = program.contains("/") ? "can't be run" : "is not on the search path (\(searchPath))"
    throw EmbeddedServerError(
      .missing, program,
      "\(place); install it (Debian: apt install redis-server) or name a remote, such as REDIS_URL=redis://…")
  }

  /// What can also be set while a server runs.
  private static let runtimeSettings = [
    ("appendonly", "yes"), ("appendfsync", "everysec"), ("save", ""), ("maxmemory-policy", "noeviction"),
    // Every change of a key is announced on __keyspace@0__:KEY, which is how foreign writes show at once.
    ("notify-keyspace-events", "KA"),
  ]

  /// The configuration, in an anonymous file at its start.
  ///
  /// Every option is known to redis 6 and 7. Relative names are below the working directory, which is what lets the
  /// socket's path be as long as it likes.
  private func configuration() throws(EmbeddedServerError) -> Int32 {
    let fixed = [
      ("port", "0"), ("unixsocket", EmbeddedDirectory.socketName), ("unixsocketperm", "600"), ("dir", "./"),
      ("daemonize", "no"), ("supervised", "no"), ("pidfile", EmbeddedDirectory.pidName),
      ("logfile", EmbeddedDirectory.logName), ("loglevel", "notice"), ("always-show-logo", "no"), ("maxclients", "512"),
      // A tail that a crash cut short is dropped with a line in the log; anything else that is wrong stops the start.
      ("aof-load-truncated", "yes"), ("auto-aof-rewrite-min-size", "16mb"),
    ]
    let text = (fixed + Self.runtimeSettings).map { "\($0) \"\($1)\"\n" }.joined()
    let bytes = Array(text.utf8)
    let file = membank_memory_file("redis-configuration")
    guard file >= 0 else { throw EmbeddedServerError(.notStarted, SystemError("memfd_create", directory.path)) }
    guard pwrite(file, bytes, bytes.count, 0) == bytes.count else {
      let error = SystemError("pwrite", directory.path)
      close(file)
      throw EmbeddedServerError(.notStarted, error)
    }
    return file
  }

  private func pause(milliseconds: Int32) { poll(nil, 0, milliseconds) }
}
