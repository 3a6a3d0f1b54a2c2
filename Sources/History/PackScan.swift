import Support

/// A pack from a stranger, taken apart without believing any of it.
struct PackScan {
  private struct Entry {
    let offset: Int
    let header: PackFormat.Header
  }

  /// What one object may inflate to; a document may have 8 MiB, a tree some.
  private static let largestObject = 256 << 20
  /// What a whole pack may inflate to, deltas applied: a bomb claims more.
  private static let largestTotal = 32 << 30
  /// Up to so many objects, of so many bytes together, become loose.
  private static let fewObjects = 100
  private static let fewBytes = 32 << 20

  private let bytes: [UInt8]
  private var entries: [Entry] = []
  private var total = 0

  /// Checks the frame: header, trailer, that the entries fill the pack, what they claim to inflate to.
  init(_ bytes: [UInt8]) throws(HistoryError) {
    self.bytes = bytes
    guard bytes.count >= 32, bytes.starts(with: PackFormat.start(count: 0).prefix(8)) else {
      throw Self.damaged("is not a pack")
    }
    guard ObjectText.sha1(bytes.dropLast(20)).bytes[...] == bytes.suffix(20) else {
      throw Self.damaged("has a wrong checksum")
    }
    let count = PackFormat.word(bytes[8..<12])
    let inflater = Inflater()
    let end = bytes.count - 20
    var offset = 12
    while entries.count < count {
      guard offset < end, let header = PackFormat.parseHeader(bytes[offset..<end]), header.size <= Self.largestObject,
        let (head, consumed) = inflater.measure(bytes[header.stream..<end], size: header.size)
      else { throw Self.damaged("has a damaged entry") }
      total += header.size
      switch header.storage {
      case .whole: break
      case .offsetDelta, .referenceDelta:
        guard let size = Delta.sizes(head[...])?.result, size <= Self.largestObject else {
          throw Self.damaged("has a delta of an impossible size")
        }
        total += size
      }
      guard total <= Self.largestTotal else { throw Self.damaged("inflates to more than any bank holds") }
      entries.append(Entry(offset: offset, header: header))
      offset = header.stream + consumed
    }
    guard offset == end else { throw Self.damaged("has bytes after its last entry") }
  }

  private static func damaged(_ message: String) -> HistoryError { .damaged("add pack", "pack", message) }

  var isSmall: Bool { entries.count <= Self.fewObjects && total <= Self.fewBytes }

  /// Every object, deltas applied.
  func objects() throws(HistoryError) -> [RawObject] {
    let inflater = Inflater()
    var done: [Int: RawObject] = [:]
    var byID: [ObjectID: Int] = [:]
    var waiting = entries
    // A delta may stand before what it is a delta of: passes, until one brings nothing new.
    while !waiting.isEmpty {
      var left: [Entry] = []
      for entry in waiting {
        let base: RawObject?
        switch entry.header.storage {
        case .whole: base = nil
        case .offsetDelta(let distance):
          base = done[entry.offset - distance]
          if base == nil {
            left.append(entry)
            continue
          }
        case .referenceDelta(let id):
          base = byID[id].flatMap { done[$0] }
          if base == nil {
            left.append(entry)
            continue
          }
        }
        guard let (content, _) = inflater.inflate(bytes[entry.header.stream...], size: entry.header.size) else {
          throw Self.damaged("has a damaged entry")
        }
        let object: RawObject
        if case .whole(let kind) = entry.header.storage {
          object = RawObject(kind: kind, bytes: content)
        } else {
          guard let base, let result = Delta.apply(content, to: base.bytes) else {
            throw Self.damaged("has a damaged delta")
          }
          object = RawObject(kind: base.kind, bytes: result)
        }
        done[entry.offset] = object
        byID[ObjectText.id(object.kind, object.bytes)] = entry.offset
      }
      guard left.count < waiting.count else { throw Self.damaged("has a delta without its base") }
      waiting = left
    }
    return entries.compactMap { done[$0.offset] }
  }
}
