import RedisTransport

// Commands on strings, and on keys of any type.
extension SimulatedRedis {
  func get(_ words: [Bytes]) throws(Refusal) -> RedisValue { .optional(try string(words[1])) }

  func mget(_ words: [Bytes]) -> RedisValue {
    .array(
      words.dropFirst().map { key in
        // Other types count as nothing here.
        if case .string(let bytes) = value(key) { .bulk(bytes) } else { .null }
      })
  }

  func set(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    let options = try SetOptions(words, now: now)
    let key = words[1]
    let position = position(key)
    var old: RedisValue = .null
    if options.returnsOld { old = .optional(try string(key)) }
    if options.condition == .absent && position != nil || options.condition == .present && position == nil {
      return options.returnsOld ? old : .null
    }
    let kept = options.keepsExpiry ? position.flatMap { keyspace.values[$0].expiry } : nil
    store(.string(words[2]), in: key)
    keyspace.values[keyspace.find(key).position].expiry = options.expiry ?? kept
    changed(key, .string, "set")
    if options.expiry != nil { changed(key, .generic, "expire", by: 0) }
    return options.returnsOld ? old : .status("OK")
  }

  func append(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    let value = (try string(words[1]) ?? []) + words[2]
    store(.string(value), in: words[1])
    changed(words[1], .string, "append")
    return .integer(Int64(value.count))
  }

  func getrange(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    let first = try wholeNumber(words[2])
    let last = try wholeNumber(words[3])
    let value = try string(words[1]) ?? []
    if first < 0, last < 0, first > last { return .bulk([]) }
    // An end before the beginning is the first byte here.
    let end = last < 0 ? max(0, last &+ Int64(value.count)) : last
    guard let range = inclusiveRange(first, end, of: value.count) else { return .bulk([]) }
    return .bulk(Bytes(value[range]))
  }

  func setrange(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    let offset = try wholeNumber(words[2])
    guard offset >= 0 else { throw Refusal("ERR offset is out of range") }
    var value = try string(words[1]) ?? []
    guard !words[3].isEmpty else { return .integer(Int64(value.count)) }
    guard offset <= (512 << 20) - Int64(words[3].count) else {
      throw Refusal("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
    }
    let end = Int(offset) + words[3].count
    if value.count < end { value += Bytes(repeating: 0, count: end - value.count) }
    value.replaceSubrange(Int(offset)..<end, with: words[3])
    store(.string(value), in: words[1])
    changed(words[1], .string, "setrange")
    return .integer(Int64(value.count))
  }

  func del(_ words: [Bytes]) -> RedisValue {
    var count: Int64 = 0
    for key in words.dropFirst() where remove(key) {
      changed(key, .generic, "del")
      count += 1
    }
    return .integer(count)
  }

  func rename(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    guard let from = position(words[1]) else { throw .noSuchKey }
    guard words[1] != words[2] else { return .status("OK") }
    let entry = keyspace.values[from]
    keyspace.remove(at: from)
    remove(words[2])
    keyspace.set(words[2], to: entry)
    changed(words[2], .new, "new", by: 0)
    changed(words[1], .generic, "rename_from")
    changed(words[2], .generic, "rename_to", by: 0)
    return .status("OK")
  }

  func copy(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    guard words.count == 3 || words.count == 4 && isWord(words[3], "REPLACE") else { throw .syntax }
    guard words[1] != words[2] else { throw Refusal("ERR source and destination objects are the same") }
    guard let from = position(words[1]) else { return .integer(0) }
    let entry = keyspace.values[from]
    if position(words[2]) != nil {
      guard words.count == 4 else { return .integer(0) }
      remove(words[2])
    }
    keyspace.set(words[2], to: entry)
    changed(words[2], .new, "new", by: 0)
    changed(words[2], .generic, "copy_to")
    return .integer(1)
  }

  /// The value as text of the model's own, to compare with others of it; no server reads it.
  func dump(_ words: [Bytes]) -> RedisValue {
    guard let value = value(words[1]) else { return .null }
    return .bulk(bytes(value.description))
  }

  func flush(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    guard words.count == 1 || words.count == 2 && (isWord(words[1], "SYNC") || isWord(words[1], "ASYNC")) else {
      throw .syntax
    }
    facts.dirty += keyspace.count
    keyspace = SortedMap()
    return .status("OK")
  }
}

/// What follows the value of `SET`.
private struct SetOptions {
  enum Condition { case always, absent, present }

  var condition = Condition.always
  var returnsOld = false
  var keepsExpiry = false
  var expiry: Int64?

  init(_ words: [Bytes], now: Int64) throws(Refusal) {
    var position = 3
    while position < words.count {
      let word = words[position]
      position += 1
      if isWord(word, "NX"), condition != .present {
        condition = .absent
      } else if isWord(word, "XX"), condition != .absent {
        condition = .present
      } else if isWord(word, "GET") {
        returnsOld = true
      } else if isWord(word, "KEEPTTL"), expiry == nil {
        keepsExpiry = true
      } else if !keepsExpiry, expiry == nil, position < words.count,
        let unit = isWord(word, "EX") || isWord(word, "EXAT")
          ? 1000 : isWord(word, "PX") || isWord(word, "PXAT") ? Int64(1) : nil
      {
        let number = try wholeNumber(words[position])
        position += 1
        let (moment, overflow) = number.multipliedReportingOverflow(by: unit)
        let base = isWord(word, "EX") || isWord(word, "PX") ? now : 0
        guard number > 0, !overflow, moment <= .max - base else { throw .expiry(words[0]) }
        expiry = moment + base
      } else {
        throw .syntax
      }
    }
  }
}
