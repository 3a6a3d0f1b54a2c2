public import Support

/// A file whose bytes were hashed once.
public struct KnownFile: Hashable, Sendable {
  /// Its stamp when it was read.
  public var stamp: FileStamp
  /// The git id of its bytes.
  public var blob: ObjectID
  /// When it was read, in nanoseconds since 1970.
  public var hashedAt: Int64

  /// A file whose bytes were hashed once.
  public init(stamp: FileStamp, blob: ObjectID, hashedAt: Int64) {
    self.stamp = stamp
    self.blob = blob
    self.hashedAt = hashedAt
  }
}

/// Which bytes stood behind which stamp: a cache that saves reading and hashing, never a source of truth.
public struct FileTable: Sendable {
  /// What is known, by path.
  public var files: [BankPath: KnownFile]

  // A file system may give two writes within one tick of its clock the same time; FAT's ticks last two seconds.
  private static let racyNanoseconds: Int64 = 2_000_000_000

  /// A table that knows these files.
  public init(files: [BankPath: KnownFile] = [:]) { self.files = files }

  /// The blob that the file holds if its stamp is the one known, and old enough to be told from that of a write that
  /// came right after the reading; else nil.
  public func trusts(_ path: BankPath, _ stamp: FileStamp) -> ObjectID? {
    guard let known = files[path], known.stamp == stamp else { return nil }
    let latest = known.hashedAt &- Self.racyNanoseconds
    guard stamp.modified < latest, stamp.changed < latest else { return nil }
    return known.blob
  }
}

extension FileTable {
  private static let magic = Array("membank files 1\n".utf8)

  /// The table as bytes: a header with the version, the entries in the order of their paths, a checksum.
  public func serialised() -> [UInt8] {
    var bytes = Self.magic
    bytes.reserveCapacity(bytes.count + files.count * 128 + 72)
    Self.append(UInt64(files.count), to: &bytes)
    for (path, file) in files.sorted(by: { $0.key < $1.key }) {
      Self.append(UInt64(path.bytes.count), to: &bytes)
      bytes += path.bytes
      bytes += file.blob.bytes
      for number in [file.stamp.size, file.stamp.modified, file.stamp.changed, file.hashedAt] {
        Self.append(UInt64(bitPattern: number), to: &bytes)
      }
      for number in [file.stamp.inode, file.stamp.device, UInt64(file.stamp.mode)] { Self.append(number, to: &bytes) }
    }
    return bytes + Array(sha256(bytes).utf8)
  }

  /// The checksum that a serialised table ends with; nil for what is too short to be one.
  static func checksum(of bytes: [UInt8]) -> ArraySlice<UInt8>? {
    bytes.count >= magic.count + 72 ? bytes[(bytes.count - 64)...] : nil
  }

  /// The table that was written so; nil when it is damaged or of another version.
  public init?(parsing bytes: [UInt8]) {
    guard let body = Self.checksum(of: bytes)?.startIndex else { return nil }
    guard sha256(Array(bytes[..<body])).utf8.elementsEqual(bytes[body...]) else { return nil }
    var files: [BankPath: KnownFile] = [:]
    let isWhole = Self.forEachEntry(of: bytes) { count in
      files.reserveCapacity(count)
    } visit: { name, file in
      guard let path = try? BankPath(name) else { return false }
      files[path] = file
      return true
    }
    guard isWhole else { return nil }
    self.files = files
  }

  /// Goes through the entries of a serialised table, in the order of their paths, until `visit` says false.
  ///
  /// - Parameters:
  ///   - bytes: The table; its checksum is not looked at.
  ///   - begin: Told the number of entries.
  ///   - visit: Told each entry; the path's bytes are a part of `bytes`.
  /// - Returns: Whether it went through all of them.
  static func forEachEntry(
    of bytes: [UInt8], begin: (Int) -> Void, visit: (UnsafeRawBufferPointer, KnownFile) -> Bool
  ) -> Bool {
    guard bytes.count >= magic.count + 72, bytes.starts(with: magic) else { return false }
    return bytes.withUnsafeBytes { bytes in
      var reader = Reader(bytes: UnsafeRawBufferPointer(rebasing: bytes.dropLast(64)), position: magic.count)
      guard let count = reader.number(), count <= UInt64(bytes.count) else { return false }
      begin(Int(count))
      for _ in 0..<count {
        guard let (name, file) = reader.entry(), visit(name, file) else { return false }
      }
      return true
    }
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var position: Int

    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
      guard count >= 0, bytes.count - position >= count else { return nil }
      defer { position += count }
      return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }

    mutating func number() -> UInt64? {
      take(8).map { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    }

    mutating func entry() -> (name: UnsafeRawBufferPointer, file: KnownFile)? {
      guard let length = number(), length <= 4095, let name = take(Int(length)), let id = take(20),
        let size = number(), let modified = number(), let changed = number(), let hashedAt = number(),
        let inode = number(), let device = number(), let mode = number()
      else { return nil }
      let stamp = FileStamp(
        size: Int64(bitPattern: size), modified: Int64(bitPattern: modified), changed: Int64(bitPattern: changed),
        inode: inode, device: device, mode: UInt32(truncatingIfNeeded: mode))
      let blob = ObjectID(loading: id, at: 0)
      return (name, KnownFile(stamp: stamp, blob: blob, hashedAt: Int64(bitPattern: hashedAt)))
    }
  }
}
