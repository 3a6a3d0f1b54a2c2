import CLinux
import Glibc
public import Support

/// Where a bank's daemon listens: one JSON object a line each way.
public enum ControlSocket {
  /// The socket's path: in the runtime directory when there is one, else beside the history.
  public static func path(_ state: StateDirectory, runtimeDirectory: String?) -> String {
    let id = state.path.split(separator: "-").last.map(String.init) ?? "bank"
    if let runtimeDirectory, access(runtimeDirectory, W_OK) == 0 { return "\(runtimeDirectory)/membank-\(id).sock" }
    return "\(state.path)/control.sock"
  }

  /// Calls `body` with an address for `path`, however long that is: a socket's name ends at 107 bytes, a descriptor's
  /// path in /proc does not.
  static func withAddress<T>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T
  ) throws(SystemError) -> T {
    var name = path
    var directory: Int32 = -1
    defer { if directory >= 0 { close(directory) } }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    if path.utf8.count >= capacity {
      let slash = path.lastIndex(of: "/") ?? path.startIndex
      directory = membank_open(String(path[..<slash]), O_RDONLY | O_DIRECTORY, 0)
      guard directory >= 0 else { throw SystemError("open", path) }
      name = "/proc/self/fd/\(directory)\(path[slash...])"
    }
    guard name.utf8.count < capacity else { throw SystemError("socket", path, code: ENAMETOOLONG) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(name.utf8)) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  static func make() throws(SystemError) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemError("socket", "control") }
    return descriptor
  }
}

/// A connection to a bank's daemon.
public struct ControlClient: ~Copyable {
  private let descriptor: Int32

  /// Connects; nil when no daemon listens.
  public init?(_ path: String) throws(SystemError) {
    let descriptor = try ControlSocket.make()
    let result = try ControlSocket.withAddress(path) { connect(descriptor, $0, $1) == 0 ? 0 : errno }
    guard result == 0 else {
      close(descriptor)
      if result == ENOENT || result == ECONNREFUSED { return nil }
      throw SystemError("connect", path, code: result)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Sends a request and waits for its answer, as long as the daemon lives.
  public func ask(_ request: JSONValue) throws(SystemError) -> JSONValue {
    let bytes = request.renderedBytes() + [UInt8(ascii: "\n")]
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { throw SystemError("send", "control socket") }
      sent += count
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while answer.last != UInt8(ascii: "\n") {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { throw SystemError("recv", "control socket", code: count == 0 ? ECONNRESET : errno) }
      answer += buffer[..<count]
    }
    do { return try JSONValue.parse(answer) } catch { throw SystemError("parse", "control socket", code: EPROTO) }
  }
}
