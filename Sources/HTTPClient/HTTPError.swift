import CCurl

/// A request that got no whole answer.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What failed.
  public enum Kind: Hashable, Sendable {
    /// No such host, or nobody listens there.
    case unreachable
    /// The server is not who it should be, or can't agree on a cipher.
    case untrusted
    /// No answer within the time allowed; whether the request was carried out is unknown.
    case timeout
    /// The connection ended; whether the request was carried out is unknown.
    case closed
    /// What answered does not speak HTTP.
    case notHTTP
    /// The answer is larger than allowed.
    case tooLarge
    /// The request can't be made.
    case misuse
    /// The caller asked to stop.
    case cancelled
  }

  /// What failed.
  public let kind: Kind
  /// The method.
  public let operation: String
  /// The address, without secrets.
  public let operand: String
  /// libcurl's words.
  public let message: String

  init(_ kind: Kind, _ request: HTTPRequest, _ message: String) {
    self.kind = kind
    operation = request.method.rawValue
    // What follows the host may be a key or a document.
    operand = request.url.split(separator: "/", maxSplits: 3).prefix(2).joined(separator: "//")
    self.message = message
  }

  /// What libcurl's code means.
  static func kind(_ code: CURLcode) -> Kind {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PROXY: .unreachable
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM:
      .untrusted
    case CURLE_OPERATION_TIMEDOUT: .timeout
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_FAILED_INIT,
      CURLE_OUT_OF_MEMORY, CURLE_UNKNOWN_OPTION:
      .misuse
    case CURLE_WEIRD_SERVER_REPLY: .notHTTP
    case CURLE_WRITE_ERROR: .tooLarge
    default: .closed
    }
  }

  /// The address, the words, the method.
  public var description: String { "\(operand): \(message) (\(operation))" }
}
