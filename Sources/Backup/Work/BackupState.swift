import CLinux
import FoundationEssentials
import Glibc
import Support

/// What a machine notes of a bank's backups, in the bank's state directory.
public struct BackupState: Sendable {
  private static let journal = "backups.json"
  private static let lock = "backup.lock"
  private static let scratch = "backup-scratch-"

  /// The bank's state directory.
  private let directory: String

  /// The notes in a state directory.
  public init(_ directory: String) { self.directory = directory }

  /// What is known of each target, by name; nothing where that can't be read.
  public func pasts() -> [String: BackupPast] {
    guard let bytes = try? BackupFiles.read("\(directory)/\(Self.journal)"),
      let members = (try? JSONValue.parse(bytes))?["targets"]?.members
    else { return [:] }
    var pasts: [String: BackupPast] = [:]
    for member in members { pasts[member.name] = BackupPast(member.value) }
    return pasts
  }

  /// Notes what became of a target's run; whoever calls it holds the lock.
  public func note(_ name: String, _ past: BackupPast) throws(BackupError) {
    var pasts = pasts()
    pasts[name] = past
    let members = pasts.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value.json) }
    let bytes = JSONValue.members(["targets": .object(members)]).renderedBytes(pretty: true)
    try inSystem(directory) { () throws(SystemError) in
      try replaceFile("\(directory)/\(Self.journal)", with: bytes, mode: 0o600)
    }
  }

  /// Does something that no other process, and no other thread, may do to this bank's backups on this machine meanwhile.
  ///
  /// - Parameters:
  ///   - whenBusy: Is called when somebody else is at it; says whether to wait.
  ///   - body: What is to be done.
  /// - Returns: What the body returns; nil when it was not waited for.
  /// - Throws: ``BackupError``, the body's too.
  public func alone<T>(
    whenBusy: () -> Bool, _ body: () throws(BackupError) -> T
  ) throws(BackupError) -> T? {
    let path = "\(directory)/\(Self.lock)"
    let descriptor = membank_open(path, O_RDWR | O_CREAT, 0o600)
    guard descriptor >= 0 else { throw BackupError(SystemError("open", path), freeing: directory) }
    // The lock ends with the descriptor, however this process ends.
    defer { close(descriptor) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK else { throw BackupError(SystemError("flock", path), freeing: directory) }
      guard whenBusy() else { return nil }
      while flock(descriptor, LOCK_EX) != 0 {
        guard errno == EINTR else { throw BackupError(SystemError("flock", path), freeing: directory) }
      }
    }
    return try body()
  }

  /// A directory for what is only needed meanwhile; it is not made.
  public func scratchDirectory() -> String { "\(directory)/\(Self.scratch)\(SystemRandom().hex(12))" }

  /// Takes away what interrupted runs have left of them; whoever calls it holds the lock.
  public func removeScratch() {
    for name in (try? BackupFiles.list(directory)) ?? [] where name.hasPrefix(Self.scratch) {
      try? FileManager.default.removeItem(atPath: "\(directory)/\(name)")
    }
  }
}
