import FoundationEssentials
import Glibc
import Support
import TestSupport
import Testing

@testable import RedisTransport

@Suite("The private redis-server", .timeLimit(.minutes(15)))
struct EmbeddedServerProcessTests {
  let home: TemporaryDirectory

  init() throws { home = try TemporaryDirectory() }

  var directory: String { home.path + "/redis" }

  func server(outlivesUs: Bool = false) throws -> EmbeddedServer {
    let server = try EmbeddedServer(directory: directory, outlivesUs: outlivesUs)
    try server.start()
    return server
  }

  func ask(_ server: EmbeddedServer, _ words: String...) -> EmbeddedProbe.Reply? {
    guard let probe = EmbeddedProbe(server.socketPath, milliseconds: 10_000) else { return nil }
    switch words.count {
    case 1: return probe.ask(words[0])
    case 2: return probe.ask(words[0], words[1])
    default: return probe.ask(words[0], words[1], words[2])
    }
  }

  static func mode(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
  }

  static func exists(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

  /// Waits for a process that is not our child.
  static func waitForEnd(_ pid: Int32) -> Bool {
    guard let process = EmbeddedProcess(running: pid) else { return true }
    return process.waitForEnd(milliseconds: 20_000)
  }

  static func write(_ text: String, _ path: String, mode: mode_t = 0o644) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
    chmod(path, mode)
  }

  static func read(_ path: String) throws -> String {
    // Files of /proc say that they are empty, so they are read to their end.
    guard let file = fopen(path, "r") else { throw SystemError("fopen", path) }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  @Test("answers on a private socket, with nothing in its arguments and environment")
  func start() throws {
    setenv("MEMBANK_TEST_SECRET", "hunter22", 1)
    let server = try server()
    let pid = try #require(server.processID)
    #expect(server.isAlive)
    #expect(server.answers())
    #expect(!server.isAdopted)
    #expect(Self.mode(directory) == 0o700)
    #expect(Self.mode(directory + "/redis.sock") == 0o600)
    #expect(Self.mode(directory + "/redis.log") == 0o600)
    #expect(Self.mode(directory + "/appendonlydir") == 0o700)
    #expect(ask(server, "CONFIG", "GET", "port") == .array(["port", "0"]))
    #expect(ask(server, "CONFIG", "GET", "appendonly") == .array(["appendonly", "yes"]))
    #expect(ask(server, "CONFIG", "GET", "maxmemory-policy") == .array(["maxmemory-policy", "noeviction"]))
    #expect(ask(server, "CONFIG", "GET", "notify-keyspace-events") == .array(["notify-keyspace-events", "AK"]))
    #expect(try !Self.read("/proc/\(pid)/cmdline").contains(directory))
    #expect(try !Self.read("/proc/\(pid)/environ").contains("hunter22"))
    #expect(try Self.read(directory + "/redis.pid") == "\(pid)\n")
    // Its own session: what is typed in our terminal is not for it.
    #expect(getsid(pid) == pid)
    try server.start()
    #expect(server.processID == pid)
    try server.stop()
  }

  @Test("leaves nothing behind when it is stopped, and keeps what was written")
  func stop() throws {
    let server = try server()
    let pid = try #require(server.processID)
    #expect(ask(server, "SET", "key", "value") == .status("OK"))
    try server.stop()
    #expect(!Self.exists(pid))
    #expect(!server.isAlive)
    #expect(server.processID == nil)
    #expect(Self.mode(directory + "/redis.sock") == nil)
    #expect(Self.mode(directory + "/redis.pid") == nil)
    try server.stop()
    try server.start()
    #expect(ask(server, "GET", "key") == .bulk("value"))
    try server.stop()
  }

  @Test("works in a directory whose path is longer than a socket's address")
  func longPath() throws {
    let deep = home.path + String(repeating: "/" + String(repeating: "d", count: 60), count: 4)
    try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
    let server = try EmbeddedServer(directory: deep + "/redis", outlivesUs: true)
    try server.start()
    #expect(server.address.utf8.count < 107)
    #expect(server.answers())
    server.leave()
    let next = try EmbeddedServer(directory: deep + "/redis")
    try next.start()
    #expect(next.isAdopted)
    try next.stop()
  }

  @Test("is started again after it died, with what was written")
  func restart() throws {
    let server = try server()
    let pid = try #require(server.processID)
    #expect(ask(server, "SET", "key", "value") == .status("OK"))
    let end = try #require(server.endDescriptor)
    kill(pid, SIGKILL)
    var request = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
    #expect(poll(&request, 1, 20_000) == 1)
    #expect(!server.isAlive)
    // It was our child and has been waited for.
    #expect(!Self.exists(pid))
    try server.start()
    #expect(server.processID != pid)
    #expect(!server.isAdopted)
    #expect(ask(server, "GET", "key") == .bulk("value"))
    try server.stop()
  }

  @Test("drops a tail that a crash cut short")
  func truncated() throws {
    let server = try server()
    #expect(ask(server, "SET", "first", "1") == .status("OK"))
    #expect(ask(server, "SET", "second", "2") == .status("OK"))
    try server.stop()
    let files = try FileManager.default.contentsOfDirectory(atPath: directory + "/appendonlydir")
    let name = try #require(files.first { $0.hasSuffix(".incr.aof") })
    let path = directory + "/appendonlydir/" + name
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(truncate(path, status.st_size - 3) == 0)
    try server.start()
    #expect(ask(server, "GET", "first") == .bulk("1"))
    #expect(ask(server, "SET", "third", "3") == .status("OK"))
    try server.stop()
  }

  @Test("says why it can't start on damaged data, and leaves it alone")
  func damaged() throws {
    let server = try server()
    #expect(ask(server, "SET", "first", "1") == .status("OK"))
    try server.stop()
    let files = try FileManager.default.contentsOfDirectory(atPath: directory + "/appendonlydir")
    let name = try #require(files.first { $0.hasSuffix(".incr.aof") })
    try Self.write("*3\r\n$3\r\nSEX\r\nnonsense nonsense nonsense\r\n", directory + "/appendonlydir/" + name)
    let error = #expect(throws: EmbeddedServerError.self) { try server.start() }
    #expect(error?.kind == .notStarted)
    #expect(error?.message.contains("Bad file format") == true)
    #expect(!server.isAlive)
  }

  @Test("is adopted when an earlier owner left it, and stopped by the new one")
  func adopted() throws {
    let first = try server(outlivesUs: true)
    let pid = try #require(first.processID)
    first.leave()
    #expect(!first.isAlive)
    let second = try server()
    #expect(second.isAdopted)
    #expect(second.processID == pid)
    #expect(second.isAlive)
    try second.stop()
    #expect(Self.waitForEnd(pid))
    #expect(Self.mode(directory + "/redis.sock") == nil)
  }

  @Test("gets what an older version didn't set when it is adopted")
  func settings() throws {
    let first = try server(outlivesUs: true)
    let probe = try #require(EmbeddedProbe(first.socketPath, milliseconds: 5_000))
    #expect(probe.ask("CONFIG", "SET", "notify-keyspace-events", "") == .status("OK"))
    first.leave()
    let second = try server()
    #expect(ask(second, "CONFIG", "GET", "notify-keyspace-events") == .array(["notify-keyspace-events", "AK"]))
    try second.stop()
  }

  @Test("ends when its owner is killed")
  func diesWithOwner() async throws {
    let directory = directory
    await #expect(processExitsWith: .signal(SIGKILL)) { [directory = directory as String] in
      let server = try EmbeddedServer(directory: directory)
      try server.start()
      kill(getpid(), SIGKILL)
    }
    // The pid file is gone when it ended before it is looked for.
    if let text = try? Self.read(directory + "/redis.pid"), let pid = Int32(text.dropLast()) {
      #expect(Self.waitForEnd(pid))
    }
    #expect(EmbeddedProbe(directory + "/redis.sock", milliseconds: 1_000) == nil)
  }

