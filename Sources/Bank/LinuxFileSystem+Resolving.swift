internal import CLinux
import Glibc
import Support

/// A directory below the root and a name in it.
struct Location {
  let directory: BankPath?
  let name: String
  let description: String

  init(_ path: BankPath) {
    directory = path.parent
    name = path.name
    description = path.description
  }

  init(_ temporary: TemporaryFile) {
    directory = temporary.directory
    name = temporary.name
    description = temporary.description
  }
}

/// How names become descriptors, without a symbolic link on the way.
extension LinuxFileSystem {
  /// Opens what is below the root; -1 and `errno` on failure.
  func open(_ path: BankPath, _ flags: Int32) -> Int32 {
    if !missing.contains(.openBeneath) {
      let result = membank_open_beneath(root.number, path.description, flags | O_NOFOLLOW, 0)
      // Before Linux 5.6 the call is unknown, and under older sandboxes it is forbidden.
      guard result < 0, errno == ENOSYS || errno == EPERM else { return result }
      missing.insert(.openBeneath)
    }
    return openStepwise(path, flags)
  }

  // Component by component: each is opened in the directory that the last one turned out to be.
  private func openStepwise(_ path: BankPath, _ flags: Int32) -> Int32 {
    var directory = root.number
    defer { if directory != root.number { close(directory) } }
    for ancestor in path.ancestors {
      let next = membank_openat(
        directory, ancestor.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK, 0)
      guard next >= 0 else { return -1 }
      if directory != root.number { close(directory) }
      directory = next
    }
    return membank_openat(directory, path.name, flags | O_NOFOLLOW, 0)
  }

  /// Runs `body` with a descriptor of a directory below the root, nil for the root itself.
  func within<T>(_ directory: BankPath?, _ body: (Int32) throws(SystemError) -> T) throws(SystemError) -> T {
    guard let directory else { return try body(root.number) }
    guard let opened = Descriptor(open(directory, O_RDONLY | O_DIRECTORY | O_NONBLOCK)) else {
      throw SystemError("openat2", directory.description)
    }
    return try body(opened.number)
  }

  /// What `fstatat` says; nil when nothing is there.
  func status(of location: Location) throws(SystemError) -> stat? {
    do throws(SystemError) {
      return try within(location.directory) { (number) throws(SystemError) -> stat? in
        var status = stat()
        guard fstatat(number, location.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
          guard errno == ENOENT || errno == ENOTDIR else { throw SystemError("fstatat", location.description) }
          return nil
        }
        return status
      }
    } catch {
      // A parent that is a symbolic link gives ELOOP, never "absent": nothing can be said of what is behind it.
      guard error.code == ENOENT || error.code == ENOTDIR else { throw error }
      guard error.code == ENOTDIR, try isBehindLink(location) else { return nil }
      throw SystemError("openat2", location.description, code: ELOOP)
    }
  }

  // O_DIRECTORY with O_NOFOLLOW answers ENOTDIR for a link where the path was walked step by step.
  private func isBehindLink(_ location: Location) throws(SystemError) -> Bool {
    for ancestor in (location.directory.map { $0.ancestors + [$0] } ?? []) {
      let parent = Location(ancestor)
      let kind = try within(parent.directory) { (number) throws(SystemError) -> EntryKind? in
        var status = stat()
        guard fstatat(number, parent.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return EntryKind(mode: UInt32(status.st_mode))
      }
      if kind == .symbolicLink { return true }
      // A file, or nothing, that is no link: there is nothing below it, and no way to look there.
      if kind != .directory { return false }
    }
    return false
  }

  /// Whether the directory's names are case-insensitive, asked without writing anything.
  static func foldsCase(_ directory: Int32) -> Bool {
    if membank_folds_case(directory) == 1 { return true }
    // FAT and exFAT, the network's Windows shares, and NTFS never say so otherwise.
    var fileSystem = statfs()
    guard fstatfs(directory, &fileSystem) == 0 else { return false }
    let magic = UInt32(truncatingIfNeeded: fileSystem.f_type)
    if [0x4d44, 0x2011_bab0, 0xff53_4d42, 0xfe53_4d42, 0x517b].contains(magic) { return true }
    var lower = stat()
    var upper = stat()
    return fstatat(directory, ".membank", &lower, AT_SYMLINK_NOFOLLOW) == 0
      && fstatat(directory, ".MEMBANK", &upper, AT_SYMLINK_NOFOLLOW) == 0 && lower.st_ino == upper.st_ino
  }
}
