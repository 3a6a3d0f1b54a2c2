import RedisTransport

/// What a server says about itself; nil where it doesn't.
public struct ServerFacts: Hashable, Sendable {
  /// Its version.
  public var version: String?
  /// What it evicts when its memory is full.
  public var evictionPolicy: String?
  /// The value of `notify-keyspace-events`.
  public var notifications: String?

  /// What a server said.
  public init(version: String? = nil, evictionPolicy: String? = nil, notifications: String? = nil) {
    self.version = version
    self.evictionPolicy = evictionPolicy
    self.notifications = notifications
  }

  /// Whether foreign writes to documents are announced.
  public var announcesWrites: Bool { notifications.map { ServerFacts.missingFlags($0).isEmpty } ?? false }

  /// What has to be added so that writes, deletions, expiry and eviction of documents are announced by key.
  static func missingFlags(_ value: String) -> String {
    var missing = value.contains("K") ? "" : "K"
    guard !value.contains("A") else { return missing }
    for flag in "g$xe" where !value.contains(flag) { missing.append(flag) }
    return missing
  }
}

extension Mirror {
  /// What the server says about itself; a server that may not be asked gives nothing.
  ///
  /// - Throws: ``MirrorError`` when it can't be reached.
  public func serverFacts() throws(MirrorError) -> ServerFacts {
    let replies = try run(
      [
        RedisCommand("EXISTS", bytes: [keys.head]), ["INFO", "server"], ["INFO", "memory"],
        ["CONFIG", "GET", "notify-keyspace-events"],
      ], "serverFacts")
    func field(_ name: String, in reply: RedisValue) -> String? {
      (reply.text ?? "").split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(name):") }.map {
        String($0.dropFirst(name.count + 1))
      }
    }
    return ServerFacts(
      version: field("redis_version", in: replies[1]), evictionPolicy: field("maxmemory_policy", in: replies[2]),
      notifications: replies[3].array.flatMap { $0.count == 2 ? $0[1].text : nil })
  }

  /// Asks the server to announce writes to keys, in addition to what it announces already.
  ///
  /// - Returns: Whether it does now.
  /// - Throws: ``MirrorError`` when it can't be reached; that it refuses is no error.
  public func requestNotifications() throws(MirrorError) -> Bool {
    guard let now = try serverFacts().notifications else { return false }
    let missing = ServerFacts.missingFlags(now)
    if missing.isEmpty { return true }
    let reply = try run(
      [RedisCommand("CONFIG", "SET", "notify-keyspace-events", now + missing)], "requestNotifications")
    return reply[0] == .status("OK")
  }
}
