import Glibc

/// Looks at a pack's index before libgit2 does.
///
/// libgit2 1.5 goes wherever an index sends it: an offset beyond the pack, which a damaged disk may well have made, has
/// it read memory that isn't there, and the process ends.
enum PackOffsets {
  /// Whether the index has an offset inside the pack for each of its objects; `base`: the pack's path without extension.
  static func lieInside(_ base: String) throws(HistoryError) -> Bool {
    guard let indexSize = Disk.facts(base + ".idx")?.size, let packSize = Disk.facts(base + ".pack")?.size else {
      return false
    }
    let index = try Descriptor(opening: base + ".idx", O_RDONLY)
    let head = try index.read(table, at: 0, of: base)
    guard head.count == table, head.starts(with: [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]) else { return false }
    let count = PackFormat.word(head[(table - 4)...])
    // Ids, checksums, offsets; then offsets of eight bytes, and two hashes.
    let start = table + count * 24
    let large = start + count * 4
    guard indexSize >= large + 40 else { return false }
    let largeCount = (indexSize - 40 - large) / 8
    var position = start
    while position < large {
      let part = try index.read(min(1 << 20, large - position), at: position, of: base)
      guard !part.isEmpty, part.count % 4 == 0 else { return false }
      let isInside = part.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: 4).allSatisfy { place in
          let offset = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
          return offset & 0x8000_0000 == 0 ? offset <= packSize - 20 : offset & 0x7fff_ffff < largeCount
        }
      }
      guard isInside else { return false }
      position += part.count
    }
    let offsets = try index.read(largeCount * 8, at: large, of: base)
    return stride(from: 0, to: offsets.count - 7, by: 8).allSatisfy { place in
      let high = PackFormat.word(offsets[place..<(place + 4)])
      return high < 1 << 24 && high << 32 | PackFormat.word(offsets[(place + 4)..<(place + 8)]) <= packSize - 20
    }
  }

  /// The signature, the version, and the number of objects up to each first byte.
  private static let table = 8 + 256 * 4
}
