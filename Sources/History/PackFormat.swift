import CZlib
import Support

/// The pieces of git's pack format, version 2.
enum PackFormat {
  /// How an entry is stored.
  enum Storage: Equatable {
    case whole(ObjectKind)
    /// A delta against the entry that starts so many bytes earlier.
    case offsetDelta(Int)
    /// A delta against an object, by id.
    case referenceDelta(ObjectID)
  }

  /// An entry's header: how it is stored, how long it is inflated, where its zlib stream begins.
  struct Header {
    let storage: Storage
    let size: Int
    let stream: Int
  }

  /// `PACK`, the version, the number of objects.
  static func start(count: Int) -> [UInt8] { Array("PACK".utf8) + word(2) + word(count) }

  /// A number in four bytes, most significant first.
  static func word(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  static func word(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }

  /// The header of an entry that is stored whole.
  static func entryHeader(_ kind: ObjectKind, size: Int) -> [UInt8] {
    var rest = size >> 4
    var header = [kind.rawValue << 4 | UInt8(size & 15) | (rest > 0 ? 0x80 : 0)]
    while rest > 0 {
      header.append(UInt8(rest & 0x7f) | (rest >> 7 > 0 ? 0x80 : 0))
      rest >>= 7
    }
    return header
  }

  /// Reads an entry's header; nil when it is cut short or makes no sense.
  static func parseHeader(_ bytes: ArraySlice<UInt8>) -> Header? {
    var offset = bytes.startIndex
    func next() -> UInt8? {
      guard offset < bytes.endIndex else { return nil }
      defer { offset += 1 }
      return bytes[offset]
    }
    guard var byte = next() else { return nil }
    let kind = byte >> 4 & 7
    var size = Int(byte & 15)
    var shift = 4
    while byte & 0x80 != 0 {
      guard shift < 60, let more = next() else { return nil }
      byte = more
      size |= Int(byte & 0x7f) << shift
      shift += 7
    }
    if let kind = ObjectKind(rawValue: kind) { return Header(storage: .whole(kind), size: size, stream: offset) }
    switch kind {
    case 6:
      guard var more = next() else { return nil }
      var distance = Int(more & 0x7f)
      while more & 0x80 != 0 {
        guard distance < 1 << 48, let byte = next() else { return nil }
        more = byte
        distance = (distance + 1) << 7 | Int(more & 0x7f)
      }
      return Header(storage: .offsetDelta(distance), size: size, stream: offset)
    case 7:
      guard offset + 20 <= bytes.endIndex, let id = ObjectID(bytes: bytes[offset..<(offset + 20)]) else { return nil }
      return Header(storage: .referenceDelta(id), size: size, stream: offset + 20)
    default: return nil
    }
  }

  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32(0, $0.baseAddress, UInt32($0.count))) }
  }
}

/// Where an entry stands in a pack, for its index.
struct PackPlace {
  let id: ObjectID
  let offset: Int
  let checksum: UInt32
}

extension PackFormat {
  /// The bytes of a version 2 index.
  static func index(_ places: [PackPlace], packTrailer: ObjectID) -> [UInt8] {
    let sorted = places.sorted { $0.id < $1.id }
    var fanout = [Int](repeating: 0, count: 256)
    var ids: [UInt8] = []
    var checksums: [UInt8] = []
    var offsets: [UInt8] = []
    var large: [UInt8] = []
    for place in sorted {
      let bytes = place.id.bytes
      fanout[Int(bytes[0])] += 1
      ids += bytes
      checksums += word(Int(place.checksum))
      if place.offset < 1 << 31 {
        offsets += word(place.offset)
      } else {
        offsets += word(1 << 31 | large.count / 8)
        large += word(place.offset >> 32) + word(place.offset & 0xffff_ffff)
      }
    }
    var result: [UInt8] = [0xff, 0x74, 0x4f, 0x63] + word(2)
    var total = 0
    for count in fanout {
      total += count
      result += word(total)
    }
    result += ids
    result += checksums
    result += offsets
    result += large
    result += packTrailer.bytes
    result += ObjectText.sha1(result[...]).bytes
    return result
  }
}
