import CLinux
import Glibc
import Support

/// What is done with files at places of backups, by absolute path.
enum BackupFiles {
  /// Makes a directory and those above it, for this user alone.
  static func makeDirectory(_ path: String) throws(SystemError) {
    var prefix = ""
    for component in path.split(separator: "/") {
      prefix += "/" + component
      if mkdir(prefix, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", prefix) }
    }
  }

  /// Writes a file that isn't there yet, with the directories above it.
  ///
  /// `durably`: whether its bytes must survive a power cut.
  static func writeNew(_ path: String, _ bytes: [UInt8], durably: Bool = false) throws(SystemError) {
    try makeDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    let file = try OutputFile(creating: path)
    try file.write(bytes)
    if durably { try file.synchronise() }
  }

  /// The bytes of a file.
  static func read(_ path: String) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    try forEachPart(of: path) { bytes += $0 }
    return bytes
  }

  /// Goes through a file from front to back.
  static func forEachPart(
    of path: String, from offset: Int = 0, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(SystemError) {
    let descriptor = membank_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { throw SystemError("open", path) }
    defer { close(descriptor) }
    var place = offset
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = pread(descriptor, &buffer, buffer.count, off_t(place))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw SystemError("read", path) }
      guard count > 0 else { return }
      buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      place += count
    }
  }

  /// The size of a file in bytes; nil when there is none.
  static func size(_ path: String) -> Int64? {
    var facts = stat()
    guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int64(facts.st_size)
  }

  /// The names in a directory, sorted; nil when there is none.
  static func list(_ path: String) throws(SystemError) -> [String]? {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return nil }
      throw SystemError("opendir", path)
    }
    defer { closedir(directory) }
    var names: [String] = []
    // The record may be shorter than the C structure says: only what is asked for is touched.
    let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
    while let entry = readdir(directory) {
      let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
      // What isn't UTF-8 is nobody's backup.
      if let text = String(validatingCString: name), text != ".", text != ".." { names.append(text) }
    }
    return names.sorted()
  }

  /// Makes a directory's names survive a power cut.
  static func synchronise(_ directory: String) throws(SystemError) {
    let descriptor = membank_open(directory, O_RDONLY | O_DIRECTORY, 0)
    guard descriptor >= 0 else { throw SystemError("open", directory) }
    defer { close(descriptor) }
    // Some network file systems know no fsync of a directory.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw SystemError("fsync", directory) }
  }

  /// Gives a file a name that nothing bears yet.
  ///
  /// - Returns: Whether it was free.
  static func rename(_ path: String, toFree name: String) throws(SystemError) -> Bool {
    if membank_rename(AT_FDCWD, path, AT_FDCWD, name, UInt32(MEMBANK_RENAME_NOREPLACE)) == 0 { return true }
    switch errno {
    case EEXIST: return false
    case EINVAL, ENOSYS:
      // A file system without that flag (NFS): a link fails where the name is taken, too.
      guard link(path, name) == 0 else {
        if errno == EEXIST { return false }
        throw SystemError("link", name)
      }
      unlink(path)
      return true
    default: throw SystemError("rename", name)
    }
  }
}

/// A file that is being written, closed when the value goes away.
struct OutputFile: ~Copyable {
  private let descriptor: Int32
  private let path: String

  /// Makes it; there must be none.
  init(creating path: String) throws(SystemError) {
    self.path = path
    descriptor = membank_open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw SystemError("open", path) }
  }

  deinit { close(descriptor) }

  func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw SystemError("write", path, code: count == 0 ? ENOSPC : errno) }
      done += count
    }
  }

  func write(_ bytes: [UInt8]) throws(SystemError) {
    let failure: SystemError? = bytes.withUnsafeBytes { buffer in
      do throws(SystemError) { try write(buffer) } catch { return error }
      return nil
    }
    if let failure { throw failure }
  }

  /// Makes what was written survive a power cut.
  func synchronise() throws(SystemError) {
    guard fsync(descriptor) == 0 else { throw SystemError("fsync", path) }
  }
}
