import RedisTransport
import Support

extension FuzzTarget {
  /// Addresses of servers, with passwords in them.
  static let redisURLs = FuzzTarget(
    "redis-urls", longest: 512,
    words: [
      "redis://", "unix://", "redis+unix://", "rediss://", "://", "@", ":", "/", "?", "#", "?db=", "&", "[::1]", "%41",
      "%", "%ff", "@/", "65535", "0", "+1", "-1", "host", "user", "pa55word",
    ],
    seeds: [
      "redis://user:pa%40ss@host:6379/2", "redis://:p@[::1]:1", "unix:///run/redis.sock?db=3", "unix://u:p@/a b",
      "redis://u:p/q?r#s@host", "redis://h/x", "REDIS://h:", "redis+unix:///%2e%2e",
    ]
  ) { input in
    let bytes = input.rest()
    guard let url = String(validating: bytes, as: UTF8.self) else { return }
    let settings = RemoteSettings(name: "r", urlWithoutPassword: url)
    if let password = (try? RedisAddressReading.password(of: settings.url)) ?? nil {
      throw Broken(description: "the password \(password) is left in \(settings.url), of \(url)")
    }
    do {
      let address = try RedisAddress(parsing: url)
      let again = try RedisAddress(parsing: address.description)
      try hold(again.password == nil && again.user == nil, "\(address) holds a user or a password")
      try hold(again.database == address.database, "\(address) is of another database")
      try hold(address.database >= 0, "\(address) is of a database below zero")
      try hold(again.endpoint == address.endpoint, "\(address) is another place")
      try holdPrintable(address.description, "the address")
      // The log hides what the environment finds in its addresses.
      guard let password = address.password, let environment = try? Environment(["REDIS_URL": url]) else { return }
      try hold(environment.secrets.contains(password), "the log would show \(password) of \(url)")
    } catch let error as RedisAddressError {
      try hold(error.description.hasPrefix("'") || !url.isEmpty || error == .noScheme, "\(error)")
    }
  }
}

/// The password that a connection to an address would send.
enum RedisAddressReading {
  static func password(of url: String) throws -> String? { try RedisAddress(parsing: url).password }
}
