/// Reads the ids of streams' entries.
enum EntryIDs {
  /// What `XADD` asks for.
  enum Wanted: Equatable {
    case any
    case exact(StreamID)
    case inMillisecond(UInt64)
  }

  static func wanted(_ word: Bytes) throws(Refusal) -> Wanted {
    if word == bytes("*") { return .any }
    if word.suffix(2) == bytes("-*")[...] { return .inMillisecond(try part(word.dropLast(2))) }
    return .exact(try complete(word, sequence: 0))
  }

  /// An id as an end of a range; an open bracket before it leaves it out.
  static func bound(_ word: Bytes, isStart: Bool) throws(Refusal) -> StreamID {
    if word == bytes("-") { return .least }
    if word == bytes("+") { return .greatest }
    guard word.first == UInt8(ascii: "(") else { return try complete(word, sequence: isStart ? 0 : .max) }
    let id = try complete(Array(word.dropFirst()), sequence: isStart ? 0 : .max)
    guard let next = isStart ? id.next : id.previous else {
      throw Refusal("ERR invalid \(isStart ? "start" : "end") ID for the interval")
    }
    return next
  }

  /// An id; `sequence` stands for one that is left out.
  static func complete(_ word: Bytes, sequence: UInt64) throws(Refusal) -> StreamID {
    let parts = word.split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
    let milliseconds = try part(parts[0])
    return StreamID(milliseconds: milliseconds, sequence: parts.count > 1 ? try part(parts[1]) : sequence)
  }

  private static func part(_ digits: ArraySlice<UInt8>) throws(Refusal) -> UInt64 {
    guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      digits.first != UInt8(ascii: "0") || digits.count == 1, let number = UInt64(text(Array(digits)))
    else { throw .streamID }
    return number
  }
}
