import Glibc
public import Support

/// A bank's directory: what is in it, and the only way to change it.
///
/// It belongs to one thread.
public final class Bank {
  /// What it looks at and what not.
  public var rules: IgnoreRules
  let fileSystem: any FileSystem
  let random: any RandomSource
  let clock: any Clock
  /// Temporary files known to stand in the bank, with what is known of each.
  var displaced: [TemporaryFile: Displacement] = [:]
  /// The root that it began with.
  var identity: RootIdentity?
  /// How many files the last look at everything found.
  var lastCount = 0
  /// Whether the whole directory has been walked, so that what a crash left is among `displaced`.
  var hasWalked = false

  /// A bank in a file system's root; `clock` times how long displaced files are watched.
  public init(
    fileSystem: any FileSystem, rules: IgnoreRules, random: any RandomSource, clock: any Clock = SystemClock()
  ) {
    self.fileSystem = fileSystem
    self.rules = rules
    self.random = random
    self.clock = clock
    identity = try? fileSystem.rootIdentity()
  }

  /// Which directory stands at the root's name now.
  public func rootIdentity() throws(BankError) -> RootIdentity {
    do throws(SystemError) { return try fileSystem.rootIdentity() } catch { throw BankError(error) }
  }

  /// The bytes of a document, as they were at one moment.
  ///
  /// - Throws: see ``FileSystem/read(_:limit:)-(BankPath,_)``; `EFBIG` when it is over `limit` bytes.
  public func read(_ path: BankPath, limit: Int64) throws(BankError) -> (bytes: [UInt8], stamp: FileStamp) {
    do throws(SystemError) { return try fileSystem.read(path, limit: limit) } catch { throw BankError(error) }
  }

  /// What stands at a path, for the ``Settler``.
  ///
  /// - Parameters:
  ///   - path: The path.
  ///   - wasEmpty: Whether the version that is known of a path has no bytes.
  /// - Returns: What stands there now.
  public func observe(_ path: BankPath, wasEmpty: (BankPath) -> Bool) -> Observation {
    do throws(SystemError) {
      guard let stamp = try fileSystem.stamp(path) else {
        switch try fileSystem.kind(of: path) {
        case nil, .directory: return .absent
        case .file, .symbolicLink, .special: return .unknown
        }
      }
      if stamp.size == 0 { return .empty(wasEmptyBefore: wasEmpty(path)) }
      return try fileSystem.hasWriters(path) == true ? .beingWritten : .file
    } catch {
      return error.code == ENOENT ? .absent : .unknown
    }
  }
}
