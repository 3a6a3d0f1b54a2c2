import FoundationEssentials
public import HTTPClient

/// Who speaks to Upstash's management API, and where it is.
public struct UpstashAccount: Sendable, CustomStringConvertible, CustomReflectable {
  /// The public address of the management API.
  public static let publicAddress = "https://api.upstash.com/v2"

  /// The address with its version, without a slash at its end.
  public let address: HTTPAddress
  /// Whose key it is.
  public let email: String
  let key: String

  /// Checks what somebody set.
  ///
  /// - Parameters:
  ///   - email: `UPSTASH_EMAIL`.
  ///   - key: `UPSTASH_API_KEY`.
  ///   - url: `UPSTASH_API_URL`; nil: the public address. Without a path `/v2` is meant.
  /// - Throws: ``UpstashAccountError``; its text repeats neither the key nor the address.
  public init(email: String?, key: String?, url: String? = nil) throws(UpstashAccountError) {
    guard let email else { throw .missing("UPSTASH_EMAIL") }
    guard let key else { throw .missing("UPSTASH_API_KEY") }
    // Basic authentication ends the name at the first colon.
    guard email.contains("@"), !email.contains(":"), Self.isWord(email) else { throw .badEmail }
    self.email = email
    self.key = try Self.checked(key)
    address = try Self.address(url ?? Self.publicAddress)
  }

  /// The address; never the key.
  public var description: String { "\(address)" }

  /// What `dump` and failed tests show: not the key.
  public var customMirror: Mirror { Mirror(self, children: ["address": "\(address)", "email": email]) }

  /// What proves who is asking.
  var authorization: String { "Basic " + Data("\(email):\(key)".utf8).base64EncodedString() }

  /// What must not stand in a message, whoever repeats it.
  var secrets: [String] { [key, Data("\(email):\(key)".utf8).base64EncodedString()] }

  private static func isWord(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
  }

  /// Quotes and names come along when somebody copies a line of a `.env`.
  private static func checked(_ key: String) throws(UpstashAccountError) -> String {
    if key.contains("\"") || key.contains("'") { throw .badKey("has quotes around it; they don't belong to it") }
    if key.contains("://") { throw .badKey("is a URL; the key is made in the console, under Account, Management API") }
    if key.hasPrefix("UPSTASH_") { throw .badKey("begins with a variable's name; it is only what follows the =") }
    guard isWord(key) else { throw .badKey("is empty, or has blanks or other characters in it that no key has") }
    return key
  }

  private static func address(_ url: String) throws(UpstashAccountError) -> HTTPAddress {
    let scheme = url.firstRange(of: "://").map { url[..<$0.lowerBound].lowercased() }
    if scheme == "redis" || scheme == "rediss" { throw .databaseAddress }
    let given = try parsed(url)
    switch given.host {
    case "console.upstash.com", "upstash.com", "www.upstash.com": throw .consoleAddress
    case let host where host.hasSuffix(".upstash.io"): throw .databaseAddress
    default: return given.path.isEmpty ? try parsed("\(given)/v2") : given
    }
  }

  private static func parsed(_ url: String) throws(UpstashAccountError) -> HTTPAddress {
    do throws(HTTPAddressError) { return try HTTPAddress(parsing: url) } catch { throw .address(error) }
  }
}

/// Why the management API can't be asked with what was set.
public enum UpstashAccountError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A variable is not set.
  case missing(String)
  /// What can't be the account's mail address.
  case badEmail
  /// What can't be a key; says why.
  case badKey(String)
  /// An address that may not be used.
  case address(HTTPAddressError)
  /// The address of a database.
  case databaseAddress
  /// A page of the website.
  case consoleAddress

  /// What is wrong and how it is mended.
  public var description: String {
    switch self {
    case .missing(let name):
      "\(name) is not set: the management API takes the account's mail address (UPSTASH_EMAIL) and a key (UPSTASH_API_KEY) made at https://console.upstash.com/account/api"
    case .badEmail: "UPSTASH_EMAIL is not a mail address"
    case .badKey(let reason): "UPSTASH_API_KEY \(reason)"
    case .address(let error): "UPSTASH_API_URL \(error)"
    case .databaseAddress:
      "UPSTASH_API_URL is the address of a database, which belongs into UPSTASH_REDIS_REST_URL; the management API is at \(UpstashAccount.publicAddress), which holds when UPSTASH_API_URL is not set"
    case .consoleAddress:
      "UPSTASH_API_URL is a page of Upstash's website; the management API is at \(UpstashAccount.publicAddress), which holds when UPSTASH_API_URL is not set"
    }
  }
}
