public import HTTPClient

/// Where a REST token is taken from.
public enum RestTokenSource: Hashable, Sendable, CustomStringConvertible {
  /// The token itself.
  case value(String)
  /// A file whose first line it is; read again when the token is refused.
  case file(String)

  /// Where it is from; never the token.
  public var description: String {
    switch self {
    case .value: "a token"
    case .file(let path): "the token in \(path)"
    }
  }

  /// The token as it is now.
  ///
  /// - Throws: ``RestAddressError`` when the file can't be read or what it holds is no token.
  public func read() throws(RestAddressError) -> String {
    switch self {
    case .value(let text): return try Self.checked(text, "the token")
    case .file(let path):
      guard let line = SecretFile.firstLine(of: path) else { throw .unreadableToken(path) }
      return try Self.checked(line, "the token in \(path)")
    }
  }

  /// Quotes and names come along when somebody copies a line of the console's `.env`.
  private static func checked(_ text: String, _ what: String) throws(RestAddressError) -> String {
    if text.contains("\"") || text.contains("'") {
      throw .badToken("\(what) has quotes around it; they don't belong to it")
    }
    if text.contains("://") { throw .badToken("\(what) is a URL; the token is what stands beside it in the console") }
    if text.hasPrefix("UPSTASH_") {
      throw .badToken("\(what) begins with a variable's name; it is only what follows the =")
    }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw .badToken("\(what) is empty, or has blanks or other characters in it that no token has")
    }
    return text
  }
}

/// A database that is reached over REST, as Upstash's are.
public struct RestAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address of its REST endpoint.
  public let endpoint: HTTPAddress
  /// Where the token is taken from.
  public let token: RestTokenSource
  /// The file with the certificates to trust; nil: the system's.
  public let authorities: String?

  /// Checks an address and its token.
  ///
  /// - Throws: ``RestAddressError``; its text never repeats the address or the token.
  public init(_ url: String, token: RestTokenSource, authorities: String? = nil) throws(RestAddressError) {
    let scheme = url.firstRange(of: "://").map { url[..<$0.lowerBound].lowercased() }
    if scheme == "redis" || scheme == "rediss" { throw .tcpAddress }
    do throws(HTTPAddressError) { endpoint = try HTTPAddress(parsing: url) } catch { throw .address(error) }
    switch endpoint.host {
    case "api.upstash.com": throw .managementAddress
    case "console.upstash.com", "upstash.com", "www.upstash.com": throw .consoleAddress
    default: break
    }
    _ = try token.read()
    self.token = token
    self.authorities = authorities
  }

  /// The address, without the token.
  public var description: String { "\(endpoint)" }
}

/// Why an address or a token can't be those of a REST endpoint.
public enum RestAddressError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Not an address at all, or one that may not be used.
  case address(HTTPAddressError)
  /// The address of the management API.
  case managementAddress
  /// The address of the console or of the website.
  case consoleAddress
  /// The address for Redis' own protocol.
  case tcpAddress
  /// The token's file can't be read, or is empty.
  case unreadableToken(String)
  /// What can't be a token; says why.
  case badToken(String)

  /// What is wrong and how it is mended.
  public var description: String {
    switch self {
    case .address(let error): "the address \(error)"
    case .managementAddress:
      "this is the address of Upstash's management API; take the database's own from the console, under REST API: https://NAME.upstash.io"
    case .consoleAddress:
      "this is a page of Upstash's website; take the database's own address from the console, under REST API: https://NAME.upstash.io"
    case .tcpAddress:
      "this is the address for Redis' own protocol: it belongs into REDIS_URL; over REST it is https://NAME.upstash.io"
    case .unreadableToken(let path): "the token's file \(path) can't be read, or is empty"
    case .badToken(let reason): reason
    }
  }
}
