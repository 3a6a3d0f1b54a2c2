import Glibc

/// Running without the rights that make root blind to modes.
enum Unprivileged {
  /// Whether modes can be made to count: we are no root, or util-linux's setpriv can drop what root has more.
  static let isPossible = geteuid() != 0 || access("/usr/bin/setpriv", X_OK) == 0

  static func words(_ words: [String]) -> [String] {
    guard geteuid() == 0 else { return words }
    return ["/usr/bin/setpriv", "--bounding-set", "-dac_override,-dac_read_search"] + words
  }
}

extension Machine {
  /// Runs membank as a process for which the modes of files hold.
  func withoutPrivileges(_ arguments: [String], in directory: String? = nil) async throws -> Outcome {
    try await run(
      Unprivileged.words([membankPath] + arguments), environment: environment, in: directory ?? bank)
  }
}

/// A small file system that is full soon; unmounted when the value goes away.
final class SmallDisk {
  let path: String

  init(at path: String, kilobytes: Int) async throws {
    self.path = path
    mkdir(path, 0o755)
    let made = try await run(["mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k,mode=755", "membank-test", path])
    guard made.status == 0 else { throw MountError(text: made.text) }
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  /// Makes it larger.
  func grow(kilobytes: Int) async throws {
    let made = try await run(["mount", "-o", "remount,size=\(kilobytes)k", path])
    guard made.status == 0 else { throw MountError(text: made.text) }
  }

  /// Has it take writes, or none.
  func allowWriting(_ isAllowed: Bool) async throws {
    let made = try await run(["mount", "-o", "remount,\(isAllowed ? "rw" : "ro")", path])
    guard made.status == 0 else { throw MountError(text: made.text) }
  }

  /// Takes what is left of it.
  func fill(_ name: String) {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_APPEND, 0o644)
    defer { close(file) }
    for size in [65_536, 4096, 1] {
      let bytes = [UInt8](repeating: 0x78, count: size)
      while Glibc.write(file, bytes, size) > 0 {}
    }
  }
}

struct MountError: Error, CustomStringConvertible {
  let text: String
  var description: String { text }
}
