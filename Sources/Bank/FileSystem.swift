public import Support

/// What the bank needs of a file system; paths are relative to the bank's root.
///
/// Nothing here follows a symbolic link, in any component, or leaves the root. The simulator brings its own.
public protocol FileSystem: AnyObject {
  /// Which directory stands at the root's name now.
  func rootIdentity() throws(SystemError) -> RootIdentity
  /// Whether names that differ in upper and lower case only stand for the same file.
  var foldsCase: Bool { get }

  /// The names in a directory, without `.` and `..`, in no order.
  ///
  /// - Throws: `ESTALE` when the root is asked for and another directory stands at its name.
  func list(_ directory: BankPath?) throws(SystemError) -> [(name: [UInt8], kind: EntryKind)]
  /// The stamp of a regular file; nil when nothing is there (`ENOENT`, `ENOTDIR`) or something else.
  func stamp(_ path: BankPath) throws(SystemError) -> FileStamp?
  /// The stamps of several names in one directory, in their order.
  func stamps(in directory: BankPath?, of paths: [BankPath]) -> [Result<FileStamp?, SystemError>]
  /// What stands at a path; nil when nothing does.
  func kind(of path: BankPath) throws(SystemError) -> EntryKind?
  /// The bytes of a regular file, as they were at one moment.
  ///
  /// - Throws: `EFBIG` when there are more than `limit`, `EAGAIN` when it changes all the while, `EISDIR`, `ELOOP`
  ///   or `ENXIO` when it isn't a regular file.
  func read(_ path: BankPath, limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp)
  /// Whether anybody has the file open for writing or mapped so; nil when that can't be told.
  func hasWriters(_ path: BankPath) throws(SystemError) -> Bool?
  /// Sets or clears the permission to execute, for those who may read.
  func setExecutable(_ path: BankPath, _ executable: Bool) throws(SystemError)

  /// Makes a whole, durable file: under `temporary.unfinished` until its bytes are on the disk.
  func create(_ temporary: TemporaryFile, content: [UInt8], access: TemporaryAccess) throws(SystemError)
  /// The bytes of a temporary file; as ``read(_:limit:)-(BankPath,_)``.
  func read(_ temporary: TemporaryFile, limit: Int64) throws(SystemError) -> (bytes: [UInt8], stamp: FileStamp)
  /// What stands at a temporary name.
  func kind(of temporary: TemporaryFile) throws(SystemError) -> EntryKind?
  /// Whether anybody has the file open for writing or mapped so; nil when that can't be told.
  func hasWriters(_ temporary: TemporaryFile) throws(SystemError) -> Bool?
  /// Swaps what stands at the two names, in one step.
  ///
  /// - Throws: `ENOENT` when either is gone.
  func exchange(_ temporary: TemporaryFile, _ path: BankPath) throws(SystemError)
  /// Gives the file its final name.
  ///
  /// - Throws: `EEXIST` when something stands there.
  func place(_ temporary: TemporaryFile, at path: BankPath) throws(SystemError)
  /// Gives a document a temporary name.
  func displace(_ path: BankPath, to temporary: TemporaryFile) throws(SystemError)
  /// Removes a temporary file.
  func remove(_ temporary: TemporaryFile) throws(SystemError)

  /// Makes a directory.
  func makeDirectory(_ path: BankPath) throws(SystemError)
  /// Removes an empty directory.
  func removeDirectory(_ path: BankPath) throws(SystemError)
  /// Makes the names in a directory durable.
  func synchronise(_ directory: BankPath?) throws(SystemError)

  /// Whether two names can be swapped in one step; if not, a crash may leave a document under a temporary name.
  var exchangesAtOnce: Bool { get }
}

extension FileSystem {
  /// The stamps of several names in one directory, in their order.
  public func stamps(in directory: BankPath?, of paths: [BankPath]) -> [Result<FileStamp?, SystemError>] {
    paths.map { path in
      do throws(SystemError) { return .success(try stamp(path)) } catch { return .failure(error) }
    }
  }
}

/// The permissions that a new file gets.
public enum TemporaryAccess: Hashable, Sendable {
  /// Those of any new file: what the umask leaves of `rw-rw-rw-`, or of `rwxrwxrwx`.
  case new(executable: Bool)
  /// Those of a file that it will replace, its owner too where that is allowed, but executable or not as said.
  case like(BankPath, executable: Bool)
}
