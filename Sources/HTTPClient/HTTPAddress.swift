import CCurl
import Glibc

/// The address of an HTTP service, checked: `https://host[:port][/path]`.
///
/// `http` is for this machine alone: elsewhere, whoever is in between would read and change everything.
public struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
  /// The host's name or IP address, in lower case.
  public let host: String
  /// The port, where it is not the scheme's own.
  public let port: Int?
  /// The path without a slash at its end: empty for the root.
  public let path: String
  /// Whether the connection is encrypted.
  public let isSecure: Bool

  /// Reads an address.
  ///
  /// - Throws: ``HTTPAddressError``; its text never repeats the address, which may hold a secret.
  public init(parsing text: String) throws(HTTPAddressError) {
    guard let mark = text.firstRange(of: "://") else { throw .noScheme }
    let scheme = text[..<mark.lowerBound].lowercased()
    guard scheme == "https" || scheme == "http" else { throw .otherScheme(String(scheme.prefix(20))) }
    guard membank_curl_open() else { throw .noLibrary }
    guard let parts = URLParts(text), let host = parts[CURLUPART_HOST]?.lowercased(), !host.isEmpty else {
      throw .malformed
    }
    guard parts[CURLUPART_USER] == nil, parts[CURLUPART_PASSWORD] == nil else { throw .credentials }
    guard parts[CURLUPART_QUERY] == nil, parts[CURLUPART_FRAGMENT] == nil else { throw .query }
    isSecure = scheme == "https"
    self.host = host
    guard isSecure || Self.isLoopback(host) else { throw .unencrypted }
    port = parts[CURLUPART_PORT].flatMap { Int($0) }
    var path = (parts[CURLUPART_PATH] ?? "")[...]
    while path.hasSuffix("/") { path = path.dropLast() }
    self.path = String(path)
  }

  /// Whether the host is this machine.
  public var isLoopback: Bool { Self.isLoopback(host) }

  /// The address, without a slash at its end.
  public var description: String {
    (isSecure ? "https://" : "http://") + host + (port.map { ":\($0)" } ?? "") + path
  }

  private static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" || host == "::1" { return true }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
  }
}

/// Why a text is not an address that may be used.
public enum HTTPAddressError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nothing like `https://` at the start.
  case noScheme
  /// Another scheme than `https` and `http`.
  case otherScheme(String)
  /// `http` to another machine.
  case unencrypted
  /// Not a URL.
  case malformed
  /// A user or a password in it.
  case credentials
  /// Something after a `?` or a `#`.
  case query
  /// The library that speaks HTTP is missing.
  case noLibrary

  /// What is wrong and how it is written right.
  public var description: String {
    switch self {
    case .noScheme: "has no scheme: it begins with https://"
    case .otherScheme(let scheme): "begins with \(scheme)://, not with https://"
    case .unencrypted: "is http, which is allowed on this machine only: use https://"
    case .malformed: "is not a URL (https://host)"
    case .credentials: "has a user or password in it; they don't belong there"
    case .noLibrary: "can't be used: libcurl.so.4 is not on this machine (apt-get install libcurl4)"
    case .query: "has a ? or # in it; it is https://host alone"
    }
  }
}

/// A URL as libcurl takes it apart: the same that will connect.
private struct URLParts: ~Copyable {
  private let handle: OpaquePointer

  init?(_ text: String) {
    guard let made = membank_curl_url(text) else { return nil }
    handle = made
  }

  deinit { membank_curl_url_cleanup(handle) }

  subscript(part: CURLUPart) -> String? {
    guard let text = membank_curl_url_part(handle, part) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}
