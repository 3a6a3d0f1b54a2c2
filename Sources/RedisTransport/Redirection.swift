/// What `MOVED <slot> <host>:<port>` and `ASK <slot> <host>:<port>` say.
struct Redirection: Hashable {
  enum Kind { case moved, ask }

  let kind: Kind
  let slot: Int
  let endpoint: RedisAddress.Endpoint

  /// Reads an error reply; nil when it is another error.
  ///
  /// An empty host means that of `origin`, which said it.
  init?(_ message: String, from origin: RedisAddress.Endpoint) {
    let words = message.split(separator: " ")
    guard words.count >= 3, let slot = Int(words[1]), (0..<KeySlot.count).contains(slot),
      let colon = words[2].lastIndex(of: ":"), let port = UInt16(words[2][words[2].index(after: colon)...])
    else { return nil }
    switch words[0] {
    case "MOVED": kind = .moved
    case "ASK": kind = .ask
    default: return nil
    }
    self.slot = slot
    endpoint = Self.endpoint(host: String(words[2][..<colon]), port: port, from: origin)
  }

  static func endpoint(host: String, port: UInt16, from origin: RedisAddress.Endpoint) -> RedisAddress.Endpoint {
    if !host.isEmpty, host != "?" { return .tcp(host: host, port: port) }
    if case .tcp(let same, _) = origin { return .tcp(host: same, port: port) }
    return .tcp(host: "127.0.0.1", port: port)
  }
}
