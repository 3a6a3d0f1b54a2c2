@testable import Mirror
@testable import RedisTransport

extension FuzzTarget {
  /// What a server sends, as it comes in pieces.
  static let replies = FuzzTarget(
    "replies",
    words: [
      "+OK\r\n", "-ERR ", "-MOVED 1 h:1\r\n", "-ASK 16383 :7000\r\n", ":1\r\n", "$-1\r\n", "$5\r\nhello\r\n", "*2\r\n",
      "*-1\r\n", "*2147483647\r\n", "$9223372036854775807\r\n", ":9223372036854775808\r\n", "%1\r\n", "\r\n",
      "server_time_usec:", "rdb_last_save_time:-9223372036854775808", "role:master\r\n", "loading:0\r\n",
      "redis_mode:standalone\r\n", "run_id:x\r\n",
    ],
    seeds: [
      "\u{3}*2\r\n$3\r\nfoo\r\n*1\r\n:-5\r\n+OK\r\n", "\u{1}-MOVED 3999 127.0.0.1:6381\r\n", "\0$-1\r\n$0\r\n\r\n",
      "\u{5}$\(info.utf8.count)\r\n\(info)\r\n",
    ]
  ) { input in
    let step = Int(input.byte()) + 1
    let bytes = input.rest()
    let whole = try replies(bytes, step: bytes.count)
    let pieces = try replies(bytes, step: step)
    try hold(whole.replies == pieces.replies, "other replies when they come in pieces of \(step)")
    try hold(whole.problem == nil || pieces.problem != nil, "an error only when it comes at once")
    try hold(whole.replies.reduce(0) { $0 + count($1) } <= bytes.count, "more values than bytes")
    for reply in whole.replies {
      look(at: reply)
      guard let message = reply.error else { continue }
      let error = RedisError(reply: message, operation: "GET", operand: "redis://h")
      try hold(error.description.hasPrefix("redis://h"), "an error that names nothing")
      if let turn = Redirection(message, from: .unix(path: "/x")) {
        try hold((0..<KeySlot.count).contains(turn.slot), "the slot \(turn.slot)")
      }
    }
  }

  private static let info = """
    redis_mode:standalone\r\nrole:master\r\nloading:0\r\nserver_time_usec:1700000000000000\r\nrdb_last_save_time:5\r\n
    """

  private static func replies(_ bytes: [UInt8], step: Int) throws -> (replies: [RedisValue], problem: String?) {
    guard let reader = ReplyReader() else { throw Broken(description: "no reader") }
    var found: [RedisValue] = []
    var start = 0
    while start < bytes.count {
      let end = min(start + step, bytes.count)
      guard bytes[start..<end].withUnsafeBytes({ reader.feed($0) }) else { return (found, "refused") }
      start = end
      taking: while true {
        switch reader.next() {
        case .reply(let value): found.append(value)
        case .needsMore: break taking
        case .notRESP(let problem): return (found, problem)
        }
      }
    }
    return (found, nil)
  }

  private static func count(_ value: RedisValue) -> Int { 1 + (value.array ?? []).reduce(0) { $0 + count($1) } }

  /// Reads a value in every way that there is.
  private static func look(at value: RedisValue) {
    _ = (value.bytes, value.integer, value.fields, value.isNull, HeadReading(fields: value.fields ?? [:]))
    if let text = value.text { _ = (ServerMark(info: text), ServerFacts.missingFlags(text)) }
    for element in value.array ?? [] { look(at: element) }
  }
}
