import CLinux
import Glibc
public import Support

/// The right to write a bank's history: one process has it at a time, and loses it by ending.
public struct BankLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock of a state directory; nil when another process has it.
  public init?(_ state: StateDirectory) throws(SystemError) {
    let path = state.path + "/lock"
    let descriptor = membank_open(path, O_RDWR | O_CREAT, 0o600)
    guard descriptor >= 0 else { throw SystemError("open", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      if code == EWOULDBLOCK { return nil }
      throw SystemError("flock", path, code: code)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
