import HTTPClient

/// A client for a database behind a REST endpoint, as Upstash's are.
///
/// Commands go out in order, several in one request where JSON can carry them. ``close()`` ends the connection alone;
/// the next command makes a new one, and what was learned (the newest sync token, a token that was read again) stays.
public final class RestClient: RedisClient {
  /// The endpoint's address.
  public var address: String { remote.description }
  /// JSON has no way to say bytes that are no text.
  public var carriesAnyBytes: Bool { false }

  private let remote: RestAddress
  private let session: HTTPSession
  private var token: String?
  /// A token that was refused; as long as the file holds no other, asking again is of no use.
  private var refused: (token: String, error: RedisError)?
  /// Where reads have to be at least: replicas may lag behind what was written a moment ago.
  private var syncToken = ""
  private var hasAnswered = false

  /// A client; nothing is connected to yet.
  ///
  /// - Parameters:
  ///   - remote: The database.
  ///   - timeouts: How long to wait.
  ///   - cancellation: A descriptor that ends any wait once it is readable; -1 for none.
  public init(_ remote: RestAddress, timeouts: RedisTimeouts = RedisTimeouts(), cancellation: Int32 = -1) {
    self.remote = remote
    session = HTTPSession(
      HTTPLimits(connect: timeouts.connect, idle: timeouts.command), authorities: remote.authorities,
      cancellation: cancellation)
  }

  /// Ends the connection; the next command makes a new one.
  public func close() { session.close() }

  /// How many connections the last request had to make; 0 when it used one that was there.
  public var connectionsMade: Int { session.connectionsMade }

  /// Carries out commands in order, in as few requests as their sizes allow.
  ///
  /// - Throws: ``RedisError`` when a request as a whole is refused or gets no whole answer.
  public func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
    guard !commands.isEmpty else { return [] }
    let operation = commands.count == 1 ? commands[0].name : "\(commands[0].name) and \(commands.count - 1) more"
    var replies: [RedisValue] = []
    replies.reserveCapacity(commands.count)
    for step in RestRequest.steps(for: commands) {
      switch step {
      case .refusal(let text): replies.append(.error(text))
      case .request(let request): replies += try exchange(request, operation)
      }
    }
    return replies
  }

  private func exchange(_ request: RestRequest, _ operation: String) throws(RedisError) -> [RedisValue] {
    let token = try currentToken(operation)
    do throws(RedisError) {
      return try attempt(request, token, operation)
    } catch {
      guard error.kind == .credentials else { throw error }
      // Somebody may have rotated it: what was refused was not carried out, and may be sent again.
      if let other = try? remote.token.read(), other != token {
        self.token = other
        return try attempt(request, other, operation)
      }
      guard case .file = remote.token else { throw error }
      var waiting = error
      waiting.retryAfter = Self.rereadSeconds
      refused = (token, waiting)
      throw waiting
    }
  }

  /// How often a token's file is looked at again after its token was refused.
  private static let rereadSeconds = 15

  private func currentToken(_ operation: String) throws(RedisError) -> String {
    if let refused {
      guard let other = try? remote.token.read(), other != refused.token else { throw refused.error }
      self.refused = nil
      token = other
    }
    if let token { return token }
    do throws(RestAddressError) {
      let read = try remote.token.read()
      token = read
      return read
    } catch {
      throw RedisError(.credentials, operation: operation, operand: address, message: "\(error)")
    }
  }

  private func attempt(
    _ request: RestRequest, _ token: String, _ operation: String
  ) throws(RedisError) -> [RedisValue] {
    let response: HTTPResponse
    do throws(HTTPError) {
      response = try session.send(
        HTTPRequest(
          .post, remote.description + request.path,
          headers: [
            ("Authorization", "Bearer \(token)"), ("Content-Type", request.contentType),
            ("Upstash-Encoding", "base64"), ("Upstash-Sync-Token", syncToken),
          ], body: request.body))
    } catch {
      throw RedisError(error, operation: operation, operand: address)
    }
    if let newer = response.headers["upstash-sync-token"], !newer.isEmpty { syncToken = newer }
    let reply = RestReply(response.body, request.form, count: request.count)
    let isAccepted = (200..<300).contains(response.status)
    switch reply {
    case .values(let values) where isAccepted || response.status == 400:
      // Of a refusal that concerns more than this command, whoever waits for it has to hear at once.
      if request.form == .single, let text = values.first?.error {
        let failure = RedisError(reply: text, operation: operation, operand: address)
        if failure.kind == .credentials { throw failure }
      }
      hasAnswered = true
      return request.form == .transaction ? Self.framed(values) : values
    case .values(let values): throw refusal(response, values.first?.error, operation)
    case .refusal(let text): throw refusal(response, text, operation)
    case .nonsense: throw refusal(response, nil, operation)
    }
  }

  /// A transaction's replies as Redis' own protocol gives them.
  private static func framed(_ values: [RedisValue]) -> [RedisValue] {
    [.status("OK")] + values.map { _ in .status("QUEUED") } + [.array(values)]
  }

  /// What a refusal of the whole request means: by its text, then by its status.
  private func refusal(_ response: HTTPResponse, _ text: String?, _ operation: String) -> RedisError {
    var kind = text.map { RedisError(reply: $0, operation: operation, operand: address).kind } ?? .command("")
    if case .command = kind { kind = self.kind(response.status, isJSON: text != nil) ?? kind }
    let words = text ?? "HTTP \(response.status)" + (isRedirect(response) ? ", to another address" : ", and no JSON")
    var error = RedisError(kind, operation: operation, operand: address, message: words)
    if kind == .throttled || kind == .unavailable { error.retryAfter = response.retryAfter }
    return error
  }

  private func isRedirect(_ response: HTTPResponse) -> Bool { (300..<400).contains(response.status) }

  private func kind(_ status: Int, isJSON: Bool) -> RedisError.Kind? {
    switch status {
    case 401, 403: .credentials
    case 413: .tooLarge
    case 408, 500...: .unavailable
    case 429: .throttled
    case 400 where isJSON: nil
    // What has answered as it should before is not another kind of server now: something stands in between.
    default: hasAnswered ? .unavailable : .protocolViolation
    }
  }
}

extension RedisError {
  /// What a failure of HTTP means.
  init(_ error: HTTPError, operation: String, operand: String) {
    let kind: Kind =
      switch error.kind {
      case .unreachable: .unreachable
      case .untrusted: .untrusted
      case .timeout: .timeout
      case .closed: .closed
      case .notHTTP, .misuse: .protocolViolation
      case .tooLarge: .tooLarge
      case .cancelled: .cancelled
      }
    self.init(kind, operation: operation, operand: operand, message: error.message)
  }
}
