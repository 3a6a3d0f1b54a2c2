import CLinux
import Glibc

/// An open file, closed when the value goes out of scope.
struct Descriptor: ~Copyable {
  let number: Int32

  init(opening path: String, _ flags: Int32, mode: UInt32 = 0) throws(HistoryError) {
    number = membank_open(path, flags, mode)
    guard number >= 0 else { throw .system("open", path) }
  }

  deinit { close(number) }

  /// Writes all of it at a place in the file.
  func write(_ bytes: ArraySlice<UInt8>, at offset: Int = 0, to path: String) throws(HistoryError) {
    var rest = bytes
    var offset = offset
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, off_t(offset)) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .system("pwrite", path) }
      rest = rest.dropFirst(count)
      offset += count
    }
  }

  /// Up to `count` bytes from `offset`; fewer at the end of the file.
  func read(_ count: Int, at offset: Int, of path: String) throws(HistoryError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = 0
      while filled < count {
        let got = pread(number, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
        if got < 0, errno == EINTR { continue }
        if got < 0 { code = errno }
        guard got > 0 else { break }
        filled += got
      }
    }
    guard code == 0 else { throw .system("pread", path, code: code) }
    return bytes
  }

  /// Makes the file's bytes (or the directory's names) survive a power cut.
  func synchronise(_ path: String) throws(HistoryError) {
    guard fsync(number) == 0 else { throw .system("fsync", path) }
  }
}

/// What a file system says about a file of ours.
struct FileFacts: Equatable {
  let size: Int
  let inode: UInt64
  let isDirectory: Bool
  /// Nanoseconds since 1970, by the file system's clock.
  let modified: Int64
}

/// The few things that the history does with its own files, by absolute path.
enum Disk {
  /// The bytes of a file, nil when there is none.
  static func read(_ path: String) throws(HistoryError) -> [UInt8]? {
    let number = membank_open(path, O_RDONLY, 0)
    guard number >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .system("open", path)
    }
    defer { close(number) }
    var facts = stat()
    guard fstat(number, &facts) == 0 else { throw .system("fstat", path) }
    guard facts.st_mode & S_IFMT != S_IFDIR else { return nil }
    var code: Int32 = 0
    let size = Int(facts.st_size)
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      filled = 0
      while filled < size {
        let got = Glibc.read(number, buffer.baseAddress.map { $0 + filled }, size - filled)
        if got < 0, errno == EINTR { continue }
        if got < 0 { code = errno }
        guard got > 0 else { break }
        filled += got
      }
    }
    guard code == 0 else { throw .system("read", path, code: code) }
    return bytes
  }

  static func facts(_ path: String) -> FileFacts? {
    var facts = stat()
    guard lstat(path, &facts) == 0 else { return nil }
    return FileFacts(
      size: Int(facts.st_size), inode: UInt64(facts.st_ino), isDirectory: facts.st_mode & S_IFMT == S_IFDIR,
      // Wraps instead of trapping: a file may claim a year in which nanoseconds no longer fit.
      modified: Int64(facts.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(facts.st_mtim.tv_nsec))
  }

  /// The names in a directory, sorted; none when there is no such directory.
  static func list(_ path: String) throws(HistoryError) -> [String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT || errno == ENOTDIR { return [] }
      throw .system("opendir", path)
    }
    defer { closedir(directory) }
    var names: [String] = []
    // The record may be shorter than the C structure says: only what is asked for is touched.
    let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
    while let entry = readdir(directory) {
      let name = String(cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Makes a directory and those above it.
  static func makeDirectory(_ path: String) throws(HistoryError) {
    if mkdir(path, 0o700) == 0 || (errno == EEXIST && facts(path)?.isDirectory == true) { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw .system("mkdir", path)
    }
    try makeDirectory(String(path[..<slash]))
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .system("mkdir", path) }
  }

  static func rename(_ old: String, to new: String) throws(HistoryError) {
    guard Glibc.rename(old, new) == 0 else { throw .system("rename", new) }
  }

  /// Unlinks a file; one that is gone already is fine.
  static func remove(_ path: String) throws(HistoryError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw .system("unlink", path) }
  }

  /// Removes a directory with the files in it.
  static func removeTree(_ path: String) throws(HistoryError) {
    for name in try list(path) {
      let inner = "\(path)/\(name)"
      if facts(inner)?.isDirectory == true { try removeTree(inner) } else { try remove(inner) }
    }
    guard rmdir(path) == 0 || errno == ENOENT else { throw .system("rmdir", path) }
  }

  /// Makes a file or a directory survive a power cut.
  static func synchronise(_ path: String) throws(HistoryError) {
    try Descriptor(opening: path, O_RDONLY).synchronise(path)
  }

  /// Puts a file in place whole: a reader sees nothing or all of it.
  static func writeWhole(_ bytes: [UInt8], to path: String) throws(HistoryError) {
    let temporary = path + ".new"
    let file = try Descriptor(opening: temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    try file.write(bytes[...], to: temporary)
    try file.synchronise(temporary)
    try rename(temporary, to: path)
  }

  /// Sets a file's times, in nanoseconds since 1970; nil: to now.
  @discardableResult
  static func touch(_ path: String, modified: Int64? = nil) -> Bool {
    guard let modified else { return utimensat(AT_FDCWD, path, nil, 0) == 0 }
    let time = timespec(tv_sec: Int(modified / 1_000_000_000), tv_nsec: Int(modified % 1_000_000_000))
    let times = [time, time]
    return utimensat(AT_FDCWD, path, times, 0) == 0
  }
}
