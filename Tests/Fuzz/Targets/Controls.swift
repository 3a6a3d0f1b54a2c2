import Glibc
import Support

@testable import Control

extension FuzzTarget {
  /// Requests to the daemon's socket, as they come in pieces.
  static let control = FuzzTarget(
    "control", longest: 2048,
    words: [
      "{\"command\":\"", "\"}\n", "\n", "status", "flush", "resolve", "\"take\":\"edited\"", "\"text\":\"", "\"id\":\"",
      "\"timeout\":9223372036854775807", "[", "{", "null\n",
    ],
    seeds: [
      "\u{5}{\"command\":\"status\"}\n{\"command\":\"flush\",\"timeout\":30}\n", "\u{1}x\n\n{}\n",
      "\u{ff}{\"command\":\"resolve\",\"id\":\"1\",\"take\":\"edited\",\"text\":\"\\u0000\"}\nhalf",
    ]
  ) { input in
    let step = Int(input.byte()) + 1
    let bytes = input.rest()
    let (requests, answers) = try exchange(bytes, step: step)
    var wanted: [JSONValue] = []
    var refused = 0
    // What follows the last line feed is no request yet.
    for line in bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
      if let body = try? JSONValue.parse(Array(line)) { wanted.append(body) } else { refused += 1 }
    }
    try hold(requests == wanted, "other requests than were sent")
    try hold(answers.count == refused, "\(answers.count) of \(refused) bad requests were answered")
    for answer in answers {
      let error = (try? JSONValue.parse(answer))?["error"]?.text
      try hold(error != nil, "a bad request is not refused")
    }
    for request in requests {
      _ = try? ConflictCommand.resolution(request)
      _ = (request["command"]?.text, request["plan"]?.text, request["timeout"]?.integer)
    }
  }

  private static func exchange(_ bytes: [UInt8], step: Int) throws -> (requests: [JSONValue], answers: [[UInt8]]) {
    let scratch = try Scratch()
    let state = StateDirectory(path: scratch.path, bankPath: "/bank")
    let server = try ControlServer(state, runtimeDirectory: nil)
    defer { server.close() }
    let poller = try Poller()
    try poller.add(server.descriptor)
    let client = try ControlSocket.make()
    defer { close(client) }
    let path = ControlSocket.path(state, runtimeDirectory: nil)
    let code = try ControlSocket.withAddress(path) { connect(client, $0, $1) == 0 ? 0 : errno }
    try hold(code == 0, "no connection: \(code)")
    var requests: [JSONValue] = []
    for ready in poller.wait(nanoseconds: 0) { requests += server.ready(ready, poller).map(\.body) }
    var start = 0
    while start < bytes.count {
      let piece = bytes[start..<min(start + step, bytes.count)]
      let sent = piece.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      try hold(sent == piece.count, "the server has hung up")
      start += sent
      for ready in poller.wait(nanoseconds: 0) { requests += server.ready(ready, poller).map(\.body) }
    }
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = recv(client, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
      received += buffer[..<count]
    }
    return (requests, received.split(separator: 10).map { Array($0) })
  }
}
