import Glibc
import Support

/// A raw connection to the private server for the few commands of its care: it must work while the server loads,
/// and say exactly why it doesn't.
final class EmbeddedProbe {
  /// What a server may say.
  enum Reply: Equatable {
    case status(String)
    case error(String)
    case bulk(String)
    case array([String])
  }

  private let descriptor: Int32
  private let deadline: Int64
  private let clock = SystemClock()
  private var received: [UInt8] = []

  /// Connects to a unix socket; nil when nobody listens there.
  init?(_ path: String, milliseconds: Int64) {
    deadline = clock.monotonicNanoseconds + milliseconds * 1_000_000
    descriptor = socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    guard isConnected else { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Sends a command and waits for its reply; nil when the connection ends or the time is over.
  func ask(_ words: String...) -> Reply? {
    let command = "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
    guard send(Array(command.utf8)) else { return nil }
    return reply()
  }

  private func wait(for events: Int32) -> Bool {
    let left = (deadline - clock.monotonicNanoseconds) / 1_000_000
    guard left > 0 else { return false }
    var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    let count = poll(&request, 1, Int32(min(left, Int64(Int32.max))))
    return count > 0 || count < 0 && errno == EINTR
  }

  private func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        guard wait(for: POLLOUT) else { return false }
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  private func receive() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count > 0 {
        received += buffer[..<count]
        return true
      }
      guard count < 0, errno == EAGAIN || errno == EINTR, wait(for: POLLIN) else { return false }
    }
  }

  private func line() -> String? {
    while true {
      if let end = received.firstIndex(of: 0x0d), end + 1 < received.count {
        let line = String(decoding: received[..<end], as: UTF8.self)
        received.removeFirst(end + 2)
        return line
      }
      guard received.count < 1 << 16, receive() else { return nil }
    }
  }

  private func reply() -> Reply? {
    guard let line = line() else { return nil }
    let rest = String(line.dropFirst())
    switch line.first {
    case "+", ":": return .status(rest)
    case "-": return .error(rest)
    case "$": return body(rest).map { .bulk($0) }
    case "*":
      guard let count = Int(rest), (0...64).contains(count) else { return nil }
      var items: [String] = []
      for _ in 0..<count {
        guard case .bulk(let item) = reply() else { return nil }
        items.append(item)
      }
      return .array(items)
    default: return nil
    }
  }

  private func body(_ length: String) -> String? {
    guard let count = Int(length), (0...(1 << 20)).contains(count) else { return nil }
    while received.count < count + 2 { guard receive() else { return nil } }
    defer { received.removeFirst(count + 2) }
    return String(decoding: received[..<count], as: UTF8.self)
  }
}
