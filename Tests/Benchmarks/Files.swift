import CLinux
import Glibc
import Support

/// Files of the benchmark's own making, written as editors write them.
enum Files {
  static func makeDirectories(_ path: String) throws {
    var done = ""
    for component in path.split(separator: "/") {
      done += "/" + component
      guard mkdir(done, 0o700) == 0 || errno == EEXIST else { throw SystemError("mkdir", done) }
    }
  }

  static func open(_ path: String, _ flags: Int32) throws -> Int32 {
    let file = membank_open(path, flags, 0o644)
    guard file >= 0 else { throw SystemError("open", path) }
    return file
  }

  /// Opens with O_TRUNC and writes: the save in place.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let file = try open(path, O_WRONLY | O_CREAT | O_TRUNC)
    defer { close(file) }
    try write(bytes, to: file, path)
  }

  static func write(_ bytes: [UInt8], to file: Int32, _ path: String) throws {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else { throw SystemError("write", path) }
      written += count
    }
  }

  /// Writes a temporary file beside it; ``replace(_:with:)`` puts it in place.
  static func writeBeside(_ bytes: [UInt8], _ path: String) throws -> String {
    let temporary = "\(path).tmp.\(getpid()).0a1b2c3d4e5f"
    try write(bytes, to: temporary)
    return temporary
  }

  static func replace(_ path: String, with temporary: String) throws {
    guard rename(temporary, path) == 0 else { throw SystemError("rename", path) }
  }

  /// The file's bytes; nil when it can't be opened.
  static func read(_ path: String) -> [UInt8]? {
    let file = membank_open(path, O_RDONLY, 0)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      guard count > 0 else { return count == 0 ? bytes : nil }
      bytes += buffer[..<count]
    }
  }

  /// The file's text, empty when it can't be read: what `/proc` says of a process that may be gone.
  static func text(_ path: String) -> String { String(decoding: read(path) ?? [], as: UTF8.self) }
}
