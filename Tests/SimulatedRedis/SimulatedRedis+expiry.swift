import RedisTransport

// Commands on when keys end.
extension SimulatedRedis {
  func expire(_ words: [Bytes], unit: Int64, absolute: Bool = false) throws(Refusal) -> RedisValue {
    let condition = try ExpiryCondition(words.dropFirst(3))
    let number = try wholeNumber(words[2])
    let (span, overflow) = number.multipliedReportingOverflow(by: unit)
    let base = absolute ? 0 : now
    let (moment, late) = span.addingReportingOverflow(base)
    guard !overflow, !late else { throw .expiry(words[0]) }
    guard let position = position(words[1]) else { return .integer(0) }
    guard condition.allows(moment, instead: keyspace.values[position].expiry) else { return .integer(0) }
    if moment <= now {
      keyspace.remove(at: position)
      changed(words[1], .generic, "del")
    } else {
      keyspace.values[position].expiry = moment
      changed(words[1], .generic, "expire")
    }
    return .integer(1)
  }

  func persist(_ words: [Bytes]) -> RedisValue {
    guard let position = position(words[1]), keyspace.values[position].expiry != nil else { return .integer(0) }
    keyspace.values[position].expiry = nil
    changed(words[1], .generic, "persist")
    return .integer(1)
  }

  func timeToLive(_ words: [Bytes], _ rounded: (Int64) -> Int64) -> RedisValue {
    expiry(words) { [now] in rounded(max(0, $0 - now)) }
  }

  func expiry(_ words: [Bytes], _ rounded: (Int64) -> Int64) -> RedisValue {
    guard let position = position(words[1]) else { return .integer(-2) }
    return .integer(keyspace.values[position].expiry.map(rounded) ?? -1)
  }
}

/// `NX`, `XX`, `GT` and `LT` behind `EXPIRE`.
private struct ExpiryCondition {
  private var onlyAbsent = false
  private var onlyPresent = false
  private var onlyGreater = false
  private var onlyLess = false

  init(_ words: ArraySlice<Bytes>) throws(Refusal) {
    for word in words {
      if isWord(word, "NX") {
        onlyAbsent = true
      } else if isWord(word, "XX") {
        onlyPresent = true
      } else if isWord(word, "GT") {
        onlyGreater = true
      } else if isWord(word, "LT") {
        onlyLess = true
      } else {
        throw Refusal("ERR Unsupported option \(text(word))")
      }
    }
    if onlyAbsent, onlyPresent || onlyGreater || onlyLess {
      throw Refusal("ERR NX and XX, GT or LT options at the same time are not compatible")
    }
    if onlyGreater, onlyLess { throw Refusal("ERR GT and LT options at the same time are not compatible") }
  }

  // A key without an end ends later than any.
  func allows(_ moment: Int64, instead old: Int64?) -> Bool {
    if onlyAbsent, old != nil { return false }
    if onlyPresent, old == nil { return false }
    if onlyGreater, moment <= old ?? .max { return false }
    return !onlyLess || moment < old ?? .max
  }
}
