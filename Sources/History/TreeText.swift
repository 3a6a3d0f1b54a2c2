import Support

/// The entries of a tree object, in git's order, over the object's bytes.
struct TreeText {
  /// One entry; `start` to `end` are its bytes in the object.
  struct Entry {
    let mode: UInt32
    let start: Int
    let name: Range<Int>
    var end: Int { name.upperBound + 21 }
    var isTree: Bool { mode & 0o170000 == 0o040000 }
  }

  let bytes: [UInt8]
  private(set) var entries: [Entry] = []
  /// Entries that a sound tree can't have: a name for the second time.
  private(set) var duplicates: [Entry] = []

  /// A tree without entries.
  init() { bytes = [] }

  init(_ id: ObjectID, _ bytes: [UInt8]) throws(HistoryError) {
    self.bytes = bytes
    var sorted = true
    var offset = 0
    while offset < bytes.count {
      let start = offset
      var mode: UInt32 = 0
      while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(bytes[offset]), mode < 1 << 24 {
        mode = mode << 3 | UInt32(bytes[offset] - UInt8(ascii: "0"))
        offset += 1
      }
      guard offset > start, offset < bytes.count, bytes[offset] == UInt8(ascii: " ") else { throw Self.malformed(id) }
      offset += 1
      let name = offset
      while offset < bytes.count, bytes[offset] != 0 { offset += 1 }
      guard offset > name, offset + 21 <= bytes.count else { throw Self.malformed(id) }
      let entry = Entry(mode: mode, start: start, name: name..<offset)
      if let last = entries.last, order(last, entry) >= 0 { sorted = false }
      entries.append(entry)
      offset += 21
    }
    if !sorted { sort() }
    dropFilesBesideDirectories()
  }

  private static func malformed(_ id: ObjectID) -> HistoryError {
    .damaged("parse tree", id.description, "is not a tree")
  }

  func name(_ entry: Entry) -> ArraySlice<UInt8> { bytes[entry.name] }

  func id(_ entry: Entry) -> ObjectID {
    bytes.withUnsafeBytes { ObjectID(loading: $0, at: entry.name.upperBound + 1) }
  }

  /// The place of an entry, found by its name and its being a tree or not.
  func find(_ name: ArraySlice<UInt8>, isTree: Bool) -> Int? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      let comparison = Self.order(self.name(entries[middle]), entries[middle].isTree, name, isTree)
      if comparison == 0 { return middle }
      if comparison < 0 { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// git's order of tree entries, which is the byte order of whole paths: a tree's name counts as ending in `/`.
  static func order(_ left: ArraySlice<UInt8>, _ leftIsTree: Bool, _ right: ArraySlice<UInt8>, _ rightIsTree: Bool)
    -> Int
  {
    var one = left.startIndex
    var other = right.startIndex
    while one < left.endIndex, other < right.endIndex {
      if left[one] != right[other] { return Int(left[one]) - Int(right[other]) }
      one += 1
      other += 1
    }
    let slash = Int(UInt8(ascii: "/"))
    let order =
      (one < left.endIndex ? Int(left[one]) : leftIsTree ? slash : 0)
      - (other < right.endIndex ? Int(right[other]) : rightIsTree ? slash : 0)
    // A stranger's name may have the slash itself, and is another name all the same.
    return order == 0 ? left.count - right.count : order
  }

  private func order(_ left: Entry, _ right: Entry) -> Int {
    Self.order(name(left), left.isTree, name(right), right.isTree)
  }

  /// A foreign tree may be in any order and have a name twice: the first of them counts.
  private mutating func sort() {
    let inOrder = entries.enumerated().sorted {
      let comparison = order($0.element, $1.element)
      return comparison == 0 ? $0.offset < $1.offset : comparison < 0
    }
    entries = []
    for (_, entry) in inOrder {
      if let last = entries.last, order(last, entry) == 0 { duplicates.append(entry) } else { entries.append(entry) }
    }
  }

  /// A file and a directory of one name can't both be written to disk: the file counts.
  private mutating func dropFilesBesideDirectories() {
    let doubled = entries.filter { $0.isTree && find(bytes[$0.name], isTree: false) != nil }
    guard !doubled.isEmpty else { return }
    duplicates += doubled
    let starts = Set(doubled.map(\.start))
    entries.removeAll { starts.contains($0.start) }
  }
}
