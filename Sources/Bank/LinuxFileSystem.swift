internal import CLinux
import Glibc
public import Support

/// A bank's directory on a real file system.
///
/// It holds a descriptor of the root, and reaches everything below it through that: what is written lands in the
/// directory that was opened, wherever its name points by then.
public final class LinuxFileSystem: FileSystem {
  /// What file systems differ in.
  package enum Feature: Hashable, Sendable, CaseIterable { case exchange, noReplace, hardLinks, openBeneath }

  /// The root's absolute path.
  public let path: String
  /// Whether names that differ in upper and lower case only stand for the same file.
  public let foldsCase: Bool
  let root: Descriptor
  let identity: RootIdentity
  /// What turned out not to work here.
  let missing: MissingFeatures
  /// Whether a swap has been tried.
  var hasExchanged = false

  /// Opens the directory at `root`.
  ///
  /// - Throws: what `open` or `fstat` say.
  public convenience init(root path: String) throws(SystemError) { try self.init(root: path, without: []) }

  package init(root path: String, without missing: Set<Feature>) throws(SystemError) {
    guard let root = Descriptor(membank_open(path, O_RDONLY | O_DIRECTORY, 0)) else { throw SystemError("open", path) }
    var status = stat()
    guard fstat(root.number, &status) == 0 else { throw SystemError("fstat", path) }
    self.path = path
    self.missing = MissingFeatures(missing)
    identity = RootIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    foldsCase = Self.foldsCase(root.number)
    self.root = root
  }

  /// Whether two names can be swapped in one step; tried once, with two files made for it in the root.
  public var exchangesAtOnce: Bool {
    probeExchange()
    return !missing.contains(.exchange)
  }

  /// What this file system cannot do, in words, for `doctor`; empty where all is well.
  public var shortcomings: [String] {
    var list: [String] = []
    if missing.contains(.exchange) { list.append("cannot swap two names in one step (RENAME_EXCHANGE)") }
    if missing.contains(.noReplace) { list.append("cannot rename without replacing (RENAME_NOREPLACE)") }
    if missing.contains(.hardLinks) { list.append("has no hard links") }
    return list
  }

  /// Which directory stands at the root's name now.
  public func rootIdentity() throws(SystemError) -> RootIdentity {
    var status = stat()
    guard stat(path, &status) == 0 else { throw SystemError("stat", path) }
    guard EntryKind(mode: UInt32(status.st_mode)) == .directory else {
      throw SystemError("stat", path, code: ENOTDIR)
    }
    return RootIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// The stamp of a regular file; see ``FileSystem/stamp(_:)``.
  public func stamp(_ path: BankPath) throws(SystemError) -> FileStamp? {
    guard let status = try status(of: Location(path)) else { return nil }
    return EntryKind(mode: UInt32(status.st_mode)) == .file ? FileStamp(status) : nil
  }

  /// The stamps of several names in one directory, which is resolved once.
  public func stamps(in directory: BankPath?, of paths: [BankPath]) -> [Result<FileStamp?, SystemError>] {
    do throws(SystemError) {
      return try within(directory) { (number) throws(SystemError) in
        let nameStart = directory.map { $0.bytes.count + 1 } ?? 0
        var name: [CChar] = []
        return paths.map { path in
          // The C text is put together in one place: a `String` per file takes as long as the call itself.
          name.removeAll(keepingCapacity: true)
          for byte in path.bytes[nameStart...] { name.append(CChar(bitPattern: byte)) }
          name.append(0)
          var status = stat()
          guard fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            return errno == ENOENT ? .success(nil) : .failure(SystemError("fstatat", path.description))
          }
          return .success(EntryKind(mode: UInt32(status.st_mode)) == .file ? FileStamp(status) : nil)
        }
      }
    } catch {
      let isAbsent = error.code == ENOENT || error.code == ENOTDIR
      return paths.map { _ in isAbsent ? .success(nil) : .failure(error) }
    }
  }

  /// What stands at a path; see ``FileSystem/kind(of:)-(BankPath)``.
  public func kind(of path: BankPath) throws(SystemError) -> EntryKind? {
    try status(of: Location(path)).map { EntryKind(mode: UInt32($0.st_mode)) }
  }

  /// What stands at a temporary name.
  public func kind(of temporary: TemporaryFile) throws(SystemError) -> EntryKind? {
    try status(of: Location(temporary)).map { EntryKind(mode: UInt32($0.st_mode)) }
  }
}

/// What a file system turned out not to do; threads that look at the same directory share it.
final class MissingFeatures: Sendable {
  private let found: Lock<Set<LinuxFileSystem.Feature>>

  init(_ features: Set<LinuxFileSystem.Feature>) { found = Lock(features) }

  func contains(_ feature: LinuxFileSystem.Feature) -> Bool { found.withLock { $0.contains(feature) } }

  func insert(_ feature: LinuxFileSystem.Feature) { found.withLock { _ = $0.insert(feature) } }
}
