import CLinux
import Glibc
import Support

/// The directory of a private redis-server: held open, private, locked while a server lives in it.
final class EmbeddedDirectory {
  static let socketName = "redis.sock"
  static let pidName = "redis.pid"
  static let logName = "redis.log"
  private static let oldLogName = "redis.log.old"
  private static let lockName = "redis.lock"
  /// The log is put aside when it has grown to this.
  private static let logLimit: Int64 = 1 << 20

  let path: String
  let descriptor: Int32

  /// Opens the directory; makes it when only it is missing, not what is above it.
  init(_ path: String) throws(EmbeddedServerError) {
    self.path = path
    if mkdir(path, 0o700) < 0, errno != EEXIST { throw EmbeddedServerError(.directory, SystemError("mkdir", path)) }
    descriptor = membank_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    guard descriptor >= 0 else { throw EmbeddedServerError(.directory, SystemError("open", path)) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("fstat") }
    guard status.st_uid == geteuid() else {
      throw EmbeddedServerError(.directory, path, "belongs to another user (uid \(status.st_uid))")
    }
    // The socket has no password: the directory's mode is what keeps others out.
    if status.st_mode & 0o777 != 0o700, fchmod(descriptor, 0o700) < 0 { throw failure("fchmod") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// A name for the socket that fits, however long the path is: a socket's address ends at 107 bytes.
  var socketPath: String { "/proc/self/fd/\(descriptor)/\(Self.socketName)" }

  /// Whether `other` is this same directory.
  func isSame(as other: String) -> Bool {
    var mine = stat()
    var theirs = stat()
    return fstat(descriptor, &mine) == 0 && stat(other, &theirs) == 0 && mine.st_dev == theirs.st_dev
      && mine.st_ino == theirs.st_ino
  }

  /// Takes the lock that says whether a server lives here; nil when one does.
  ///
  /// The server inherits the descriptor. The lock is free exactly when neither it nor a child of it is left, so two
  /// servers never write one append-only file, whatever was killed and however.
  func lock() throws(EmbeddedServerError) -> Int32? {
    let lock = membank_openat(descriptor, Self.lockName, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
    guard lock >= 0 else { throw failure("openat") }
    if flock(lock, LOCK_EX | LOCK_NB) == 0 { return lock }
    let error = failure("flock")
    let isHeld = errno == EWOULDBLOCK
    close(lock)
    guard isHeld else { throw error }
    return nil
  }

  /// Opens the server's log for appending.
  func openLog() throws(EmbeddedServerError) -> Int32 {
    boundLog()
    let log = membank_openat(descriptor, Self.logName, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
    guard log >= 0 else { throw failure("openat") }
    return log
  }

  /// Puts the log aside when it is long.
  ///
  /// The server opens its log anew for every line, so this may be done at any time.
  func boundLog() {
    guard size(of: Self.logName) > Self.logLimit else { return }
    membank_rename(descriptor, Self.logName, descriptor, Self.oldLogName, 0)
  }

  func logSize() -> Int64 { size(of: Self.logName) }

  private func size(of name: String) -> Int64 {
    var status = stat()
    return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? Int64(status.st_size) : 0
  }

  /// The last lines that the log got behind `offset`, for a message.
  func logLines(since offset: Int64, limit: Int = 3) -> String {
    let log = membank_openat(descriptor, Self.logName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
    guard log >= 0 else { return "" }
    defer { close(log) }
    var bytes = [UInt8](repeating: 0, count: 8_192)
    let start = max(offset, size(of: Self.logName) - Int64(bytes.count))
    let count = pread(log, &bytes, bytes.count, off_t(start))
    guard count > 0 else { return "" }
    let lines = bytes[..<count].split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    return lines.suffix(limit).joined(separator: "; ")
  }

  /// Removes what a server that is gone left in the way.
  func removeStale() {
    unlinkat(descriptor, Self.socketName, 0)
    unlinkat(descriptor, Self.pidName, 0)
  }

  private func failure(_ operation: String) -> EmbeddedServerError {
    EmbeddedServerError(.directory, SystemError(operation, path))
  }
}
