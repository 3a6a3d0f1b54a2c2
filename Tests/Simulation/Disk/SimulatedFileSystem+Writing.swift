import Bank
import Glibc
import Support

extension SimulatedFileSystem {
  /// One effect: refused when the program is dead, or the disk takes no writes.
  private func effect(
    _ call: String, _ operand: String, in directory: DiskNode?, mix: UInt64 = 0, _ body: () -> Void
  ) throws(SystemError) {
    guard gate.lets(UInt64(truncatingIfNeeded: call.utf8.count) ^ mix, "\(call) \(operand)") else {
      throw SystemError(call, operand, code: EIO)
    }
    if disk.isReadOnly { throw SystemError(call, operand, code: EROFS) }
    if let directory, directory.isForbidden || directory.isReadOnly { throw SystemError(call, operand, code: EACCES) }
    let before = disk.actor
    disk.actor = .replica
    defer { disk.actor = before }
    body()
  }

  func setExecutable(_ path: BankPath, _ executable: Bool) throws(SystemError) {
    let node = try existing(path.bytes)
    try effect("fchmod", path.description, in: nil) { disk.changeMode(node, executable: executable) }
  }

  func create(_ temporary: TemporaryFile, content: [UInt8], access: TemporaryAccess) throws(SystemError) {
    let isExecutable: Bool
    switch access {
    case .new(let executable): isExecutable = executable
    case .like(let path, let executable):
      _ = try existing(path.bytes)
      isExecutable = executable
    }
    let directory = try directory(temporary.directory, "open")
    let unfinished = Array(temporary.unfinished.name.utf8)
    guard directory.child(unfinished) == nil else {
      throw SystemError("open", temporary.unfinished.description, code: EEXIST)
    }
    var made: DiskNode?
    try effect("open", temporary.unfinished.description, in: directory) {
      made = disk.make(.file, unfinished, in: directory, executable: isExecutable)
    }
    guard let file = made else { return }
    do throws(SystemError) {
      guard !disk.isFull else { throw SystemError("write", temporary.unfinished.description, code: ENOSPC) }
      try effect("write", temporary.unfinished.description, in: nil, mix: UInt64(content.count)) {
        disk.open(file)
        disk.write(content, to: file)
        disk.close(file)
      }
      try effect("fsync", temporary.unfinished.description, in: nil) { disk.synchronise(file) }
      try effect("rename", temporary.description, in: directory) {
        disk.rename(file, to: Array(temporary.name.utf8), in: directory)
      }
    } catch {
      try? effect("unlink", temporary.unfinished.description, in: directory) { disk.remove(file) }
      throw error
    }
  }

  func exchange(_ temporary: TemporaryFile, _ path: BankPath) throws(SystemError) {
    interrupt(.exchange, path)
    let directory = try directory(temporary.directory, "renameat2")
    let one = try child(directory, temporary.name, "renameat2", path)
    let other = try child(directory, path.name, "renameat2", path)
    // As without `RENAME_EXCHANGE`: by a name in between.
    let between = Array((temporary.name + "x").utf8)
    switch disk.swap {
    case .exchange:
      return try effect("exchange", path.description, in: directory, mix: one.number) { disk.exchange(one, other) }
    case .link:
      try effect("link", path.description, in: directory) {}
      try effect("rename in", path.description, in: directory) {
        disk.exchange(one, other)
        disk.rename(other, to: between, in: directory)
      }
    case .rename:
      try effect("rename aside", path.description, in: directory) { disk.rename(other, to: between, in: directory) }
      try effect("rename in", path.description, in: directory) {
        disk.rename(one, to: Array(path.name.utf8), in: directory)
      }
    }
    try effect("rename out", path.description, in: directory) {
      disk.rename(other, to: Array(temporary.name.utf8), in: directory)
    }
  }

  func place(_ temporary: TemporaryFile, at path: BankPath) throws(SystemError) {
    interrupt(.place, path)
    let directory = try directory(temporary.directory, "renameat2")
    let file = try child(directory, temporary.name, "renameat2", path)
    guard directory.child(path.name.utf8) == nil else { throw SystemError("renameat2", path.description, code: EEXIST) }
    try effect("place", path.description, in: directory, mix: file.number) {
      disk.rename(file, to: Array(path.name.utf8), in: directory)
    }
  }

  func displace(_ path: BankPath, to temporary: TemporaryFile) throws(SystemError) {
    interrupt(.displace, path)
    let directory = try directory(temporary.directory, "renameat2")
    let file = try child(directory, path.name, "renameat2", path)
    try effect("displace", path.description, in: directory, mix: file.number) {
      disk.rename(file, to: Array(temporary.name.utf8), in: directory)
    }
  }

  func remove(_ temporary: TemporaryFile) throws(SystemError) {
    interrupt(.remove, nil)
    let directory = try directory(temporary.directory, "unlinkat")
    guard let file = directory.child(temporary.name.utf8) else {
      throw SystemError("unlinkat", temporary.description, code: ENOENT)
    }
    try effect("unlink", temporary.description, in: directory, mix: file.number) { disk.remove(file) }
  }

  func makeDirectory(_ path: BankPath) throws(SystemError) {
    let parent = try directory(path.parent, "mkdirat")
    guard parent.child(path.name.utf8) == nil else { throw SystemError("mkdirat", path.description, code: EEXIST) }
    guard !disk.isFull else { throw SystemError("mkdirat", path.description, code: ENOSPC) }
    try effect("mkdir", path.description, in: parent) {
      _ = disk.make(.directory, Array(path.name.utf8), in: parent)
    }
  }

  func removeDirectory(_ path: BankPath) throws(SystemError) {
    let node = try existing(path.bytes)
    guard node.kind == .directory else { throw SystemError("unlinkat", path.description, code: ENOTDIR) }
    guard node.entries.isEmpty else { throw SystemError("unlinkat", path.description, code: ENOTEMPTY) }
    try effect("rmdir", path.description, in: node.parent) { disk.remove(node) }
  }

  func synchronise(_ directory: BankPath?) throws(SystemError) {
    let node = try self.directory(directory, "fsync")
    try effect("fsync", directory?.description ?? ".", in: nil) { disk.synchronise(node) }
  }

  private func child(
    _ directory: DiskNode, _ name: String, _ call: String, _ path: BankPath
  ) throws(SystemError) -> DiskNode {
    guard let node = directory.child(name.utf8) else { throw SystemError(call, path.description, code: ENOENT) }
    return node
  }
}
