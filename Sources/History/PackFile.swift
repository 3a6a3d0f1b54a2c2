import CLinux
import Glibc
import Support

/// A pack that is written object by object, and read while it is.
///
/// Twice as fast as loose objects when there are thousands, and one file instead of as many.
final class PackFile {
  private let directory: String
  private let temporary: String
  private let file: Descriptor
  private let deflater = Deflater()
  private let inflater = Inflater()
  private var places: [PackPlace] = []
  private var offsets: [ObjectID: Int] = [:]
  /// What has not been written to the file yet; it belongs at `flushed`.
  private var pending = PackFormat.start(count: 0)
  private var flushed = 0

  /// Begins a pack.
  ///
  /// `directory`: the repository's `objects/pack`.
  init(in directory: String) throws(HistoryError) {
    self.directory = directory
    var attempt = 0
    var path: String
    var number: Int32
    repeat {
      // git takes files of this name for leftovers of its own, as it should.
      attempt += 1
      path = "\(directory)/tmp_pack_mb\(getpid())-\(attempt)"
      number = membank_open(path, O_RDWR | O_CREAT | O_EXCL, 0o444)
    } while number < 0 && errno == EEXIST
    guard number >= 0 else { throw .system("open", path) }
    temporary = path
    file = Descriptor(adopting: number)
  }

  var isEmpty: Bool { places.isEmpty }

  func contains(_ id: ObjectID) -> Bool { offsets[id] != nil }

  func append(_ id: ObjectID, _ kind: ObjectKind, _ bytes: [UInt8]) throws(HistoryError) {
    guard offsets[id] == nil else { return }
    let entry = PackFormat.entryHeader(kind, size: bytes.count) + (try deflater.deflate(bytes))
    let offset = flushed + pending.count
    offsets[id] = offset
    places.append(PackPlace(id: id, offset: offset, checksum: PackFormat.checksum(entry[...])))
    pending += entry
    if pending.count >= 1 << 20 { try flush() }
  }

  private func flush() throws(HistoryError) {
    // At a place, so that one that failed half-way (a full disk) can be repeated.
    try file.write(pending[...], at: flushed, to: temporary)
    flushed += pending.count
    pending.removeAll(keepingCapacity: true)
  }

  /// An object that was appended, nil for any other.
  func read(_ id: ObjectID) throws(HistoryError) -> RawObject? {
    guard let offset = offsets[id] else { return nil }
    if offset >= flushed { return try parse(id, pending[(offset - flushed)...]) }
    // The compressed bytes end before the next entry does; reading on into that one is harmless.
    let head = try file.read(16, at: offset, of: temporary)
    guard let size = PackFormat.parseHeader(head[...])?.size else { throw damaged(id) }
    return try parse(id, file.read(size + size / 512 + 256, at: offset, of: temporary)[...])
  }

  private func parse(_ id: ObjectID, _ bytes: ArraySlice<UInt8>) throws(HistoryError) -> RawObject {
    guard let header = PackFormat.parseHeader(bytes), case .whole(let kind) = header.storage,
      let (content, _) = inflater.inflate(bytes[header.stream...], size: header.size)
    else { throw damaged(id) }
    return RawObject(kind: kind, bytes: content)
  }

  private func damaged(_ id: ObjectID) -> HistoryError { .damaged("read pack", id.description, "can't be inflated") }

  /// Completes the pack and puts it in place, durably, its index last.
  func finish() throws(HistoryError) {
    guard !isEmpty else { return try abandon() }
    try flush()
    // The count stands in front of all that is hashed, and is only known now.
    try file.write(PackFormat.word(places.count)[...], at: 8, to: temporary)
    let digest = Digest()
    var offset = 0
    while offset < flushed {
      let chunk = try file.read(min(1 << 20, flushed - offset), at: offset, of: temporary)
      guard !chunk.isEmpty else { throw .damaged("read", temporary, "is shorter than was written") }
      digest.update(chunk[...])
      offset += chunk.count
    }
    let trailer = digest.finish()
    try file.write(trailer.bytes[...], at: flushed, to: temporary)
    try file.synchronise(temporary)
    try Self.install(
      pack: temporary, index: PackFormat.index(places, packTrailer: trailer), trailer: trailer, in: directory)
  }

  /// Puts a complete, synchronised pack file in place, with its index.
  static func install(pack: String, index: [UInt8], trailer: ObjectID, in directory: String) throws(HistoryError) {
    let base = "\(directory)/pack-\(trailer)"
    let temporaryIndex = "\(directory)/tmp_idx_\(trailer)"
    try Disk.remove(temporaryIndex)
    do {
      let file = try Descriptor(opening: temporaryIndex, O_WRONLY | O_CREAT | O_EXCL, mode: 0o444)
      try file.write(index[...], to: temporaryIndex)
      try file.synchronise(temporaryIndex)
    }
    // Readers look for indexes: the pack must be there before its index is.
    try Disk.rename(pack, to: base + ".pack")
    Failpoint.packPlaced.pass()
    try Disk.rename(temporaryIndex, to: base + ".idx")
    Failpoint.packIndexed.pass()
    try Disk.synchronise(directory)
  }

  /// Gives the pack up.
  func abandon() throws(HistoryError) { try Disk.remove(temporary) }
}
