import CHiredis

/// hiredis' incremental RESP parser.
struct ReplyReader: ~Copyable {
  private let reader: UnsafeMutablePointer<redisReader>
  private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>

  /// More elements than any reply to us has: memory for as many as a stranger claims is never asked for.
  fileprivate static let mostElements = 1 << 22
  /// What may wait for the rest of its reply: as much as Redis takes in one value.
  private static let mostBytes = 512 << 20

  init?() {
    guard let made = redisReaderCreate(), let standard = made.pointee.fn?.pointee else { return nil }
    reader = made
    functions = .allocate(capacity: 1)
    functions.initialize(to: standard)
    functions.pointee.createArray = makeBoundedArray
    made.pointee.privdata = UnsafeMutableRawPointer(made.pointee.fn)
    made.pointee.fn = functions
  }

  deinit {
    redisReaderFree(reader)
    functions.deallocate()
  }

  /// Adds bytes from the wire; false when memory ran out or an earlier byte was not RESP.
  func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
    reader.pointee.len - reader.pointee.pos <= Self.mostBytes
      && redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) == REDIS_OK
  }

  /// The next whole reply.
  enum Next {
    case reply(RedisValue)
    case needsMore
    case notRESP(String)
  }

  /// Takes the next whole reply out.
  func next() -> Next {
    var object: UnsafeMutableRawPointer?
    guard redisReaderGetReply(reader, &object) == REDIS_OK else {
      let message = withUnsafeBytes(of: &reader.pointee.errstr) { text in
        String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
      }
      return .notRESP(message)
    }
    guard let object else { return .needsMore }
    defer { freeReplyObject(object) }
    return .reply(Self.value(object.assumingMemoryBound(to: redisReply.self)))
  }

  private static func value(_ reply: UnsafeMutablePointer<redisReply>) -> RedisValue {
    let bytes = UnsafeRawBufferPointer(
      start: reply.pointee.str, count: reply.pointee.str == nil ? 0 : reply.pointee.len)
    switch reply.pointee.type {
    case REDIS_REPLY_STRING: return .bulk(Array(bytes))
    case REDIS_REPLY_STATUS: return .status(String(decoding: bytes, as: UTF8.self))
    case REDIS_REPLY_ERROR: return .error(String(decoding: bytes, as: UTF8.self))
    case REDIS_REPLY_INTEGER: return .integer(reply.pointee.integer)
    case REDIS_REPLY_ARRAY:
      let elements = UnsafeBufferPointer(start: reply.pointee.element, count: reply.pointee.elements)
      return .array(elements.map { $0.map(value) ?? .null })
    default: return .null
    }
  }
}

/// hiredis asks for the memory of a whole array as soon as a server says how long it is.
private func makeBoundedArray(_ task: UnsafePointer<redisReadTask>?, _ count: Int32) -> UnsafeMutableRawPointer? {
  guard count <= ReplyReader.mostElements, let standard = task?.pointee.privdata else { return nil }
  return standard.assumingMemoryBound(to: redisReplyObjectFunctions.self).pointee.createArray?(task, count)
}
