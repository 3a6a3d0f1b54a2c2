/// One request of HTTP.
public struct HTTPRequest: Sendable {
  /// What is asked for.
  public enum Method: String, Sendable {
    /// To read.
    case get = "GET"
    /// To do.
    case post = "POST"
    /// To change in part.
    case patch = "PATCH"
    /// To delete.
    case delete = "DELETE"
  }

  /// What is asked for.
  public var method: Method
  /// Where, whole.
  public var url: String
  /// Names and values; they may hold secrets, and are never shown.
  public var headers: [(name: String, value: String)]
  /// What is sent; nothing with `GET` and `DELETE`.
  public var body: [UInt8]
  /// Whether it may be sent twice: libcurl does that on its own where a connection that was kept ends without an answer.
  public var mayRepeat = true

  /// A request.
  public init(_ method: Method, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}

/// What a server answered.
public struct HTTPResponse: Sendable {
  /// The status code.
  public var status: Int
  /// The headers, by their names in lower case; the last of several.
  public var headers: [String: String]
  /// The body; empty where it was handed on in pieces.
  public var body: [UInt8]

  /// An answer put together from its parts.
  public init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Seconds that the server wants to be left alone for (`Retry-After`), at most a day; a date counts as a minute.
  public var retryAfter: Int? {
    guard let text = headers["retry-after"] else { return nil }
    return min(max(Int(text) ?? 60, 1), 86_400)
  }
}

/// How long to wait, and how much to take.
public struct HTTPLimits: Hashable, Sendable {
  /// Milliseconds for connecting, TLS included.
  public var connect: Int
  /// Milliseconds without any progress.
  public var idle: Int
  /// Milliseconds for the whole of it; 0: as long as it goes on.
  public var total: Int
  /// Bytes of an answer's body.
  public var body: Int

  /// The limits.
  public init(connect: Int = 5000, idle: Int = 15_000, total: Int = 300_000, body: Int = 64 << 20) {
    self.connect = connect
    self.idle = idle
    self.total = total
    self.body = body
  }
}
