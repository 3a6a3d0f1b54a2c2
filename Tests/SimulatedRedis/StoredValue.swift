/// What a key holds.
enum StoredValue: Equatable, Sendable {
  case string(Bytes)
  case hash(SortedMap<Bytes>)
  case list([Bytes])
  /// The members are the keys; the values are empty.
  case set(SortedMap<Bytes>)
  case stream(EntryStream)

  /// As `TYPE` says it.
  var typeName: String {
    switch self {
    case .string: "string"
    case .hash: "hash"
    case .list: "list"
    case .set: "set"
    case .stream: "stream"
    }
  }

  /// About how many bytes it takes.
  var weight: Int {
    switch self {
    case .string(let value): value.count
    case .hash(let map), .set(let map): zip(map.keys, map.values).reduce(0) { $0 + $1.0.count + $1.1.count }
    case .list(let elements): elements.reduce(0) { $0 + $1.count }
    case .stream(let stream): stream.entries.reduce(0) { $0 + 16 + $1.fields.reduce(0) { $0 + $1.count } }
    }
  }
}

/// A key's value, and when it ends.
struct StoredEntry: Equatable, Sendable {
  var value: StoredValue
  /// Milliseconds since 1970; nil for ever.
  var expiry: Int64?
}

/// The id of a stream's entry.
struct StreamID: Comparable, Hashable, Sendable {
  var milliseconds: UInt64
  var sequence: UInt64

  static let least = StreamID(milliseconds: 0, sequence: 0)
  static let greatest = StreamID(milliseconds: .max, sequence: .max)

  static func < (left: StreamID, right: StreamID) -> Bool {
    (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
  }

  /// The id after this one; nil after the last.
  var next: StreamID? {
    if sequence < .max { return StreamID(milliseconds: milliseconds, sequence: sequence + 1) }
    return milliseconds < .max ? StreamID(milliseconds: milliseconds + 1, sequence: 0) : nil
  }

  /// The id before this one; nil before the first.
  var previous: StreamID? {
    if sequence > 0 { return StreamID(milliseconds: milliseconds, sequence: sequence - 1) }
    return milliseconds > 0 ? StreamID(milliseconds: milliseconds - 1, sequence: .max) : nil
  }

  var text: Bytes { bytes("\(milliseconds)-\(sequence)") }
}

/// A stream: entries in the order of their ids.
struct EntryStream: Equatable, Sendable {
  struct Entry: Equatable, Sendable {
    let id: StreamID
    /// Names and values by turns.
    let fields: [Bytes]
  }

  var entries: [Entry] = []
  /// The greatest id there ever was.
  var last = StreamID.least

  /// Redis trims about (`~`) by whole nodes of a hundred entries only.
  mutating func trim(to limit: Int, about: Bool) -> Int {
    var surplus = max(0, entries.count - limit)
    if about { surplus -= surplus % 100 }
    entries.removeFirst(surplus)
    return surplus
  }

  /// The entries between two ids, both included.
  func entries(from first: StreamID, to last: StreamID) -> ArraySlice<Entry> {
    guard first <= last else { return [] }
    let start = position(of: first)
    let end = last.next.map { position(of: $0) } ?? entries.count
    return entries[start..<max(start, end)]
  }

  /// The first entry whose id is not less.
  private func position(of id: StreamID) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
