import Support

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
    let bytes = Array(url.utf8)
    guard let (scheme, start) = ConnectionText.scheme(of: bytes) else { throw .noScheme }
    var isSocket = false
    var security = Security.none
    switch scheme {
    case "redis": break
    case "rediss": security = .tls(authorities: nil)
    case "unix", "redis+unix", "redis-socket": isSocket = true
    case let other: throw .unknownScheme(other)
    }
    let range = ConnectionText.credentials(in: bytes)
    let place = bytes[(range.map { $0.upperBound + 1 } ?? start)...]
    let (user, password) = try Self.credentials(range.map { bytes[$0] } ?? [])
    let (endpoint, database) = isSocket ? try Self.unix(place) : try Self.tcp(place)
    self.init(endpoint, user: user, password: password, database: database, security: security)
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
      "unix://\(Self.percentEncoded(path))" + (database == 0 ? "" : "?db=\(database)")
    }
  }

  private static func tcp(_ rest: ArraySlice<UInt8>) throws(RedisAddressError) -> (Endpoint, database: Int) {
    var place = rest.prefix { $0 != UInt8(ascii: "?") }
    var database = 0
    if let slash = place.firstIndex(of: UInt8(ascii: "/")) {
      let text = place[(slash + 1)...]
      if !text.isEmpty { database = try number(text, below: .max, or: .badDatabase) }
      place = place[..<slash]
    }
    var host = place
    var portText: ArraySlice<UInt8>?
    if place.first == UInt8(ascii: "[") {
      guard let bracket = place.firstIndex(of: UInt8(ascii: "]")) else { throw .noHost }
      host = place[(place.startIndex + 1)..<bracket]
      let after = place[(bracket + 1)...]
      guard after.isEmpty || after.first == UInt8(ascii: ":") else { throw .noHost }
      portText = after.isEmpty ? nil : after.dropFirst()
    } else if let colon = place.lastIndex(of: UInt8(ascii: ":")) {
      host = place[..<colon]
      portText = place[(colon + 1)...]
    }
    guard isHost(host) else { throw .noHost }
    let port = try portText.map { text throws(RedisAddressError) in try number(text, below: 65_536, or: .badPort) }
    guard port != 0 else { throw .badPort }
    return (.tcp(host: String(decoding: host, as: UTF8.self), port: UInt16(port ?? 6379)), database)
  }

  /// What resolves to an address, and can be shown anywhere.
  private static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
    !host.isEmpty && host.allSatisfy { $0 > 0x20 && $0 != 0x7f && !"[]@\\".utf8.contains($0) }
      && !String(decoding: host, as: UTF8.self).unicodeScalars.contains { (0x80...0x9f).contains($0.value) }
  }

  private static func unix(_ rest: ArraySlice<UInt8>) throws(RedisAddressError) -> (Endpoint, database: Int) {
    var path = rest
    var database = 0
    if let question = rest.lastIndex(of: UInt8(ascii: "?")) {
      path = rest[..<question]
      for pair in rest[(question + 1)...].split(separator: UInt8(ascii: "&")) where pair.starts(with: "db=".utf8) {
        database = try number(pair.dropFirst(3), below: .max, or: .badDatabase)
      }
    }
    guard path.first == UInt8(ascii: "/"), path.count > 1, let decoded = percentDecoded(path), !decoded.contains("\0")
    else { throw .noSocketPath }
    return (.unix(path: decoded), database)
  }

  private static func number(
    _ text: ArraySlice<UInt8>, below limit: Int, or problem: RedisAddressError
  ) throws(RedisAddressError) -> Int {
    guard text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int(String(decoding: text, as: UTF8.self)), number < limit
    else { throw problem }
    return number
  }

  private static func credentials(
    _ text: ArraySlice<UInt8>
  ) throws(RedisAddressError) -> (user: String?, password: String?) {
    let parts = text.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let user = percentDecoded(parts[0]), let password = percentDecoded(parts.count == 2 ? parts[1] : []) else {
      throw .badCredentials
    }
    return (user.isEmpty ? nil : user, password.isEmpty ? nil : password)
  }

  /// A path in which nothing looks like another part of the address.
  private static func percentEncoded(_ path: String) -> String {
    var result: [UInt8] = []
    for byte in path.utf8 {
      if byte <= 0x20 || byte >= 0x7f || "%?".utf8.contains(byte) {
        result += Array("%\(hexadecimal([byte]))".utf8)
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func percentDecoded(_ text: ArraySlice<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, !digits.contains(where: { "+-".utf8.contains($0) }),
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else { return nil }
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
