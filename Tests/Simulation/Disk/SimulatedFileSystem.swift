import Bank
import Glibc
import Support

/// A program's view of its machine's disk, as the real file system gives it one.
final class SimulatedFileSystem: FileSystem {
  /// Where somebody else may come between.
  enum Moment { case read, exchange, place, displace, remove }

  let disk: SimulatedDisk
  let gate: Gate
  let root: DiskNode
  /// Lets others do something to a path at this moment.
  var interrupt: (Moment, BankPath?) -> Void = { _, _ in }
  let foldsCase = false

  init(_ disk: SimulatedDisk, _ gate: Gate) throws(SystemError) {
    guard let root = disk.root else { throw SystemError("open", "/bank", code: ENOENT) }
    guard !root.isForbidden else { throw SystemError("open", "/bank", code: EACCES) }
    self.disk = disk
    self.gate = gate
    self.root = root
  }

  var exchangesAtOnce: Bool { disk.swap == .exchange }

  func rootIdentity() throws(SystemError) -> RootIdentity {
    guard let root = disk.root else { throw SystemError("stat", "/bank", code: ENOENT) }
    return RootIdentity(device: 1, inode: root.number)
  }

  // MARK: Reading

  func list(_ directory: BankPath?) throws(SystemError) -> [(name: [UInt8], kind: EntryKind)] {
    if directory == nil, disk.root !== root { throw SystemError("stat", "/bank", code: ESTALE) }
    let node = try self.directory(directory, "openat2")
    guard !node.isForbidden else { throw SystemError("openat2", directory?.description ?? ".", code: EACCES) }
    return node.entries.map { ($0.name, $0.kind) }
  }

  func stamp(_ path: BankPath) throws(SystemError) -> FileStamp? {
    guard let node = try present(path.bytes), node.kind == .file else { return nil }
    return stamp(of: node)
  }

  func kind(of path: BankPath) throws(SystemError) -> EntryKind? { try present(path.bytes)?.kind }

  func kind(of temporary: TemporaryFile) throws(SystemError) -> EntryKind? { try present(bytes(temporary))?.kind }

  func read(_ path: BankPath, limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp) {
    let result = try read(path.bytes, limit)
    interrupt(.read, path)
    return result
  }

  func read(_ temporary: TemporaryFile, limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp) {
    try read(bytes(temporary), limit)
  }

  private func read(_ path: [UInt8], _ limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp) {
    let node = try file(path)
    guard node.bytes.count <= limit else { throw SystemError("read", DiskNode.text(path), code: EFBIG) }
    return (node.bytes, stamp(of: node))
  }

  func hasWriters(_ path: BankPath) throws(SystemError) -> Bool? { try file(path.bytes).writers > 0 }

  func hasWriters(_ temporary: TemporaryFile) throws(SystemError) -> Bool? {
    try file(bytes(temporary)).writers > 0
  }

  private func stamp(of node: DiskNode) -> FileStamp {
    FileStamp(
      size: Int64(node.bytes.count), modified: node.modified, changed: node.changed, inode: node.number, device: 1,
      mode: node.mode)
  }

  private func file(_ path: [UInt8]) throws(SystemError) -> DiskNode {
    let node = try existing(path)
    switch node.kind {
    case .file: break
    case .directory: throw SystemError("open", DiskNode.text(path), code: EISDIR)
    case .symbolicLink: throw SystemError("open", DiskNode.text(path), code: ELOOP)
    case .special: throw SystemError("open", DiskNode.text(path), code: ENXIO)
    }
    guard !node.isForbidden else { throw SystemError("open", DiskNode.text(path), code: EACCES) }
    return node
  }

  // MARK: Names

  func bytes(_ temporary: TemporaryFile) -> [UInt8] {
    (temporary.directory.map { $0.bytes + [UInt8(ascii: "/")] } ?? []) + Array(temporary.name.utf8)
  }

  private func present(_ path: [UInt8]) throws(SystemError) -> DiskNode? {
    do throws(SystemError) {
      return try existing(path)
    } catch  where error.code == ENOENT || error.code == ENOTDIR {
      return nil
    }
  }

  func existing(_ path: [UInt8]) throws(SystemError) -> DiskNode {
    var node = root
    for name in path.split(separator: UInt8(ascii: "/")) {
      try requireDirectory(node, path)
      guard let next = node.child(name) else { throw SystemError("fstatat", DiskNode.text(path), code: ENOENT) }
      node = next
    }
    return node
  }

  private func requireDirectory(_ node: DiskNode, _ path: [UInt8]) throws(SystemError) {
    switch node.kind {
    case .directory: break
    case .symbolicLink: throw SystemError("openat2", DiskNode.text(path), code: ELOOP)
    case .file, .special: throw SystemError("openat2", DiskNode.text(path), code: ENOTDIR)
    }
    guard !node.isForbidden else { throw SystemError("openat2", DiskNode.text(path), code: EACCES) }
  }

  func directory(_ path: BankPath?, _ call: String) throws(SystemError) -> DiskNode {
    guard let path else { return root }
    let node = try existing(path.bytes)
    guard node.kind == .directory else { throw SystemError(call, path.description, code: ENOTDIR) }
    return node
  }
}
