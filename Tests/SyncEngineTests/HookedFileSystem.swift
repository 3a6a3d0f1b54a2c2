import Bank
import Support

/// A real file system on which a test is told of each step of a guarded write before it is taken, and may do something
/// in between or have it fail.
final class HookedFileSystem: FileSystem {
  /// The steps of a guarded write.
  enum Step { case create, exchange, place, displace }

  private let inner: LinuxFileSystem
  /// Called before each such step.
  var before: (Step) throws(SystemError) -> Void = { _ in }

  init(root: String) throws(SystemError) { inner = try LinuxFileSystem(root: root) }

  func create(_ temporary: TemporaryFile, content: [UInt8], access: TemporaryAccess) throws(SystemError) {
    try before(.create)
    try inner.create(temporary, content: content, access: access)
  }
  func exchange(_ temporary: TemporaryFile, _ path: BankPath) throws(SystemError) {
    try before(.exchange)
    try inner.exchange(temporary, path)
  }
  func place(_ temporary: TemporaryFile, at path: BankPath) throws(SystemError) {
    try before(.place)
    try inner.place(temporary, at: path)
  }
  func displace(_ path: BankPath, to temporary: TemporaryFile) throws(SystemError) {
    try before(.displace)
    try inner.displace(path, to: temporary)
  }

  var foldsCase: Bool { inner.foldsCase }
  var exchangesAtOnce: Bool { inner.exchangesAtOnce }
  func rootIdentity() throws(SystemError) -> RootIdentity { try inner.rootIdentity() }
  func list(_ directory: BankPath?) throws(SystemError) -> [(name: [UInt8], kind: EntryKind)] {
    try inner.list(directory)
  }
  func stamp(_ path: BankPath) throws(SystemError) -> FileStamp? { try inner.stamp(path) }
  func kind(of path: BankPath) throws(SystemError) -> EntryKind? { try inner.kind(of: path) }
  func kind(of temporary: TemporaryFile) throws(SystemError) -> EntryKind? { try inner.kind(of: temporary) }
  func read(_ path: BankPath, limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp) {
    try inner.read(path, limit: limit)
  }
  func read(_ temporary: TemporaryFile, limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp) {
    try inner.read(temporary, limit: limit)
  }
  func hasWriters(_ path: BankPath) throws(SystemError) -> Bool? { try inner.hasWriters(path) }
  func hasWriters(_ temporary: TemporaryFile) throws(SystemError) -> Bool? { try inner.hasWriters(temporary) }
  func setExecutable(_ path: BankPath, _ executable: Bool) throws(SystemError) {
    try inner.setExecutable(path, executable)
  }
  func remove(_ temporary: TemporaryFile) throws(SystemError) { try inner.remove(temporary) }
  func makeDirectory(_ path: BankPath) throws(SystemError) { try inner.makeDirectory(path) }
  func removeDirectory(_ path: BankPath) throws(SystemError) { try inner.removeDirectory(path) }
  func synchronise(_ directory: BankPath?) throws(SystemError) { try inner.synchronise(directory) }
}
