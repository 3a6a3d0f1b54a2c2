import CLinux
import Glibc
import Support

/// A request that came over the control socket, and the way back.
struct ControlRequest {
  let client: Int
  let body: JSONValue
}

/// The daemon's side of the control socket.
///
/// It never blocks for long: a client that doesn't read its answer is dropped.
final class ControlServer {
  private static let longestRequest = 16 << 20
  let descriptor: Int32
  private let path: String
  private var clients: [Int32: Client] = [:]
  private var lastID = 0

  private struct Client {
    /// Never used twice: a descriptor's number is, and an answer must not reach another client.
    let id: Int
    var pending: [UInt8] = []
  }

  init(_ state: StateDirectory, runtimeDirectory: String?) throws(SystemError) {
    path = ControlSocket.path(state, runtimeDirectory: runtimeDirectory)
    descriptor = try ControlSocket.make()
    // The lock is ours, so a socket that stands there was left by a daemon that is gone.
    unlink(path)
    let mask = umask(0o177)
    let code = try ControlSocket.withAddress(path) { bind(descriptor, $0, $1) == 0 ? 0 : errno }
    umask(mask)
    guard code == 0, listen(descriptor, 16) == 0 else {
      throw SystemError("bind", path, code: code == 0 ? errno : code)
    }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  /// Takes what can be read from the listening socket or from a client.
  func ready(_ target: Int32, _ poller: Poller) -> [ControlRequest] {
    if target == descriptor {
      while true {
        let client = accept(descriptor, nil, nil)
        guard client >= 0 else { return [] }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        _ = fcntl(client, F_SETFL, O_NONBLOCK)
        guard (try? poller.add(client)) != nil else {
          Glibc.close(client)
          continue
        }
        lastID += 1
        clients[client] = Client(id: lastID)
      }
    }
    return read(from: target, poller)
  }

  private func read(from client: Int32, _ poller: Poller) -> [ControlRequest] {
    guard let known = clients[client] else { return [] }
    var pending = known.pending
    var requests: [ControlRequest] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(client, &buffer, buffer.count, 0)
      if count < 0, errno == EAGAIN || errno == EINTR { break }
      guard count > 0, pending.count + count <= Self.longestRequest else {
        drop(client, poller)
        return requests
      }
      pending += buffer[..<count]
    }
    var start = 0
    // What was there before has no line feed in it.
    var unseen = known.pending.count
    while let end = pending[unseen...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = Array(pending[start..<end])
      (start, unseen) = (end + 1, end + 1)
      guard let body = try? JSONValue.parse(line) else {
        answer(known.id, ["error": "the request is not JSON"])
        continue
      }
      requests.append(ControlRequest(client: known.id, body: body))
    }
    clients[client]?.pending = Array(pending[start...])
    return requests
  }

  /// Sends an answer; a client that is gone by now gets none.
  func answer(_ id: Int, _ body: JSONValue) {
    guard let client = clients.first(where: { $0.value.id == id })?.key else { return }
    if !send(body.renderedBytes() + [UInt8(ascii: "\n")], to: client) {
      // The next answer would have to wait as long: from here on it fails at once, and the end is read like any other.
      shutdown(client, Int32(SHUT_RDWR))
    }
  }

  /// Sends bytes; false when the client doesn't take them.
  private func send(_ bytes: [UInt8], to client: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        sent += count
      } else if errno == EAGAIN {
        var entry = pollfd(fd: client, events: Int16(POLLOUT), revents: 0)
        // A second is generous on one machine; a client that stopped must not stop the engine.
        guard poll(&entry, 1, 1000) > 0 else { return false }
      } else {
        return false
      }
    }
    return true
  }

  private func drop(_ client: Int32, _ poller: Poller) {
    poller.remove(client)
    clients[client] = nil
    Glibc.close(client)
  }

  /// Ends all connections and takes the socket away.
  func close() {
    for client in clients.keys { Glibc.close(client) }
    clients = [:]
    Glibc.close(descriptor)
    unlink(path)
  }
}
