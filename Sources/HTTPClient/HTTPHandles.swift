import CCurl

/// libcurl's handles: one request at a time (`easy`), and the loop with its connections (`multi`).
final class HTTPHandles {
  let easy: UnsafeMutableRawPointer
  let multi: UnsafeMutableRawPointer
  /// Where libcurl explains a failure.
  let words: UnsafeMutablePointer<CChar>

  init?() {
    guard membank_curl_open() else { return nil }
    guard let easy = membank_curl_easy_init() else { return nil }
    guard let multi = membank_curl_multi_init() else {
      membank_curl_easy_cleanup(easy)
      return nil
    }
    self.easy = easy
    self.multi = multi
    words = .allocate(capacity: Int(CURL_ERROR_SIZE))
    words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    // One server, one request at a time.
    membank_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 2)
  }

  deinit {
    membank_curl_easy_cleanup(easy)
    membank_curl_multi_cleanup(multi)
    words.deallocate()
  }

  /// How the request ended; nil while it has not.
  func result() -> CURLcode? {
    var code = CURLE_OK
    return membank_curl_multi_result(multi, &code) ? code : nil
  }

  func number(_ info: CURLINFO) -> Int { membank_curl_get_long(easy, info) }

  func size(_ info: CURLINFO) -> curl_off_t { membank_curl_get_size(easy, info) }

  /// Status and headers of the answer.
  func head() -> HTTPResponse {
    var response = HTTPResponse(status: number(CURLINFO_RESPONSE_CODE))
    var header: UnsafeMutablePointer<curl_header>?
    while true {
      header = membank_curl_easy_nextheader(easy, UInt32(CURLH_HEADER), -1, header)
      guard let found = header?.pointee else { return response }
      response.headers[String(cString: found.name).lowercased()] = String(cString: found.value)
    }
  }

  func explanation(_ code: CURLcode) -> String {
    let text = String(cString: words)
    return text.isEmpty ? String(cString: membank_curl_easy_strerror(code)) : text
  }
}
