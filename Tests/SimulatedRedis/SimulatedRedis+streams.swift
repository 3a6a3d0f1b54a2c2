import RedisTransport

// Commands on streams.
extension SimulatedRedis {
  func xadd(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    var position = 2
    var creates = true
    var trim: (limit: Int, about: Bool)?
    while position < words.count {
      if isWord(words[position], "NOMKSTREAM") {
        creates = false
        position += 1
      } else if isWord(words[position], "MAXLEN") {
        trim = try Self.trimming(words, &position)
      } else {
        break
      }
    }
    guard position < words.count else { throw .arity("xadd") }
    let wanted = try EntryIDs.wanted(words[position])
    let fields = Array(words[(position + 1)...])
    guard !fields.isEmpty, fields.count.isMultiple(of: 2) else { throw .arity("xadd") }
    if wanted == .exact(.least) { throw Refusal("ERR The ID specified in XADD must be greater than 0-0") }
    let known = try stream(words[1])
    if known == nil, !creates { return .null }
    let id = try (known ?? EntryStream()).nextID(wanted, now: now)
    var stream = EntryStream()
    if case .stream(let old) = take(words[1]) { stream = old }
    stream.entries.append(EntryStream.Entry(id: id, fields: fields))
    stream.last = id
    let trimmed = trim.map { stream.trim(to: $0.limit, about: $0.about) } ?? 0
    store(.stream(stream), in: words[1])
    changed(words[1], .stream, "xadd")
    if trimmed > 0 { changed(words[1], .stream, "xtrim", by: 0) }
    return .bulk(id.text)
  }

  func xtrim(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    var position = 2
    guard isWord(words[position], "MAXLEN") else { throw .syntax }
    let trim = try Self.trimming(words, &position)
    guard position == words.count else { throw .syntax }
    guard try stream(words[1]) != nil, case .stream(var stream) = take(words[1]) else { return .integer(0) }
    let trimmed = stream.trim(to: trim.limit, about: trim.about)
    store(.stream(stream), in: words[1])
    if trimmed > 0 { changed(words[1], .stream, "xtrim", by: trimmed) }
    return .integer(Int64(trimmed))
  }

  /// Reads `MAXLEN [= | ~] count`.
  private static func trimming(
    _ words: [Bytes], _ position: inout Int
  ) throws(Refusal) -> (limit: Int, about: Bool) {
    position += 1
    var about = false
    if position < words.count, words[position] == bytes("~") || words[position] == bytes("=") {
      about = words[position] == bytes("~")
      position += 1
    }
    guard position < words.count else { throw .syntax }
    let limit = try wholeNumber(words[position])
    guard limit >= 0 else { throw Refusal("ERR The MAXLEN argument must be >= 0.") }
    position += 1
    return (Int(limit), about)
  }

  func xrange(_ words: [Bytes], reversed: Bool) throws(Refusal) -> RedisValue {
    let first = try EntryIDs.bound(words[reversed ? 3 : 2], isStart: true)
    let last = try EntryIDs.bound(words[reversed ? 2 : 3], isStart: false)
    var count = Int64.max
    if words.count > 4 {
      guard words.count == 6, isWord(words[4], "COUNT") else { throw .syntax }
      count = max(0, try wholeNumber(words[5]))
    }
    guard let stream = try stream(words[1]) else { return .array([]) }
    if count == 0 { return .null }
    let found = stream.entries(from: first, to: last)
    let wanted = Int(min(count, Int64(found.count)))
    return .array(reversed ? found.suffix(wanted).reversed().map(\.reply) : found.prefix(wanted).map(\.reply))
  }

  /// Blocking waits for nothing: there is nobody who could write meanwhile.
  func xread(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    var position = 1
    var count = Int64.max
    while position < words.count, !isWord(words[position], "STREAMS") {
      guard position + 1 < words.count else { throw .syntax }
      if isWord(words[position], "COUNT") {
        let number = try wholeNumber(words[position + 1])
        count = number > 0 ? number : .max
      } else if isWord(words[position], "BLOCK") {
        _ = try wholeNumber(words[position + 1])
      } else {
        throw .syntax
      }
      position += 2
    }
    let operands = words.dropFirst(position + 1)
    guard position < words.count, !operands.isEmpty else { throw .syntax }
    guard operands.count.isMultiple(of: 2) else {
      throw Refusal(
        "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.")
    }
    let half = operands.count / 2
    var result: [RedisValue] = []
    for (key, after) in zip(operands.prefix(half), operands.suffix(half)) {
      let stream = try stream(key)
      let id = after == bytes("$") ? stream?.last ?? .least : try EntryIDs.complete(after, sequence: 0)
      guard let stream, let first = id.next else { continue }
      let found = stream.entries(from: first, to: .greatest)
      if found.isEmpty { continue }
      let wanted = Int(min(count, Int64(found.count)))
      result.append(.array([.bulk(key), .array(found.prefix(wanted).map(\.reply))]))
    }
    return result.isEmpty ? .null : .array(result)
  }
}

extension EntryStream.Entry {
  var reply: RedisValue { .array([.bulk(id.text), .bulks(fields)]) }
}

extension EntryStream {
  func nextID(_ wanted: EntryIDs.Wanted, now: Int64) throws(Refusal) -> StreamID {
    let exhausted = Refusal("ERR The stream has exhausted the last possible ID, unable to add more items")
    let small = Refusal("ERR The ID specified in XADD is equal or smaller than the target stream top item")
    guard last < .greatest else { throw exhausted }
    switch wanted {
    case .any:
      let moment = UInt64(clamping: now)
      if moment > last.milliseconds { return StreamID(milliseconds: moment, sequence: 0) }
      guard let next = last.next else { throw exhausted }
      return next
    case .exact(let id):
      guard id > last else { throw small }
      return id
    case .inMillisecond(let milliseconds):
      if milliseconds > last.milliseconds { return StreamID(milliseconds: milliseconds, sequence: 0) }
      guard milliseconds == last.milliseconds, last.sequence < .max else { throw small }
      return StreamID(milliseconds: milliseconds, sequence: last.sequence + 1)
    }
  }
}
