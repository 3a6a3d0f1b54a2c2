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
  private var tls: TLSSession?

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
      return try connect(path: path, name: address.description, timeout: timeout, cancellation: cancellation)
    case .tcp(let host, let port):
      var socket = try connect(
        host: host, port: port, name: address.description, timeout: timeout, cancellation: cancellation)
      if case .tls(let authorities) = address.security {
        try socket.secure(host, authorities: authorities, timeout: timeout)
      }
      return socket
    }
  }

  /// Encrypts what follows, once the server has shown who it is.
  private mutating func secure(_ host: String, authorities: String?, timeout: Int) throws(RedisError) {
    var problem = ""
    guard let session = TLSSession(host, authorities: authorities, problem: &problem) else {
      throw RedisError(.untrusted, operation: "connect", operand: name, message: problem)
    }
    tls = session
    while true {
      let outcome = session.shakeHands()
      do throws(RedisError) { try flush(session) } catch {
        // A failure says why to the other side, too; that it can't be sent is no news.
        if case .failed = outcome {} else { throw error }
      }
      switch outcome {
      case .done: return
      case .wantsInput:
        _ = try wait(for: POLLIN, timeout: timeout, operation: "connect")
        try fill(session, operation: "connect")
      case .ended, .failed:
        guard case .failed(let words) = outcome else {
          throw RedisError(.closed, operation: "connect", operand: name, message: "the server closed the connection")
        }
        throw RedisError(.untrusted, operation: "connect", operand: name, message: words)
      }
    }
  }

  /// Hands to the kernel what it takes of what is encrypted.
  private func flush(_ session: TLSSession) throws(RedisError) {
    while !session.unsent.isEmpty {
      let count = try send(session.unsent, from: 0)
      if count == 0 { return }
      session.sent(count)
    }
  }

  /// Takes what has come from the wire; nothing when nothing has.
  private func fill(_ session: TLSSession, operation: String) throws(RedisError) {
    var outcome: Result<Int?, RedisError> = .success(nil)
    withUnsafeTemporaryAllocation(byteCount: 64 * 1024, alignment: 1) { buffer in
      do throws(RedisError) {
        let count = try receive(into: buffer, operation: operation)
        if let count { session.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
      } catch {
        outcome = .failure(error)
      }
    }
    _ = try outcome.get()
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
    // What is decrypted already, or only waits for that, no poll would tell of.
    if let tls, tls.hasMore, events & POLLIN != 0 { return POLLIN }
    while true {
      let left = timeout < 0 ? -1 : max(0, timeout - Int((SystemClock().monotonicNanoseconds - start) / 1_000_000))
      // A negative descriptor is skipped by poll.
      var polled = (
        pollfd(fd: descriptor, events: Int16(events | (tls?.unsent.isEmpty == false ? POLLOUT : 0)), revents: 0),
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
      var ready = Int32(polled.0.revents)
      if let tls, ready & POLLOUT != 0, !tls.unsent.isEmpty {
        // The rest of what was written before: it was accepted, and nobody else would see to it.
        try flush(tls)
        if !tls.unsent.isEmpty || events & POLLOUT == 0 { ready &= ~POLLOUT }
        if ready == 0 { continue }
      }
      return ready
    }
  }

  /// Writes what is taken of the bytes from `offset` on; returns how many.
  func write(_ bytes: [UInt8], from offset: Int, operation: String) throws(RedisError) -> Int {
    guard let tls else { return try send(bytes, from: offset) }
    try flush(tls)
    guard tls.unsent.isEmpty, offset < bytes.count else { return 0 }
    let outcome = bytes.withUnsafeBytes { buffer in
      // Not all at once: what is encrypted waits in memory.
      tls.write(UnsafeRawBufferPointer(rebasing: buffer[offset..<min(offset + 256 * 1024, buffer.count)]))
    }
    try flush(tls)
    return try bytesMoved(outcome, operation) ?? 0
  }

  private func bytesMoved(_ outcome: TLSSession.Outcome, _ operation: String) throws(RedisError) -> Int? {
    switch outcome {
    case .done(let count): return count
    case .wantsInput: return nil
    case .ended:
      throw RedisError(.closed, operation: operation, operand: name, message: "the server closed the connection")
    case .failed(let words): throw RedisError(.closed, operation: operation, operand: name, message: words)
    }
  }

  private func send(_ bytes: [UInt8], from offset: Int) throws(RedisError) -> Int {
    let count = bytes.withUnsafeBytes { buffer in
      Glibc.send(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset, Int32(MSG_NOSIGNAL))
    }
    if count >= 0 { return count }
    if errno == EAGAIN || errno == EINTR { return 0 }
    throw RedisError(.closed, SystemError("write", name), operand: name)
  }

  /// Reads what there is into `buffer`; nil when there is nothing yet.
  func read(into buffer: UnsafeMutableRawBufferPointer, operation: String) throws(RedisError) -> Int? {
    guard let tls else { return try receive(into: buffer, operation: operation) }
    if !tls.hasMore { try fill(tls, operation: operation) }
    let outcome = tls.read(into: buffer)
    // A key update is answered at once.
    try flush(tls)
    return try bytesMoved(outcome, operation)
  }

  private func receive(into buffer: UnsafeMutableRawBufferPointer, operation: String) throws(RedisError) -> Int? {
    let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    if count > 0 { return count }
    if count == 0 {
      throw RedisError(.closed, operation: operation, operand: name, message: "the server closed the connection")
    }
    if errno == EAGAIN || errno == EINTR { return nil }
    throw RedisError(.closed, SystemError("read", name), operand: name)
  }
}
