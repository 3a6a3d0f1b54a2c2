import Bank
import Glibc
import Support

/// A real file system on which something else happens right before or after a named call, or which fails there.
final class TweakedFileSystem: FileSystem {
  /// The calls that can be named.
  enum Call: Hashable, CaseIterable {
    case create, exchange, place, displace, hasWriters, readTemporary, remove, makeDirectory, synchronise
  }

  let inner: LinuxFileSystem
  /// Done once, before the next such call.
  var before: [Call: () -> Void] = [:]
  /// Done once, after the next such call.
  var after: [Call: () -> Void] = [:]
  /// Thrown by such calls, which then do nothing.
  var failing: [Call: Int32] = [:]
  /// From the n-th call that changes anything on, all fail: the process is dead.
  var crashAt = Int.max
  /// What can be told of writers; by default the truth.
  var writers: ((Bool?) -> Bool?) = { $0 }
  var folds = false
  var unlistable: Set<BankPath> = []
  private(set) var changes = 0

  init(_ bank: TestBank) throws { inner = try LinuxFileSystem(root: bank.root) }

  private func around<T>(_ call: Call, _ body: () throws(SystemError) -> T) throws(SystemError) -> T {
    if ![.hasWriters, .readTemporary].contains(call) { changes += 1 }
    guard changes < crashAt else { throw SystemError("crash", "\(call)", code: EIO) }
    if let code = failing[call] { throw SystemError("\(call)", "test", code: code) }
    before.removeValue(forKey: call)?()
    let result = try body()
    after.removeValue(forKey: call)?()
    return result
  }

  var foldsCase: Bool { folds }
  var exchangesAtOnce: Bool { inner.exchangesAtOnce }
  func rootIdentity() throws(SystemError) -> RootIdentity { try inner.rootIdentity() }
  func list(_ directory: BankPath?) throws(SystemError) -> [(name: [UInt8], kind: EntryKind)] {
    if let directory, unlistable.contains(directory) { throw SystemError("open", "\(directory)", code: EACCES) }
    return try inner.list(directory)
  }
  func stamp(_ path: BankPath) throws(SystemError) -> FileStamp? { try inner.stamp(standing(path)) }
  /// The name as it stands in the directory, where case is to be folded.
  private func standing(_ path: BankPath) -> BankPath {
    guard folds, let entries = try? inner.list(path.parent) else { return path }
    let name = path.name.lowercased()
    let found = entries.first { String(decoding: $0.name, as: UTF8.self).lowercased() == name }
    return (found.map { try? path.parent?.appending($0.name) ?? BankPath($0.name) } ?? nil) ?? path
  }
  func kind(of path: BankPath) throws(SystemError) -> EntryKind? {
    if path.ancestors.contains(where: unlistable.contains) { throw SystemError("openat2", "\(path)", code: EACCES) }
    return try inner.kind(of: standing(path))
  }
  func kind(of temporary: TemporaryFile) throws(SystemError) -> EntryKind? { try inner.kind(of: temporary) }
  func read(_ path: BankPath, limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp) {
    try inner.read(standing(path), limit: limit)
  }
  func read(_ temporary: TemporaryFile, limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp) {
    try around(.readTemporary) { () throws(SystemError) in try inner.read(temporary, limit: limit) }
  }
  func hasWriters(_ path: BankPath) throws(SystemError) -> Bool? { try inner.hasWriters(path) }
  func hasWriters(_ temporary: TemporaryFile) throws(SystemError) -> Bool? {
    try around(.hasWriters) { () throws(SystemError) in writers(try inner.hasWriters(temporary)) }
  }
  func setExecutable(_ path: BankPath, _ executable: Bool) throws(SystemError) {
    try inner.setExecutable(path, executable)
  }
  func create(_ temporary: TemporaryFile, content: [UInt8], access: TemporaryAccess) throws(SystemError) {
    try around(.create) { () throws(SystemError) in
      try inner.create(temporary, content: content, access: access)
    }
  }
  func exchange(_ temporary: TemporaryFile, _ path: BankPath) throws(SystemError) {
    try around(.exchange) { () throws(SystemError) in try inner.exchange(temporary, path) }
  }
  func place(_ temporary: TemporaryFile, at path: BankPath) throws(SystemError) {
    try around(.place) { () throws(SystemError) in try inner.place(temporary, at: path) }
  }
  func displace(_ path: BankPath, to temporary: TemporaryFile) throws(SystemError) {
    try around(.displace) { () throws(SystemError) in try inner.displace(path, to: temporary) }
  }
  func remove(_ temporary: TemporaryFile) throws(SystemError) {
    try around(.remove) { () throws(SystemError) in try inner.remove(temporary) }
  }
  func makeDirectory(_ path: BankPath) throws(SystemError) {
    try around(.makeDirectory) { () throws(SystemError) in try inner.makeDirectory(path) }
  }
  func removeDirectory(_ path: BankPath) throws(SystemError) { try inner.removeDirectory(path) }
  func synchronise(_ directory: BankPath?) throws(SystemError) {
    try around(.synchronise) { () throws(SystemError) in try inner.synchronise(directory) }
  }
}
