import CCurl
import Glibc

/// A conversation with one server: its connection is kept from one request to the next.
///
/// HTTP/2 where the server has it; certificates are verified; redirects are answers like others. It blocks while it
/// waits, and belongs to one thread at a time.
public final class HTTPSession {
  private let limits: HTTPLimits
  private let cancellation: Int32
  private let authorities: String?
  private var handles: HTTPHandles?

  /// A session; nothing is connected to yet.
  ///
  /// - Parameters:
  ///   - limits: What holds for each request.
  ///   - authorities: The file with the certificates to trust; nil: the system's.
  ///   - cancellation: A descriptor that ends any wait once it is readable; -1 for none.
  public init(_ limits: HTTPLimits = HTTPLimits(), authorities: String? = nil, cancellation: Int32 = -1) {
    self.limits = limits
    self.authorities = authorities
    self.cancellation = cancellation
  }

  /// Ends the connections; the next request makes new ones.
  public func close() { handles = nil }

  /// How many connections the last request had to make; 0 when it used one that was there.
  public private(set) var connectionsMade = 0
  /// The version of HTTP that the last answer came in: 1 or 2.
  public private(set) var version = 0

  /// Sends a request and waits for the whole answer.
  ///
  /// - Throws: ``HTTPError``.
  public func send(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse { try send(request, nil) }

  /// Sends a request whose answer comes in pieces, for as long as the server goes on.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - onBytes: Takes each piece, none larger than ``HTTPLimits/body``.
  /// - Returns: Status and headers, at the end.
  /// - Throws: ``HTTPError``.
  public func stream(_ request: HTTPRequest, onBytes: ([UInt8]) -> Void) throws(HTTPError) -> HTTPResponse {
    try withoutActuallyEscaping(onBytes) { onBytes throws(HTTPError) in try send(request, onBytes) }
  }

  private func send(_ request: HTTPRequest, _ onBytes: (([UInt8]) -> Void)?) throws(HTTPError) -> HTTPResponse {
    if handles == nil { handles = HTTPHandles() }
    guard let handles else { throw HTTPError(.misuse, request, "libcurl can't be used") }
    let sink = HTTPSink(limit: limits.body)
    let list = try prepare(handles, request, sink)
    defer { membank_curl_slist_free(list) }
    do throws(HTTPError) {
      try transfer(handles, request, sink, onBytes)
    } catch {
      // Request and answer may be out of step.
      self.handles = nil
      throw error
    }
    connectionsMade = handles.number(CURLINFO_NUM_CONNECTS)
    version = handles.number(CURLINFO_HTTP_VERSION) == CURL_HTTP_VERSION_2_0 ? 2 : 1
    var response = handles.head()
    response.body = sink.bytes
    return response
  }

  private func prepare(
    _ handles: HTTPHandles, _ request: HTTPRequest, _ sink: HTTPSink
  ) throws(HTTPError) -> UnsafeMutablePointer<curl_slist>? {
    guard let address = try? HTTPAddress(parsing: String(request.url.prefix { $0 != "?" })) else {
      throw HTTPError(.misuse, request, "not an address of a service")
    }
    let easy = handles.easy
    membank_curl_easy_reset(easy)
    var list: UnsafeMutablePointer<curl_slist>?
    // Waiting for the server's leave before a large body costs a second where it doesn't know how to give it.
    for (name, value) in request.headers + [("Expect", "")] {
      guard !(name + value).utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
        membank_curl_slist_free(list)
        throw HTTPError(.misuse, request, "a header has control characters in it")
      }
      list = membank_curl_slist_append(list, value.isEmpty && name != "Expect" ? "\(name);" : "\(name): \(value)")
    }
    membank_curl_set_text(easy, CURLOPT_URL, request.url)
    membank_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, address.isSecure ? "https" : "http")
    membank_curl_set_list(easy, CURLOPT_HTTPHEADER, list)
    membank_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    membank_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    membank_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    membank_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
    membank_curl_set_long(easy, CURLOPT_FRESH_CONNECT, request.mayRepeat ? 0 : 1)
    membank_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, limits.connect)
    membank_curl_set_long(easy, CURLOPT_TIMEOUT_MS, limits.total)
    membank_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
    membank_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
    membank_curl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    // As other programs with OpenSSL in them do.
    if let authorities = authorities ?? getenv("SSL_CERT_FILE").map({ String(cString: $0) }), !authorities.isEmpty {
      membank_curl_set_text(easy, CURLOPT_CAINFO, authorities)
    }
    // A proxy has no way to this machine's own loopback.
    if address.isLoopback { membank_curl_set_text(easy, CURLOPT_PROXY, "") }
    membank_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, handles.words)
    membank_curl_set_receiver(easy, receive)
    membank_curl_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(sink).toOpaque())
    membank_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    if request.method == .get || request.method == .delete {
      membank_curl_set_long(easy, CURLOPT_HTTPGET, 1)
    } else {
      membank_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int(request.body.count))
      request.body.withUnsafeBytes { membank_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
      if request.body.isEmpty { membank_curl_set_text(easy, CURLOPT_POSTFIELDS, "") }
    }
    return list
  }

  private func transfer(
    _ handles: HTTPHandles, _ request: HTTPRequest, _ sink: HTTPSink, _ onBytes: (([UInt8]) -> Void)?
  ) throws(HTTPError) {
    membank_curl_multi_add(handles.multi, handles.easy)
    defer { membank_curl_multi_remove(handles.multi, handles.easy) }
    var moved: curl_off_t = -1
    var lastMove = Self.milliseconds()
    while true {
      var running: Int32 = 0
      membank_curl_multi_perform(handles.multi, &running)
      if let onBytes, !sink.bytes.isEmpty { onBytes(sink.take()) }
      if let code = handles.result() {
        guard code != CURLE_OK else { return }
        throw HTTPError(
          sink.isFull ? .tooLarge : HTTPError.kind(code), request,
          sink.isFull ? "the answer is larger than \(limits.body) bytes" : handles.explanation(code))
      }
      let total = handles.size(CURLINFO_SIZE_UPLOAD_T) + handles.size(CURLINFO_SIZE_DOWNLOAD_T)
      if total != moved {
        moved = total
        lastMove = Self.milliseconds()
      }
      let left = limits.idle <= 0 ? 60_000 : limits.idle - (Self.milliseconds() - lastMove)
      guard left > 0 else {
        throw HTTPError(.timeout, request, "no answer for \(limits.idle) ms")
      }
      guard !membank_curl_multi_poll(handles.multi, cancellation, Int32(clamping: left)) else {
        throw HTTPError(.cancelled, request, "asked to stop")
      }
    }
  }

  private static func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}

/// Where the bytes of an answer go.
private final class HTTPSink {
  let limit: Int
  private(set) var bytes: [UInt8] = []
  private(set) var isFull = false

  init(limit: Int) { self.limit = limit }

  func add(_ piece: UnsafeRawBufferPointer) -> Int {
    guard bytes.count + piece.count <= limit else {
      isFull = true
      return 0
    }
    bytes += piece
    return piece.count
  }

  func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }
}

private func receive(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ target: UnsafeMutableRawPointer?
) -> Int {
  guard let target else { return 0 }
  let sink = Unmanaged<HTTPSink>.fromOpaque(target).takeUnretainedValue()
  return sink.add(UnsafeRawBufferPointer(start: bytes, count: size * count))
}
