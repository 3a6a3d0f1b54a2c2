/// Where a Redis server is, and as whom to speak to it.
public struct RedisAddress: Hashable, Sendable, CustomStringConvertible {
  /// The way to the server.
  public enum Endpoint: Hashable, Sendable {
    /// A host name or IP address (without brackets) and a port.
    case tcp(host: String, port: UInt16)
    /// The path of a unix socket, of any length.
    case unix(path: String)
  }

  /// The way to the server.
  public let endpoint: Endpoint
  /// The ACL user; nil for the default one.
  public let user: String?
  /// The password; nil when none is needed.
  public let password: String?
  /// The database's number.
  public let database: Int
  /// Whether and how the connection is encrypted.
  public let security: Security

  /// Whether and how a connection is encrypted.
  public enum Security: Hashable, Sendable {
    /// Not at all.
    case none
    /// TLS, with a certificate that one of these authorities vouches for: those in a file, or the system's.
    case tls(authorities: String?)
  }

  /// An address put together from its parts.
  public init(
    _ endpoint: Endpoint, user: String? = nil, password: String? = nil, database: Int = 0, security: Security = .none
  ) {
    self.endpoint = endpoint
    self.user = user
    self.password = password
    self.database = database
    self.security = security
  }

  /// Reads `redis[s]://[user[:password]@]host[:port][/db]` or `unix:///path[?db=n]`.
  ///
  /// User and password are percent-decoded; a password without a user is written `:password@`.
  ///
  /// - Throws: ``RedisAddressError``; its text never repeats the address, which may hold a password.
  public init(parsing url: String) throws(RedisAddressError) {
    guard let mark = url.firstRange(of: "://") else { throw .noScheme }
    let rest = url[mark.upperBound...]
    switch url[..<mark.lowerBound].lowercased() {
    case "redis": self = try Self.tcp(rest, .none)
    case "rediss": self = try Self.tcp(rest, .tls(authorities: nil))
    case "unix", "redis+unix", "redis-socket": self = try Self.unix(rest)
    case let other: throw .unknownScheme(other)
    }
  }

  /// The same user and database at another endpoint; what a cluster's redirection needs.
  public func at(_ endpoint: Endpoint) -> RedisAddress {
    RedisAddress(endpoint, user: user, password: password, database: database, security: security)
  }

  /// The same address with this user and password where it names none itself.
  public func with(user: String?, password: String?) -> RedisAddress {
    RedisAddress(
      endpoint, user: self.user ?? user, password: self.password ?? password, database: database, security: security)
  }

  /// The same address, the server's certificate vouched for by an authority of this file; nil where nothing is encrypted.
  public func trusting(_ authorities: String) -> RedisAddress? {
    guard security != .none else { return nil }
    return RedisAddress(
      endpoint, user: user, password: password, database: database, security: .tls(authorities: authorities))
  }

  /// The address as a URL, without user and password.
  public var description: String {
    switch endpoint {
    case .tcp(let host, let port):
      (security == .none ? "redis://" : "rediss://") + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
        + (database == 0 ? "" : "/\(database)")
    case .unix(let path):
      "unix://\(path)" + (database == 0 ? "" : "?db=\(database)")
    }
  }

  private static func tcp(_ rest: Substring, _ security: Security) throws(RedisAddressError) -> RedisAddress {
    // The last @ ends the credentials: people paste passwords that hold one.
    let at = rest.lastIndex(of: "@")
    let (user, password) = try credentials(at.map { rest[..<$0] })
    var place = at.map { rest[rest.index(after: $0)...] } ?? rest
    if let question = place.firstIndex(of: "?") { place = place[..<question] }
    var database = 0
    if let slash = place.firstIndex(of: "/") {
      let text = place[place.index(after: slash)...]
      if !text.isEmpty {
        guard let number = Int(text), number >= 0 else { throw .badDatabase }
        database = number
      }
      place = place[..<slash]
    }
    var host = place
    var portText: Substring?
    if place.first == "[" {
      guard let bracket = place.firstIndex(of: "]") else { throw .noHost }
      host = place[place.index(after: place.startIndex)..<bracket]
      let after = place[place.index(after: bracket)...]
      guard after.isEmpty || after.first == ":" else { throw .noHost }
      portText = after.isEmpty ? nil : after.dropFirst()
    } else if let colon = place.lastIndex(of: ":") {
      host = place[..<colon]
      portText = place[place.index(after: colon)...]
    }
    guard !host.isEmpty else { throw .noHost }
    var port: UInt16 = 6379
    if let portText {
      guard let number = UInt16(portText), number > 0 else { throw .badPort }
      port = number
    }
    return RedisAddress(
      .tcp(host: String(host), port: port), user: user, password: password, database: database, security: security)
  }

  private static func unix(_ rest: Substring) throws(RedisAddressError) -> RedisAddress {
    var path = rest
    var database = 0
    if let question = rest.lastIndex(of: "?") {
      path = rest[..<question]
      for pair in rest[rest.index(after: question)...].split(separator: "&") where pair.hasPrefix("db=") {
        guard let number = Int(pair.dropFirst(3)), number >= 0 else { throw .badDatabase }
        database = number
      }
    }
    // Between the slashes and the path there may be credentials: unix://:password@/path.
    var user: String?
    var password: String?
    if path.first != "/" {
      guard let at = path.firstRange(of: "@/") else { throw .noSocketPath }
      (user, password) = try credentials(path[..<at.lowerBound])
      path = path[path.index(before: at.upperBound)...]
    }
    guard path.count > 1, let decoded = percentDecoded(path) else { throw .noSocketPath }
    return RedisAddress(.unix(path: decoded), user: user, password: password, database: database)
  }

  private static func credentials(_ text: Substring?) throws(RedisAddressError) -> (user: String?, password: String?) {
    guard let text, !text.isEmpty else { return (nil, nil) }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let user = percentDecoded(parts[0]) else { throw .badCredentials }
    var password: String?
    if parts.count == 2 {
      guard let decoded = percentDecoded(parts[1]) else { throw .badCredentials }
      password = decoded.isEmpty ? nil : decoded
    }
    return (user.isEmpty ? nil : user, password)
  }

  private static func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

/// Why a text is not the address of a Redis server.
public enum RedisAddressError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nothing like `redis://` at the start.
  case noScheme
  /// Another scheme than `redis`, `rediss` and `unix`.
  case unknownScheme(String)
  /// No host, or brackets that don't close.
  case noHost
  /// Not a port number.
  case badPort
  /// Not a database number.
  case badDatabase
  /// `unix://` without an absolute path.
  case noSocketPath
  /// A percent sign in user or password without two hexadecimal digits after it.
  case badCredentials

  /// What is wrong and how it is written right.
  public var description: String {
    switch self {
    case .noScheme: "a Redis address begins with redis://, rediss:// or unix://"
    case .unknownScheme(let scheme): "'\(scheme)://' is not a Redis address; use redis://, rediss:// or unix://"
    case .noHost: "the Redis address names no host (redis://host:6379)"
    case .badPort: "the port of the Redis address is not a number from 1 to 65535"
    case .badDatabase: "the database of the Redis address is not a number (redis://host:6379/0)"
    case .noSocketPath: "the Redis address names no absolute socket path (unix:///run/redis.sock)"
    case .badCredentials: "user or password of the Redis address is not percent-encoded (write % as %25)"
    }
  }
}
