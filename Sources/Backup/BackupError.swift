public import History
public import Mirror
public import RedisTransport
public import Support
public import Upstash

/// A backup that could not be made, read or restored: what is wrong and how to mend it.
public struct BackupError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What sort of failure it is.
  public enum Kind: Hashable, Sendable {
    /// Settings that make no sense.
    case settings
    /// The place of the backups can't be reached, read or written.
    case place
    /// No room.
    case full
    /// A backup is not what it was.
    case damaged
    /// A backup of another bank.
    case anotherBank
    /// There is no such backup.
    case missing
    /// The bank's own history can't be read.
    case history
    /// Somebody asked to stop.
    case cancelled
    /// A Redis server, or the way to it.
    case redis(RedisError.Kind)
    /// Upstash's management API, or the way to it.
    case upstash(UpstashError.Kind)
  }

  /// What sort of failure it is.
  public let kind: Kind
  /// What it is about: a file, a directory, a key, a backup.
  public let operand: String
  /// What is wrong, and the way out.
  public let message: String

  /// An error.
  public init(_ kind: Kind, _ operand: String, _ message: String) {
    self.kind = kind
    self.operand = operand
    self.message = message
  }

  /// A failed system call at a place of backups.
  public init(_ error: SystemError, freeing place: String) {
    let reason = "\(error)"
    switch error.code {
    case 28, 122:
      self.init(
        .full, place,
        "no room is left (\(reason)). Free some, or name another directory; earlier backups are untouched")
    case 13, 1, 30:
      self.init(
        .place, place, "can't be written (\(reason)). Let this user write there, or name another directory")
    default: self.init(.place, place, reason)
    }
  }

  /// What an error names that is about the bank's own versions.
  public static let ownHistory = "the bank's history"

  /// A failure of the history: of the bank's own, unless something else is named.
  public init(_ error: HistoryError, in operand: String = ownHistory) {
    if error.kind == .system, error.code == 28 || error.code == 122 {
      self.init(.full, operand, "no room is left (\(error)). Free some and try again")
    } else {
      self.init(error.kind == .damaged || error.kind == .missing ? .damaged : .history, operand, "\(error)")
    }
  }

  /// A Redis operation that failed.
  public init(_ error: RedisError) {
    let advice = error.advice.map { ". \($0)" } ?? ""
    self.init(.redis(error.kind), error.operand, "\(error.message) (\(error.operation))\(advice)")
  }

  /// A failed operation on what a database holds of a bank.
  public init(_ error: MirrorError) {
    if let redis = error.redis {
      self.init(redis)
    } else {
      self.init(.damaged, error.operand, "\(error)")
    }
  }

  /// A request to Upstash's management API that failed.
  public init(_ error: UpstashError) {
    self.init(error.kind == .cancelled ? .cancelled : .upstash(error.kind), "Upstash", "\(error)")
  }

  /// Somebody asked to stop.
  public static let cancelled = BackupError(.cancelled, "backup", "stopped before it was done; nothing was left behind")

  /// The operand and the message.
  public var description: String { "\(operand): \(message)" }
}
