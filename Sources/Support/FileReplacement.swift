import CLinux
import Glibc

/// Replaces a file: a temporary one beside it, fsync, rename, fsync of the directory.
///
/// The old file stands until the new one is whole.
public func replaceFile(_ path: String, with bytes: [UInt8], mode: UInt32) throws(SystemError) {
  let temporary = "\(path).\(SystemRandom().hex(12))"
  let descriptor = membank_open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode)
  guard descriptor >= 0 else { throw SystemError("open", temporary) }
  defer { close(descriptor) }
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else {
      let error = SystemError("write", path)
      unlink(temporary)
      throw error
    }
    written += count
  }
  Failpoint.noteTemporary.pass()
  guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
    let error = SystemError("rename", path)
    unlink(temporary)
    throw error
  }
  let directory = membank_open(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/", O_RDONLY, 0)
  if directory >= 0 {
    fsync(directory)
    close(directory)
  }
}