  @Test("that is to outlive its owner is adopted after the owner was killed")
  func outlivesOwner() async throws {
    let directory = directory
    await #expect(processExitsWith: .signal(SIGKILL)) { [directory = directory as String] in
      let server = try EmbeddedServer(directory: directory, outlivesUs: true)
      try server.start()
      kill(getpid(), SIGKILL)
    }
    let pid = try #require(Int32(try Self.read(directory + "/redis.pid").dropLast()))
    let next = try server()
    #expect(next.isAdopted)
    #expect(next.processID == pid)
    try next.stop()
    #expect(Self.waitForEnd(pid))
  }

  @Test("takes the place of a socket that nobody listens on, whatever stands there", arguments: [true, false])
  func stale(isSocket: Bool) throws {
    #expect(mkdir(directory, 0o755) == 0)
    let path = directory + "/redis.sock"
    if isSocket {
      let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      let isBound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
        }
      }
      #expect(isBound)
      close(listener)
    } else {
      try Self.write("not a socket", path)
    }
    try Self.write("999999\n", directory + "/redis.pid")
    let server = try server()
    #expect(server.answers())
    #expect(!server.isAdopted)
    #expect(Self.mode(directory) == 0o700)
    try server.stop()
  }

  @Test("is not mistaken for another server that answers in its place")
  func foreign() throws {
    let other = try EmbeddedServer(directory: home.path + "/other")
    try other.start()
    #expect(mkdir(directory, 0o700) == 0)
    #expect(link(home.path + "/other/redis.sock", directory + "/redis.sock") == 0)
    let error = #expect(throws: EmbeddedServerError.self) { try server() }
    #expect(error?.kind == .foreign)
    #expect(error?.message.contains("/other") == true)
    #expect(other.answers())
    try other.stop()
  }

  @Test("is not started twice: two objects come to one server")
  func twice() throws {
    let first = try server()
    let second = try server()
    #expect(second.isAdopted)
    #expect(second.processID == first.processID)
    try first.stop()
    #expect(!second.isAlive)
    try second.start()
    #expect(!second.isAdopted)
    try second.stop()
  }

  @Test("waits for an earlier one that does not answer, then says so")
  func occupied() throws {
    let first = try server()
    let pid = try #require(first.processID)
    kill(pid, SIGSTOP)
    var limits = EmbeddedServer.Limits()
    limits.start = 100
    let second = try EmbeddedServer(directory: directory, limits: limits)
    let error = #expect(throws: EmbeddedServerError.self) { try second.start() }
    #expect(error?.kind == .occupied)
    kill(pid, SIGCONT)
    #expect(first.answers(milliseconds: 10_000))
    try first.stop()
  }

  @Test("is stopped even when it is frozen")
  func frozen() throws {
    var limits = EmbeddedServer.Limits()
    limits.stop = 200
    let server = try EmbeddedServer(directory: directory, limits: limits)
    try server.start()
    let pid = try #require(server.processID)
    kill(pid, SIGSTOP)
    try server.stop()
    #expect(!Self.exists(pid))
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let text: String
    var mode: mode_t = 0o755
    let kind: EmbeddedServerError.Kind
    let says: String
    var testDescription: String { says }
  }

  @Test(
    "says what is wrong with the program",
    arguments: [
      Wrong(text: "#!/bin/sh\nexit 3\n", kind: .notStarted, says: "exited with 3"),
      Wrong(text: "#!/bin/sh\necho 'no such option' >&2\nexit 1\n", kind: .notStarted, says: "no such option"),
      Wrong(text: "#!/bin/sh\nkill -9 $$\n", kind: .notStarted, says: "ended by signal 9"),
      Wrong(text: "#!/bin/sh\nexec sleep 1000\n", kind: .noAnswer, says: "did not answer in time"),
      Wrong(text: "no program", kind: .notStarted, says: "Exec format error"),
      Wrong(text: "#!/bin/sh\n", mode: 0o644, kind: .missing, says: "is not on the search path"),
      Wrong(text: "#!/no/such/shell\n", kind: .notStarted, says: "No such file"),
    ])
  func wrongProgram(wrong: Wrong) throws {
    try Self.write(wrong.text, home.path + "/redis-server", mode: wrong.mode)
    var limits = EmbeddedServer.Limits()
    limits.start = wrong.kind == .noAnswer ? 200 : 20_000
    let server = try EmbeddedServer(directory: directory, searchPath: home.path, limits: limits)
    let error = #expect(throws: EmbeddedServerError.self) { try server.start() }
    #expect(error?.kind == wrong.kind)
    #expect(error?.description.contains(wrong.says) == true)
    #expect(!server.isAlive)
    #expect(server.processID == nil)
    // What was started in vain is gone, and no longer in the way.
    let next = try self.server()
    try next.stop()
  }

  @Test("says that the program is missing, and what to do")
  func missing() throws {
    let server = try EmbeddedServer(directory: directory, searchPath: "relative:/nowhere")
    let error = #expect(throws: EmbeddedServerError.self) { try server.start() }
    #expect(error?.kind == .missing)
    #expect(error?.message.contains("apt install redis-server") == true)
  }

  @Test("refuses a directory that it can't have", arguments: ["/no/such/parent", "FILE", "LINK"])
  func directories(path: String) throws {
    try Self.write("", home.path + "/FILE")
    #expect(symlink("/tmp", home.path + "/LINK") == 0)
    let error = #expect(throws: EmbeddedServerError.self) {
      try EmbeddedServer(directory: path.hasPrefix("/") ? path : home.path + "/" + path)
    }
    #expect(error?.kind == .directory)
  }

  @Test("keeps its log bounded")
  func log() throws {
    #expect(mkdir(directory, 0o700) == 0)
    try Self.write(String(repeating: "x", count: 2 << 20), directory + "/redis.log")
    let server = try server()
    var status = stat()
    #expect(stat(directory + "/redis.log", &status) == 0)
    #expect(status.st_size < 1 << 16)
    #expect(stat(directory + "/redis.log.old", &status) == 0)
    try server.stop()
  }

  @Test("goes away with its object")
  func released() throws {
    let pid: Int32
    do {
      let server = try server()
      pid = try #require(server.processID)
    }
    #expect(Self.waitForEnd(pid))
  }
}
