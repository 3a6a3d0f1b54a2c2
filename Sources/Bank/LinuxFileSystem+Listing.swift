internal import CLinux
import Glibc
public import Support

/// One name, while its directory is being listed.
struct ListedName: ~Copyable {
  /// As the C library has it, until the next name.
  let pointer: UnsafePointer<CChar>
  let kind: EntryKind
  private let directory: Int32

  fileprivate init(_ pointer: UnsafePointer<CChar>, _ kind: EntryKind, in directory: Int32) {
    self.pointer = pointer
    self.kind = kind
    self.directory = directory
  }

  /// Its bytes, until the next name.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)) }

  /// The stamp of what it stands for now; nil when that can't be told, or is no regular file.
  var stamp: FileStamp? {
    var status = stat()
    guard fstatat(directory, pointer, &status, AT_SYMLINK_NOFOLLOW) == 0,
      EntryKind(mode: UInt32(status.st_mode)) == .file
    else { return nil }
    return FileStamp(status)
  }
}

extension LinuxFileSystem {
  /// Goes through the names in a directory, nil for the root, until `visit` says false.
  ///
  /// - Throws: ``SystemError``; `ESTALE` when another directory stands at the root's name.
  func visitNames(in directory: BankPath?, _ visit: (borrowing ListedName) -> Bool) throws(SystemError) {
    if directory == nil {
      let now = try rootIdentity()
      guard now == identity else { throw SystemError("stat", path, code: ESTALE) }
    }
    let operand = directory?.description ?? path
    // A description of its own: the position in the directory belongs to the open file, not to the descriptor.
    var descriptor =
      directory.map { open($0, O_RDONLY | O_DIRECTORY) }
      ?? membank_openat(
        root.number, ".", O_RDONLY | O_DIRECTORY, 0)
    guard descriptor >= 0 else { throw SystemError("openat2", operand) }
    guard let stream = fdopendir(descriptor) else {
      let error = SystemError("fdopendir", operand)
      close(descriptor)
      throw error
    }
    defer { closedir(stream) }
    descriptor = dirfd(stream)
    let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw SystemError("readdir", operand) }
        return
      }
      let name = UnsafeRawPointer(entry).advanced(by: nameOffset).assumingMemoryBound(to: CChar.self)
      if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { continue }
      let kind: EntryKind
      switch Int32(entry.pointee.d_type) {
      case Int32(DT_REG): kind = .file
      case Int32(DT_DIR): kind = .directory
      case Int32(DT_LNK): kind = .symbolicLink
      case Int32(DT_UNKNOWN):
        // Some file systems leave the type out of their directories.
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
        kind = EntryKind(mode: UInt32(status.st_mode))
      default: kind = .special
      }
      guard visit(ListedName(name, kind, in: descriptor)) else { return }
    }
  }

  /// The names in a directory; see ``FileSystem/list(_:)``.
  public func list(_ directory: BankPath?) throws(SystemError) -> [(name: [UInt8], kind: EntryKind)] {
    var entries: [(name: [UInt8], kind: EntryKind)] = []
    try visitNames(in: directory) { name in
      entries.append((Array(name.bytes), name.kind))
      return true
    }
    return entries
  }
}
