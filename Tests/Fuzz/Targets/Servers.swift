import Glibc
import RedisTransport
import Support

extension FuzzTarget {
  /// A server that answers whatever comes with the bytes of the input: over a socket, as a bank meets it.
  static let servers = FuzzTarget(
    "servers", longest: 2048,
    words: [
      "+OK\r\n", "+PONG\r\n", "-NOAUTH \r\n", "-LOADING \r\n", "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n", "$1\r\nh\r\n",
      ":1\r\n",
      "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n", "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n", "$-1\r\n",
      "-MOVED 1 :0\r\n", "-ASK 1 127.0.0.1:1\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
    seeds: [
      "+OK\r\n+PONG\r\n*0\r\n$5\r\nhello\r\n", "+OK\r\n-NOAUTH Authentication required.\r\n",
      "+OK\r\n+PONG\r\n*1\r\n*3\r\n:0\r\n:5460\r\n*2\r\n$0\r\n\r\n:0\r\n-MOVED 1 :0\r\n",
      "\u{1}+OK\r\n+PONG\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n",
    ]
  ) { input in
    let subscribes = input.byte() == 1
    let server = try OneShotServer(answering: input.rest())
    let address = RedisAddress(.unix(path: server.path), password: "pa55word")
    let failure = talk(to: address, subscribes: subscribes)
    server.stop()
    guard let failure else { return }
    let isNamed = failure.operand.hasPrefix("unix://") || failure.operand.hasPrefix("redis://")
    try hold(isNamed && !failure.description.contains("pa55word"), "\(failure)")
    try hold(failure.kind != .timeout, "waited for a server that is gone: \(failure)")
  }

  private static func talk(to address: RedisAddress, subscribes: Bool) -> RedisError? {
    // It hangs up after its answer, so that nothing waits as long as that.
    let timeouts = RedisTimeouts(connect: 5000, command: 5000)
    do throws(RedisError) {
      if subscribes {
        let subscriber = try RedisSubscriber(address, channels: [Array("c".utf8)], timeouts: timeouts)
        while true { _ = try subscriber.receive(timeout: 5000) }
      } else {
        let router = try RedisRouter(address, timeouts: timeouts)
        _ = try router.run([RedisCommand("GET", "a"), RedisCommand("GET", "b"), ["PING"]])
        _ = router.address(forKey: Array("a".utf8))
        router.close()
        return nil
      }
    } catch {
      return error
    }
  }
}

/// A server that sends each who connects the same bytes, and hangs up.
private struct OneShotServer: ~Copyable {
  let path: String
  private let listener: Int32
  private let stopped: Channel<Bool>
  private let thread: WorkerThread

  init(answering bytes: [UInt8]) throws {
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    let path = "/dev/shm/membank-fuzz-\(getpid())-\(listener)"
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    unlink(path)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(listener, 8) == 0 else { throw SystemError("bind", path) }
    let stopped = try Channel<Bool>()
    thread = try WorkerThread("server") { Self.serve(listener, stopped, bytes) }
    self.listener = listener
    self.stopped = stopped
    self.path = path
  }

  consuming func stop() {
    stopped.send(true)
    thread.join()
    close(listener)
    unlink(path)
  }

  private static func serve(_ listener: Int32, _ stopped: Channel<Bool>, _ bytes: [UInt8]) {
    while wait(listener, stopped) {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { continue }
      _ = bytes.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      shutdown(client, Int32(SHUT_WR))
      // What was sent would be lost if it were closed with something unread.
      var buffer = [UInt8](repeating: 0, count: 4096)
      while wait(client, stopped), read(client, &buffer, buffer.count) > 0 {}
      close(client)
    }
  }

  /// Waits for something to read; false when it is to stop.
  private static func wait(_ descriptor: Int32, _ stopped: Channel<Bool>) -> Bool {
    var polled = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: stopped.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    while poll(&polled, 2, -1) < 0, errno == EINTR {}
    return polled[1].revents == 0
  }
}
