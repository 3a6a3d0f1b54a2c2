internal import CLinux
import Glibc
public import Support

extension LinuxFileSystem {
  /// The bytes of a regular file; see ``FileSystem/read(_:limit:)-(BankPath,_)``.
  public func read(_ path: BankPath, limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp) {
    try read(Location(path), limit: limit)
  }

  /// The bytes of a temporary file.
  public func read(_ temporary: TemporaryFile, limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp) {
    try read(Location(temporary), limit: limit)
  }

  private func read(_ location: Location, limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp) {
    let file = try openForReading(location)
    for _ in 0..<4 {
      let before = try stamp(of: file, location)
      guard before.size <= limit else { throw SystemError("read", location.description, code: EFBIG) }
      let bytes = try contents(of: file, expecting: before.size, limit: limit, location)
      let after = try stamp(of: file, location)
      // A write in between shows in the times even where the size came out the same.
      if before == after, Int64(bytes.count) == after.size { return (bytes, after) }
      guard lseek(file.number, 0, SEEK_SET) == 0 else { throw SystemError("lseek", location.description) }
    }
    throw SystemError("read", location.description, code: EAGAIN)
  }

  /// Whether anybody has the file open for writing; see ``FileSystem/hasWriters(_:)-(BankPath)``.
  public func hasWriters(_ path: BankPath) throws(SystemError) -> Bool? { try hasWriters(Location(path)) }

  /// Whether anybody has the temporary file open for writing.
  public func hasWriters(_ temporary: TemporaryFile) throws(SystemError) -> Bool? {
    try hasWriters(Location(temporary))
  }

  // The kernel grants a read lease only while the inode has no writer, by descriptor or by mapping.
  private func hasWriters(_ location: Location) throws(SystemError) -> Bool? {
    let file = try openForReading(location)
    if membank_lease(file.number, F_RDLCK) == 0 {
      _ = membank_lease(file.number, F_UNLCK)
      return false
    }
    return errno == EAGAIN ? true : nil
  }

  private func openForReading(_ location: Location) throws(SystemError) -> Descriptor {
    let number = try within(location.directory) { (number) throws(SystemError) in
      var status = stat()
      guard fstatat(number, location.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
        throw SystemError("fstatat", location.description)
      }
      // Asked before it is opened: opening a device may already do something.
      try Self.requireFile(status, location)
      let result = membank_openat(number, location.name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY, 0)
      guard result >= 0 else { throw SystemError("open", location.description) }
      return result
    }
    guard let file = Descriptor(number) else { throw SystemError("open", location.description, code: EBADF) }
    return file
  }

  private func stamp(of file: borrowing Descriptor, _ location: Location) throws(SystemError) -> FileStamp {
    var status = stat()
    guard fstat(file.number, &status) == 0 else { throw SystemError("fstat", location.description) }
    try Self.requireFile(status, location)
    return FileStamp(status)
  }

  private static func requireFile(_ status: stat, _ location: Location) throws(SystemError) {
    switch EntryKind(mode: UInt32(status.st_mode)) {
    case .file: return
    case .directory: throw SystemError("open", location.description, code: EISDIR)
    case .symbolicLink: throw SystemError("open", location.description, code: ELOOP)
    case .special: throw SystemError("open", location.description, code: ENXIO)
    }
  }

  private func contents(
    of file: borrowing Descriptor, expecting size: Int64, limit: Int64, _ location: Location
  ) throws(SystemError) -> [UInt8] {
    let number = file.number
    // One byte more than it has, so that the end is seen without another call.
    var capacity = Int(size) + 1
    var bytes: [UInt8] = []
    while true {
      var failure: Int32 = 0
      let chunk = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        while count < capacity {
          let result = Glibc.read(number, buffer.baseAddress?.advanced(by: count), capacity - count)
          if result < 0 && errno == EINTR { continue }
          if result < 0 { failure = errno }
          guard result > 0 else { return }
          count += result
        }
      }
      guard failure == 0 else { throw SystemError("read", location.description, code: failure) }
      if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
      guard Int64(bytes.count) <= limit else { throw SystemError("read", location.description, code: EFBIG) }
      guard chunk.count == capacity else { return bytes }
      capacity = 65536
    }
  }
}
