import CCurl

/// libcurl's handles: one request at a time (`easy`), and the loop with its connections (`multi`).
final class HTTPHandles {
  let easy: UnsafeMutableRawPointer
  let multi: UnsafeMutableRawPointer
  /// Where libcurl explains a failure.
  let words: UnsafeMutablePointer<CChar>

  init?() {
    guard let easy = curl_easy_init() else { return nil }
    guard let multi = curl_multi_init() else {
      curl_easy_cleanup(easy)
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
    curl_easy_cleanup(easy)
    curl_multi_cleanup(multi)
    words.deallocate()
  }

  /// How the request ended; nil while it has not.
  func result() -> CURLcode? {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      if message.pointee.msg == CURLMSG_DONE { return message.pointee.data.result }
    }
    return nil
  }

  func number(_ info: CURLINFO) -> Int {
    var value = 0
    membank_curl_get_long(easy, info, &value)
    return value
  }

  func size(_ info: CURLINFO) -> curl_off_t {
    var value: curl_off_t = 0
    membank_curl_get_size(easy, info, &value)
    return value
  }

  /// Status and headers of the answer.
  func head() -> HTTPResponse {
    var response = HTTPResponse(status: number(CURLINFO_RESPONSE_CODE))
    var header: UnsafeMutablePointer<curl_header>?
    while true {
      header = curl_easy_nextheader(easy, UInt32(CURLH_HEADER), -1, header)
      guard let found = header?.pointee else { return response }
      response.headers[String(cString: found.name).lowercased()] = String(cString: found.value)
    }
  }

  func explanation(_ code: CURLcode) -> String {
    let text = String(cString: words)
    return text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
  }
}
