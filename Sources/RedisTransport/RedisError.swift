import Support

/// A Redis operation that failed.
public struct RedisError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What sort of failure it is, which decides what to do about it.
  public enum Kind: Hashable, Sendable {
    /// Nobody answered: no such host or socket, connection refused.
    case unreachable
    /// The server is not who it should be: its certificate does not hold.
    case untrusted
    /// No answer within the time allowed; whether the command was carried out is unknown.
    case timeout
    /// The connection ended; whether the last command was carried out is unknown.
    case closed
    /// What answered does not speak Redis' protocol.
    case protocolViolation
    /// User or password wrong or missing (`NOAUTH`, `WRONGPASS`).
    case credentials
    /// The user may not do this (`NOPERM`).
    case permission
    /// A replica, or a server that takes no writes just now (`READONLY`, `MISCONF`).
    case readOnly
    /// The server is still reading its data (`LOADING`).
    case loading
    /// The server can't serve this now (`CLUSTERDOWN`, `MASTERDOWN`, `TRYAGAIN`, `BUSY`).
    case unavailable
    /// The server's memory or storage is full (`OOM`, a capacity quota).
    case outOfMemory
    /// Too many requests or connections; later it may work.
    case throttled
    /// The plan's requests are used up; next month, with a larger plan, or the next day, it works again.
    case quotaExhausted
    /// The database is suspended until its owner does something.
    case suspended
    /// A single request, reply or record is over the server's limit.
    case tooLarge
    /// A key holds another type than the command wants (`WRONGTYPE`).
    case wrongType
    /// Any other refusal; the code is the first word of the server's message.
    case command(String)
    /// The caller asked to stop.
    case cancelled
  }

  /// What sort of failure it is.
  public let kind: Kind
  /// The command's name, or `connect`.
  public let operation: String
  /// The server's address, without secrets.
  public let operand: String
  /// The server's or the system's words.
  public let message: String
  /// Seconds that the server wants to be left alone for, or before which asking again is of no use; nil: not known.
  public var retryAfter: Int?

  /// A failure of a known kind.
  public init(_ kind: Kind, operation: String, operand: String, message: String) {
    self.kind = kind
    self.operation = operation
    self.operand = operand
    self.message = message
  }

  /// What a server's refusal means.
  public init(reply message: String, operation: String, operand: String) {
    self.init(Self.classify(message), operation: operation, operand: operand, message: message)
  }

  init(_ kind: Kind, _ error: SystemError, operand: String) {
    let reason = SystemError(error.operation, operand, code: error.code)
    self.init(kind, operation: error.operation, operand: operand, message: reason.reason)
  }

  /// Whether the same request may succeed later without anybody changing anything.
  public var isTransient: Bool {
    switch kind {
    case .unreachable, .untrusted, .timeout, .closed, .readOnly, .loading, .unavailable, .outOfMemory, .throttled,
      .quotaExhausted:
      true
    case .protocolViolation, .credentials, .permission, .suspended, .tooLarge, .wrongType, .command, .cancelled: false
    }
  }

  /// Whether a person has to change something before this remote can be used again.
  public var haltsRemote: Bool {
    switch kind {
    case .credentials, .permission, .protocolViolation, .suspended: true
    default: false
    }
  }

  /// Whether the connection is of no further use.
  public var endsConnection: Bool {
    switch kind {
    case .unreachable, .untrusted, .timeout, .closed, .protocolViolation, .cancelled: true
    default: false
    }
  }

  /// The address, the words, the operation, and how it is mended where that is for a person to do.
  public var description: String { "\(operand): \(message) (\(operation))" + (advice.map { "; \($0)" } ?? "") }

  private static let codes: [String: Kind] = [
    "NOAUTH": .credentials, "WRONGPASS": .credentials, "NOPERM": .permission, "READONLY": .readOnly,
    "MISCONF": .readOnly, "NOREPLICAS": .readOnly, "LOADING": .loading, "CLUSTERDOWN": .unavailable,
    "MASTERDOWN": .unavailable, "TRYAGAIN": .unavailable, "BUSY": .unavailable, "OOM": .outOfMemory,
    "WRONGTYPE": .wrongType,
  ]

  // Hosted servers and old ones put what matters behind "ERR".
  private static let phrases: [(String, Kind)] = [
    ("max number of clients", .throttled), ("max concurrent connections", .throttled),
    ("max requests limit", .quotaExhausted), ("max daily request limit", .quotaExhausted),
    ("exceeded the defined budget limit", .suspended), ("database has been suspended", .suspended),
    ("capacity quota", .outOfMemory), ("Server is stopping", .unavailable), ("caller gone", .unavailable),
    ("execution timed out", .unavailable), ("Unauthorized", .credentials),
    ("invalid or missing auth token", .credentials),
    ("max request size", .tooLarge), ("max single record size", .tooLarge), ("max key size", .tooLarge),
    ("Protocol error", .protocolViolation), ("invalid password", .credentials), ("invalid username", .credentials),
    ("Wrong password", .credentials), ("without any password configured", .credentials),
  ]

  private static func classify(_ message: String) -> Kind {
    let code = String(message.prefix { $0 != " " })
    if let kind = codes[code] { return kind }
    if code == "DENIED" { return .permission }
    if let (_, kind) = phrases.first(where: { message.contains($0.0) }) { return kind }
    if message.hasPrefix("ERR Error running script") {
      // Redis 6 wraps what a command inside a script said.
      let words = Set(message.split { !$0.isUppercase })
      if let kind = codes.first(where: { words.contains($0.key[...]) })?.value { return kind }
    }
    return .command(code)
  }
}

extension SystemError {
  /// libc's words alone.
  var reason: String {
    let whole = description
    let head = "\(operand): "
    let tail = " (\(operation))"
    return whole.hasPrefix(head) && whole.hasSuffix(tail)
      ? String(whole.dropFirst(head.count).dropLast(tail.count)) : whole
  }
}
