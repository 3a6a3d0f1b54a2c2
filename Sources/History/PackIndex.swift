import CLinux
import Glibc
import Support

/// A pack in the repository and its index, read by our own hand: for what libgit2 has no call for.
final class PackIndex {
  /// The pack's path without its extension.
  let base: String
  let count: Int
  private let bytes: [UInt8]
  private let file: Descriptor
  private let packSize: Int
  /// Every entry's offset in order, and the end of the last entry: made when first asked for.
  private lazy var borders: [Int] = ((0..<count).map { offset(at: $0) } + [packSize - 20]).sorted()

  private static let table = 8 + 256 * 4

  /// Reads the index and checks that it and the pack belong together.
  ///
  /// - Throws: ``HistoryError`` of kind `damaged` when they don't.
  init(_ base: String) throws(HistoryError) {
    self.base = base
    guard let bytes = try Disk.read(base + ".idx") else { throw .damaged("read index", base, "is gone") }
    guard bytes.count >= Self.table + 40, bytes.starts(with: [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]) else {
      throw .damaged("read index", base, "is not a version 2 index")
    }
    let count = PackFormat.word(bytes[(Self.table - 4)..<Self.table])
    guard bytes.count >= Self.table + count * 28 + 40 else { throw .damaged("read index", base, "is cut short") }
    self.bytes = bytes
    self.count = count
    file = try Descriptor(opening: base + ".pack", O_RDONLY)
    guard let size = Disk.facts(base + ".pack")?.size, size >= 32 else {
      throw .damaged("read pack", base, "is cut short")
    }
    packSize = size
    let head = try file.read(12, at: 0, of: base)
    let trailer = try file.read(20, at: size - 20, of: base)
    guard head == PackFormat.start(count: count), trailer[...] == bytes[(bytes.count - 40)..<(bytes.count - 20)]
    else { throw .damaged("read pack", base, "doesn't belong to its index") }
  }

  /// The packs of a repository; one that can't be read is left out and named.
  static func all(in directory: String) throws(HistoryError) -> (packs: [PackIndex], damaged: [HistoryError]) {
    var packs: [PackIndex] = []
    var damaged: [HistoryError] = []
    for name in try Disk.list(directory) where name.hasPrefix("pack-") && name.hasSuffix(".idx") {
      do {
        packs.append(try PackIndex("\(directory)/\(name.dropLast(4))"))
      } catch {
        damaged.append(error)
      }
    }
    return (packs, damaged)
  }

  func id(at position: Int) -> ObjectID {
    bytes.withUnsafeBytes { ObjectID(loading: $0, at: Self.table + position * 20) }
  }

  private func offset(at position: Int) -> Int {
    let start = Self.table + count * 24 + position * 4
    let offset = PackFormat.word(bytes[start..<(start + 4)])
    guard offset >= 1 << 31 else { return offset }
    let large = Self.table + count * 28 + (offset & 0x7fff_ffff) * 8
    guard large + 8 <= bytes.count - 40 else { return 0 }
    let (high, low) = (PackFormat.word(bytes[large..<(large + 4)]), PackFormat.word(bytes[(large + 4)..<(large + 8)]))
    // What no file is long enough for stands for nothing, and is not to be reckoned with.
    return high < 1 << 24 ? high << 32 | low : 0
  }

  /// The object's place, nil when it isn't in this pack.
  func position(of id: ObjectID) -> Int? {
    let place = lowerBound(id)
    return place < count && self.id(at: place) == id ? place : nil
  }

  func contains(_ id: ObjectID) -> Bool { position(of: id) != nil }

  /// The first position whose id is not below `id`.
  func lowerBound(_ id: ObjectID) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self.id(at: middle) < id { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// An entry as it stands in the pack, header and all, if it is stored whole and its checksum holds.
  func wholeEntry(_ id: ObjectID) throws(HistoryError) -> [UInt8]? {
    guard let position = position(of: id) else { return nil }
    let offset = offset(at: position)
    // The entry ends where the next one begins.
    var low = 0
    var high = borders.count
    while low < high {
      let middle = (low + high) / 2
      if borders[middle] <= offset { low = middle + 1 } else { high = middle }
    }
    guard low < borders.count, borders[low] <= packSize else { return nil }
    let entry = try file.read(borders[low] - offset, at: offset, of: base)
    let start = Self.table + count * 20 + position * 4
    guard let header = PackFormat.parseHeader(entry[...]), case .whole = header.storage,
      Int(PackFormat.checksum(entry[...])) == PackFormat.word(bytes[start..<(start + 4)])
    else { return nil }
    return entry
  }

  /// Whether the hashes at the end of both files are those of what stands before them.
  func isIntact() throws(HistoryError) -> Bool {
    guard ObjectText.sha1(bytes.dropLast(20)).bytes[...] == bytes.suffix(20) else { return false }
    let digest = Digest()
    var offset = 0
    while offset < packSize - 20 {
      let chunk = try file.read(min(1 << 20, packSize - 20 - offset), at: offset, of: base)
      guard !chunk.isEmpty else { return false }
      digest.update(chunk[...])
      offset += chunk.count
    }
    return digest.finish().bytes[...] == bytes[(bytes.count - 40)..<(bytes.count - 20)]
  }

  /// Unlinks the index, then the pack: the other way round a reader would find an index without a pack.
  func remove() throws(HistoryError) {
    try Disk.remove(base + ".idx")
    Failpoint.repackUnindexed.pass()
    try Disk.remove(base + ".pack")
    for other in [".rev", ".bitmap", ".mtimes"] { try Disk.remove(base + other) }
  }
}
