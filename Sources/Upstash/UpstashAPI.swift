import HTTPClient
import Support

/// Upstash's management API: an account's databases and their backups.
///
/// It blocks while it waits, belongs to one thread at a time, and tries nothing twice: whoever calls knows whether
/// doing it again is right.
public final class UpstashAPI {
  /// Where it is and who asks.
  public let account: UpstashAccount
  private let session: HTTPSession

  /// A client; nothing is connected to yet.
  ///
  /// - Parameters:
  ///   - account: Where it is and who asks.
  ///   - authorities: The file with the certificates to trust; nil: the system's.
  ///   - cancellation: A descriptor that ends any wait once it is readable; -1 for none.
  public init(_ account: UpstashAccount, authorities: String? = nil, cancellation: Int32 = -1) {
    self.account = account
    // Creating and restoring take their time before they answer.
    session = HTTPSession(
      HTTPLimits(connect: 10_000, idle: 60_000, total: 120_000, body: 16 << 20), authorities: authorities,
      cancellation: cancellation)
  }

  /// What is asked for, as people name it.
  struct Request {
    var method: HTTPRequest.Method
    var path: String
    var body: JSONValue?
    var operation: String
    /// Which database or backup; nil: the account.
    var operand: String?
  }

  /// Asks for a value.
  func value(_ request: Request) throws(UpstashError) -> JSONValue {
    let answer = try exchange(request)
    guard let value = try? JSONValue.parse(answer.body) else {
      throw failure(.notTheAPI, request, "HTTP \(answer.status), and no JSON")
    }
    if let text = value["error"]?.text { throw failure(.refused, request, text) }
    return value
  }

  /// Has something done; the API says `"OK"`, nothing, or what it did it to.
  func perform(_ request: Request) throws(UpstashError) {
    let answer = try exchange(request)
    guard !answer.body.isEmpty else { return }
    guard let value = try? JSONValue.parse(answer.body) else {
      guard answer.body.starts(with: "OK".utf8) else {
        throw failure(.notTheAPI, request, "HTTP \(answer.status), and no JSON")
      }
      return
    }
    if let text = value["error"]?.text { throw failure(.refused, request, text) }
  }

  func failure(_ kind: UpstashError.Kind, _ request: Request, _ message: String, after: Int? = nil) -> UpstashError {
    var text = message
    for secret in account.secrets {
      text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
    }
    return UpstashError(
      kind, operation: request.operation, operand: request.operand ?? "\(account)",
      message: printable(String(text.prefix(500))), retryAfter: after)
  }

  private func exchange(_ request: Request) throws(UpstashError) -> HTTPResponse {
    var headers = [("Authorization", account.authorization), ("Accept", "application/json")]
    if request.body != nil { headers.append(("Content-Type", "application/json")) }
    var sent = HTTPRequest(
      request.method, "\(account.address)\(request.path)", headers: headers,
      body: request.body?.renderedBytes() ?? [])
    // Two backups, or a second wiping: what was lost is for whoever called to find out.
    sent.mayRepeat = request.method == .get
    let answer: HTTPResponse
    do throws(HTTPError) {
      answer = try session.send(sent)
    } catch {
      throw failure(kind(error.kind, reads: request.method == .get), request, error.message)
    }
    guard !(200..<300).contains(answer.status) else { return answer }
    throw refusal(request, answer)
  }

  private func kind(_ kind: HTTPError.Kind, reads: Bool) -> UpstashError.Kind {
    switch kind {
    case .unreachable: .unreachable
    case .untrusted: .untrusted
    case .timeout, .closed: reads ? .unavailable : .unknownOutcome
    case .notHTTP, .tooLarge, .misuse: .notTheAPI
    case .cancelled: .cancelled
    }
  }

  /// What a refusal means: by its text, then by its status.
  private func refusal(_ request: Request, _ answer: HTTPResponse) -> UpstashError {
    let value = try? JSONValue.parse(answer.body)
    let text = value?["error"]?.text ?? value?["message"]?.text ?? value?.text
    let words = text ?? "HTTP \(answer.status)"
    let lower = words.lowercased()
    // So a database answers, which is not what the management API is.
    if words.hasPrefix("WRONGPASS") || words.hasPrefix("ERR ") {
      return failure(.notTheAPI, request, "this is a database, not the management API")
    }
    if lower.contains("readonly api key") || lower.contains("read-only api key") {
      return failure(.readOnlyKey, request, words)
    }
    if request.operand != nil, lower.contains("not found") { return failure(.notFound, request, words) }
    switch answer.status {
    case 401: return failure(.credentials, request, words)
    case 403: return failure(.permission, request, words)
    case 404 where request.operand != nil: return failure(.notFound, request, words)
    case 429: return failure(.throttled, request, words, after: answer.retryAfter)
    case 408, 500...: return failure(.unavailable, request, words, after: answer.retryAfter)
    case 300..<400: return failure(.notTheAPI, request, words + ", to another address")
    case 400..<500 where text != nil: return failure(.refused, request, words)
    default: return failure(.notTheAPI, request, words + ", and no JSON")
    }
  }

  /// The part of a path that names something; a text that could lead elsewhere names nothing.
  func segment(_ id: String, of request: Request) throws(UpstashError) -> String {
    let isPlain = id.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: "_")
    }
    guard isPlain, (1...128).contains(id.utf8.count) else {
      throw failure(.notFound, request, "not an id: it has letters, digits, - and _")
    }
    return id
  }
}
