import HTTPClient

/// A request to the management API that failed.
public struct UpstashError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What sort of failure it is.
  public enum Kind: Hashable, Sendable {
    /// The mail address and the key were refused.
    case credentials
    /// The key may only read.
    case readOnlyKey
    /// The account may not do this, on its plan or in its team.
    case permission
    /// No such database or backup.
    case notFound
    /// The API says no; its words say why.
    case refused
    /// Too many requests; later it works.
    case throttled
    /// The API can't answer now.
    case unavailable
    /// Nobody answered.
    case unreachable
    /// The server is not who it should be.
    case untrusted
    /// No whole answer came; whether it was done is unknown.
    case unknownOutcome
    /// What answered is not the management API.
    case notTheAPI
    /// The caller asked to stop.
    case cancelled
  }

  /// What sort of failure it is.
  public let kind: Kind
  /// What was asked for, in words.
  public let operation: String
  /// Which database or backup, or the API's address.
  public let operand: String
  /// What the API said.
  public let message: String
  /// Seconds that the API wants to be left alone for; nil: not known.
  public var retryAfter: Int?

  /// A failure.
  public init(_ kind: Kind, operation: String, operand: String, message: String, retryAfter: Int? = nil) {
    self.kind = kind
    self.operation = operation
    self.operand = operand
    self.message = message
    self.retryAfter = retryAfter
  }

  /// Whether the same may succeed later without anybody changing anything.
  public var isTransient: Bool {
    switch kind {
    case .throttled, .unavailable, .unreachable, .untrusted, .unknownOutcome: true
    default: false
    }
  }

  /// What was asked for and of what, the API's words, and how it is mended.
  public var description: String { "\(operation) \(operand): \(message)" + (advice.map { "; \($0)" } ?? "") }

  private var advice: String? {
    switch kind {
    case .credentials:
      "UPSTASH_EMAIL and UPSTASH_API_KEY have to belong together, and to an account made at Upstash itself: see https://console.upstash.com/account/api"
    case .readOnlyKey: "the key may only read; make one that may write at https://console.upstash.com/account/api"
    case .notFound: "`membank upstash list` and `membank upstash backups` show what there is"
    case .throttled: "try again" + (retryAfter.map { " in \($0) s" } ?? " later")
    case .unavailable: "try again later"
    case .unknownOutcome:
      "whether it was done is unknown: look with `membank upstash list` or `backups` before trying again"
    case .notTheAPI:
      "the management API is at \(UpstashAccount.publicAddress), which holds when UPSTASH_API_URL is not set"
    default: nil
    }
  }
}
