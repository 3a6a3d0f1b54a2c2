import COpenSSL

/// TLS apart from any socket: bytes of the wire go in and come out by hand, so that waiting stays the socket's own.
///
/// The server's certificate is verified, its name too; TLS 1.2 at least.
final class TLSSession {
  /// What came of a step.
  enum Outcome {
    case done(Int)
    /// More has to come from the wire first.
    case wantsInput
    /// The other side has ended it.
    case ended
    case failed(String)
  }

  private let context: OpaquePointer
  private let ssl: OpaquePointer
  // Owned by `ssl`.
  private let input: OpaquePointer
  private let output: OpaquePointer
  /// Bytes for the wire that it did not take yet.
  private(set) var unsent: [UInt8] = []
  /// Whether bytes that came may be readable without any more coming.
  private(set) var hasMore = false

  /// A session with `host`, a name or an IP address; nil when OpenSSL says no, with its words in `problem`.
  init?(_ host: String, authorities: String?, problem: inout String) {
    guard let context = SSL_CTX_new(TLS_client_method()), let ssl = Self.session(context, authorities, &problem) else {
      if problem.isEmpty { problem = Self.reason }
      return nil
    }
    guard let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem()) else {
      problem = "out of memory"
      SSL_free(ssl)
      SSL_CTX_free(context)
      return nil
    }
    (self.context, self.ssl) = (context, ssl)
    SSL_set_bio(ssl, input, output)
    (self.input, self.output) = (input, output)
    SSL_set_connect_state(ssl)
    // An IP address is no name: it is compared with the certificate's addresses, and never sent as a name.
    if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) != 1 {
      ERR_clear_error()
      guard SSL_set1_host(ssl, host) == 1,
        Self.withBytes(of: host, { SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), $0) })
          == 1
      else {
        problem = Self.reason
        return nil
      }
    }
  }

  deinit {
    SSL_free(ssl)
    SSL_CTX_free(context)
  }

  private static func session(
    _ context: OpaquePointer, _ authorities: String?, _ problem: inout String
  ) -> OpaquePointer? {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
    // Also obeys SSL_CERT_FILE.
    let isTrusting =
      if let authorities { SSL_CTX_load_verify_locations(context, authorities, nil) == 1 } else {
        SSL_CTX_set_default_verify_paths(context) == 1
      }
    guard isTrusting, let ssl = SSL_new(context) else {
      problem = authorities.map { "\($0): no certificates can be read from it" } ?? reason
      SSL_CTX_free(context)
      return nil
    }
    return ssl
  }

  private static func withBytes(of text: String, _ body: (UnsafeMutableRawPointer?) -> Int) -> Int {
    var bytes = Array(text.utf8) + [0]
    return bytes.withUnsafeMutableBytes { body($0.baseAddress) }
  }

  // MARK: - The wire

  /// Takes bytes that came from the wire.
  func receive(_ bytes: UnsafeRawBufferPointer) {
    BIO_write(input, bytes.baseAddress, Int32(bytes.count))
    hasMore = true
  }

  /// Drops bytes that the wire took.
  func sent(_ count: Int) { unsent.removeFirst(count) }

  private func collect() {
    let count = BIO_ctrl_pending(output)
    guard count > 0 else { return }
    var bytes = [UInt8](repeating: 0, count: count)
    let taken = bytes.withUnsafeMutableBytes { BIO_read(output, $0.baseAddress, Int32($0.count)) }
    unsent += bytes.prefix(Int(max(0, taken)))
  }

  // MARK: - What travels in it

  /// Goes on with the handshake; done when it stands.
  func shakeHands() -> Outcome {
    let outcome = step { SSL_do_handshake(ssl) }
    if case .wantsInput = outcome { hasMore = false }
    return outcome
  }

  /// Decrypts what there is; done with the number of bytes.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
    var count = 0
    while count < buffer.count {
      let outcome = step { SSL_read(ssl, buffer.baseAddress?.advanced(by: count), Int32(buffer.count - count)) }
      guard case .done(let more) = outcome else {
        if case .wantsInput = outcome { hasMore = false }
        return count > 0 ? .done(count) : outcome
      }
      count += more
    }
    return .done(count)
  }

  /// Encrypts bytes; they are ``unsent`` then.
  func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    step { SSL_write(ssl, bytes.baseAddress, Int32(bytes.count)) }
  }

  private func step(_ act: () -> Int32) -> Outcome {
    ERR_clear_error()
    let result = act()
    let code = SSL_get_error(ssl, result)
    collect()
    switch code {
    case SSL_ERROR_NONE: return .done(Int(result))
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsInput
    case SSL_ERROR_ZERO_RETURN: return .ended
    default: return .failed(failure)
    }
  }

  private var failure: String {
    let verdict = SSL_get_verify_result(ssl)
    guard verdict == Int(X509_V_OK) else {
      return "the certificate does not hold: " + String(cString: X509_verify_cert_error_string(verdict))
    }
    return "TLS: " + Self.reason
  }

  private static var reason: String {
    let code = ERR_get_error()
    guard let text = ERR_reason_error_string(code) else { return "OpenSSL's error \(code)" }
    return String(cString: text)
  }
}
