import Glibc
public import RedisTransport
import Support
import Synchronization

/// A redis-server of its own for a test: private directory, private unix socket, killed when the value goes away.
public final class RedisServer: Sendable {
  /// What a test may want otherwise.
  public struct Options: Sendable {
    /// The password of the default user.
    public var password: String?
    /// Lines of an ACL file; `user default` has to be among them when the default user is to stay.
    public var users: [String] = []
    /// The value of `notify-keyspace-events`; empty turns notifications off.
    public var notifications = ""
    /// Whether it listens on a free TCP port of the loopback, besides the socket.
    public var tcp = false
    /// What its TCP port proves itself with: the port speaks TLS then.
    public var certificate: TestCertificate?
    /// Whether it keeps an append-only file, so that a restart loses nothing.
    public var appendOnly = false
    /// Further lines of the configuration.
    public var configuration: [String] = []

    /// The defaults: no password, no notifications, no TCP, nothing kept.
    public init() {}
  }

  /// Where its files are.
  public var directory: String { home.path }
  /// The path of its unix socket.
  public var socket: String { home.path + "/redis.sock" }
  /// Its TCP port on 127.0.0.1, 0 without one.
  public let port: UInt16

  private let home: TemporaryDirectory
  private let options: Options
  private let process: Mutex<ChildProcess?>

  /// Starts it and waits until it answers.
  public init(_ options: Options = Options()) throws {
    self.options = options
    home = try TemporaryDirectory()
    port = options.tcp || options.certificate != nil ? try RedisServer.freePort() : 0
    process = Mutex(nil)
    try start()
  }

  /// The address of its unix socket, with the password of the default user.
  public var address: RedisAddress { RedisAddress(.unix(path: socket), password: options.password) }

  /// The address of its TCP port, with the password of the default user.
  public var tcpAddress: RedisAddress {
    RedisAddress(
      .tcp(host: "127.0.0.1", port: port), password: options.password,
      security: options.certificate.map { .tls(authorities: $0.authority) } ?? .none)
  }

  /// The URL of its unix socket, without password.
  public var url: String { "unix://\(socket)" }

  /// The process id of the server, -1 when it is stopped.
  public var pid: Int32 { process.withLock { $0?.pid ?? -1 } }

  /// A new connection to it.
  public func connect() throws -> RedisConnection { try RedisConnection(address) }

  /// Carries out one command over a connection of its own.
  @discardableResult
  public func run(_ arguments: String...) throws -> RedisValue {
    try connect().run(RedisCommand(arguments.map { Array($0.utf8) }))
  }

  /// Freezes it: connections stay, nothing answers (SIGSTOP).
  public func pause() { process.withLock { $0?.send(SIGSTOP) } }

  /// Lets it go on (SIGCONT).
  public func resume() { process.withLock { $0?.send(SIGCONT) } }

  /// Kills it; returns when it is gone.
  public func stop() { process.withLock { $0 = nil } }

  /// Starts it again on the same socket and directory, after ``stop()``.
  public func start() throws {
    var lines = [
      "port \(options.certificate == nil ? port : 0)", "bind 127.0.0.1", "unixsocket \(socket)", "unixsocketperm 700",
      "dir \(home.path)", "save \"\"",
      "daemonize no", "appendonly \(options.appendOnly ? "yes" : "no")", "appendfsync no",
      "notify-keyspace-events \"\(options.notifications)\"",
    ]
    if let certificate = options.certificate {
      lines += [
        "tls-port \(port)", "tls-cert-file \(certificate.certificate)", "tls-key-file \(certificate.key)",
        "tls-ca-cert-file \(certificate.authority)", "tls-auth-clients no",
      ]
    }
    if let password = options.password { lines.append("requirepass \"\(password)\"") }
    lines += options.users.map { "user \($0)" } + options.configuration
    try writeFile(lines.joined(separator: "\n") + "\n", to: home.path + "/redis.conf")
    let made = try ChildProcess(["redis-server", home.path + "/redis.conf"], log: home.path + "/log")
    process.withLock { $0 = made }
    try waitForAnswer()
  }

  /// Kills it and starts it again; without ``Options/appendOnly`` all data is gone.
  public func restart() throws {
    stop()
    try start()
  }

  /// A TCP port of the loopback that was free a moment ago.
  public static func freePort() throws -> UInt16 {
    let (descriptor, port) = try boundSocket()
    close(descriptor)
    return port
  }

  static func boundSocket() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemError("socket", "127.0.0.1") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) != 0 ? -1 : getsockname(descriptor, $0, &length)
      }
    }
    guard code == 0 else {
      close(descriptor)
      throw SystemError("bind", "127.0.0.1")
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  // The socket's file is there before anybody listens on it, so only an answer counts.
  private func waitForAnswer() throws {
    let clock = SystemClock()
    let deadline = clock.monotonicNanoseconds + 10_000_000_000
    while true {
      do throws(RedisError) {
        _ = try RedisConnection(address)
        return
      } catch {
        // A test with users of its own may have taken the default user away: an answer all the same.
        if error.kind == .credentials || error.kind == .permission { return }
        guard error.isTransient, clock.monotonicNanoseconds < deadline else { throw error }
        usleep(1000)
      }
    }
  }
}
