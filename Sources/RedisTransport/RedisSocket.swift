import Glibc
import Support

/// A non-blocking stream socket, closed when it goes away.
///
/// Waiting is done with poll(2), which also watches the caller's cancellation descriptor: a blocking read could
/// not be ended from outside.
struct RedisSocket: ~Copyable {
  let descriptor: Int32
  let cancellation: Int32
  let name: String

  private init(_ descriptor: Int32, cancellation: Int32, name: String) {
    self.descriptor = descriptor
    self.cancellation = cancellation
    self.name = name
  }

  deinit { _ = Glibc.close(descriptor) }

  /// Connects within `timeout` milliseconds.
  static func connect(to address: RedisAddress, timeout: Int, cancellation: Int32) throws(RedisError) -> RedisSocket {
    switch address.endpoint {
    case .unix(let path):
      try connect(path: path, name: address.description, timeout: timeout, cancellation: cancellation)
    case .tcp(let host, let port):
      try connect(host: host, port: port, name: address.description, timeout: timeout, cancellation: cancellation)
    }
  }

  private static func connect(
    path: String, name: String, timeout: Int, cancellation: Int32
  ) throws(RedisError) -> RedisSocket {
    var reachable = path
    var directory: Int32 = -1
    defer { if directory >= 0 { _ = Glibc.close(directory) } }
    var address = sockaddr_un()
    if path.utf8.count >= MemoryLayout.size(ofValue: address.sun_path) {
      // A socket's address ends at 107 bytes; through a directory descriptor only the name counts.
      let slash = path.lastIndex(of: "/") ?? path.startIndex
      directory = Glibc.open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard directory >= 0 else { throw RedisError(.unreachable, SystemError("open", path), operand: name) }
      reachable = "/proc/self/fd/\(directory)\(path[slash...])"
      guard reachable.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
        throw RedisError(.unreachable, SystemError("connect", path, code: ENAMETOOLONG), operand: name)
      }
    }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: reachable.utf8) }
    let made = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard made >= 0 else { throw RedisError(.unreachable, SystemError("socket", path), operand: name) }
    let socket = RedisSocket(made, cancellation: cancellation, name: name)
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { start(made, $0, length) }
    }
    try socket.finishConnecting(code, timeout: timeout)
    return socket
  }

  private static func connect(
    host: String, port: UInt16, name: String, timeout: Int, cancellation: Int32
  ) throws(RedisError) -> RedisSocket {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &found)
    guard code == 0 else {
      throw RedisError(
        .unreachable, operation: "getaddrinfo", operand: name, message: String(cString: gai_strerror(code)))
    }
    defer { freeaddrinfo(found) }
    var failure = RedisError(.unreachable, operation: "getaddrinfo", operand: name, message: "no address")
    var next = found
    while let candidate = next?.pointee {
      next = candidate.ai_next
      let type = candidate.ai_socktype | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
      let made = Glibc.socket(candidate.ai_family, type, candidate.ai_protocol)
      guard made >= 0 else { continue }
      let socket = RedisSocket(made, cancellation: cancellation, name: name)
      do throws(RedisError) {
        try socket.finishConnecting(start(made, candidate.ai_addr, candidate.ai_addrlen), timeout: timeout)
        socket.tuneTCP()
        return socket
      } catch {
        if error.kind == .cancelled { throw error }
        failure = error
      }
    }
    throw failure
  }

  private static func start(_ socket: Int32, _ address: UnsafePointer<sockaddr>?, _ length: socklen_t) -> Int32 {
    Glibc.connect(socket, address, length) == 0 ? 0 : errno
  }

  private func finishConnecting(_ code: Int32, timeout: Int) throws(RedisError) {
    var code = code
    if code == EINPROGRESS || code == EAGAIN {
      _ = try wait(for: POLLOUT, timeout: timeout, operation: "connect")
      var length = socklen_t(MemoryLayout<Int32>.size)
      if getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) != 0 { code = errno }
    }
    guard code == 0 else { throw RedisError(.unreachable, SystemError("connect", name, code: code), operand: name) }
  }

  private func tuneTCP() {
    var on: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
    // A peer that vanished without a word is noticed within two minutes even by a silent subscriber.
    var idle: Int32 = 60
    var interval: Int32 = 15
    var probes: Int32 = 4
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, size)
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, &idle, size)
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, &interval, size)
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, &probes, size)
  }

  /// Waits up to `timeout` milliseconds (negative: without end) for one of `events`; returns those that came.
  func wait(for events: Int32, timeout: Int, operation: String) throws(RedisError) -> Int32 {
    let start = SystemClock().monotonicNanoseconds
    while true {
      let left = timeout < 0 ? -1 : max(0, timeout - Int((SystemClock().monotonicNanoseconds - start) / 1_000_000))
      // A negative descriptor is skipped by poll.
      var polled = (
        pollfd(fd: descriptor, events: Int16(events), revents: 0),
        pollfd(fd: cancellation, events: Int16(POLLIN), revents: 0)
      )
      let count = withUnsafeMutablePointer(to: &polled) { pointer in
        pointer.withMemoryRebound(to: pollfd.self, capacity: 2) { poll($0, 2, Int32(clamping: left)) }
      }
      if count < 0 {
        guard errno == EINTR else { throw RedisError(.closed, SystemError("poll", name), operand: name) }
        continue
      }
      if polled.1.revents != 0 {
        throw RedisError(.cancelled, operation: operation, operand: name, message: "asked to stop")
      }
      if count == 0 {
        throw RedisError(.timeout, operation: operation, operand: name, message: "no answer for \(timeout) ms")
      }
      return Int32(polled.0.revents)
    }
  }

  /// Writes what the kernel takes of the bytes from `offset` on; returns how many.
  func write(_ bytes: [UInt8], from offset: Int, operation: String) throws(RedisError) -> Int {
    let count = bytes.withUnsafeBytes { buffer in
      send(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset, Int32(MSG_NOSIGNAL))
    }
    if count >= 0 { return count }
    if errno == EAGAIN || errno == EINTR { return 0 }
    throw RedisError(.closed, SystemError("write", name), operand: name)
  }

  /// Reads what there is into `buffer`; nil when there is nothing yet.
  func read(into buffer: UnsafeMutableRawBufferPointer, operation: String) throws(RedisError) -> Int? {
    let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    if count > 0 { return count }
    if count == 0 {
      throw RedisError(.closed, operation: operation, operand: name, message: "the server closed the connection")
    }
    if errno == EAGAIN || errno == EINTR { return nil }
    throw RedisError(.closed, SystemError("read", name), operand: name)
  }
}
