import FoundationEssentials
import Glibc
import Support

/// A directory in memory for a target that needs one; it goes with the value.
struct Scratch: ~Copyable {
  let path: String

  init() throws {
    var template = Array("/dev/shm/membank-fuzz.XXXXXX".utf8) + [0]
    let made = template.withUnsafeMutableBytes { buffer in
      buffer.assumingMemoryBound(to: CChar.self).baseAddress.map { mkdtemp($0) != nil } ?? false
    }
    guard made else { throw SystemError("mkdtemp", "/dev/shm") }
    path = String(decoding: template.dropLast(), as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], to name: String) throws {
    let slash = name.lastIndex(of: "/")
    if let slash {
      try FileManager.default.createDirectory(atPath: "\(path)/\(name[..<slash])", withIntermediateDirectories: true)
    }
    let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SystemError("open", name) }
    defer { close(descriptor) }
    guard bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
      throw SystemError("write", name)
    }
  }
}
