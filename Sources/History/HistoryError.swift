import CGit2
import Glibc
import Support

/// An operation on the history that failed.
public struct HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is, for those who must decide what to do about it.
  public enum Kind: Hashable, Sendable {
    /// An object, a ref or a repository that isn't there.
    case missing
    /// Bytes that are not what they should be: a torn object, a malformed tree, a bad pack.
    case damaged
    /// A ref that no longer has the expected value.
    case moved
    /// An argument that can't be used: a bad ref name, an ambiguous short id.
    case unusable
    /// A failed system call; `code` is its `errno`.
    case system
    /// The caller asked to stop.
    case stopped
    /// Any other failure inside libgit2.
    case git
  }

  /// What kind of failure it is.
  public let kind: Kind
  /// The call or the step, by its name.
  public let operation: String
  /// What it was done to: an id, a ref, a path.
  public let operand: String
  /// libgit2's code, or `errno` when the kind is `system`.
  public let code: Int32
  /// The reason, in libgit2's or libc's words.
  public let message: String

  /// An error with known parts.
  package init(kind: Kind, operation: String, operand: String, code: Int32, message: String) {
    self.kind = kind
    self.operation = operation
    self.operand = operand
    self.code = code
    self.message = message
  }

  /// The operand, the reason, the operation.
  public var description: String { "\(operand): \(message) (\(operation))" }

  /// A failed libgit2 call; made right after it, while the thread's last error is still its own.
  static func git(_ operation: String, _ operand: String, _ code: Int32) -> HistoryError {
    let last = git_error_last()
    // It may quote a repository of the user's.
    let message = last?.pointee.message.map { printable(String(cString: $0)) } ?? "failed"
    let kind: Kind =
      switch code {
      case GIT_ENOTFOUND.rawValue: .missing
      case GIT_EMISMATCH.rawValue: .damaged
      case GIT_EAMBIGUOUS.rawValue, GIT_EINVALIDSPEC.rawValue: .unusable
      default:
        switch last?.pointee.klass ?? 0 {
        case Int32(GIT_ERROR_ZLIB.rawValue), Int32(GIT_ERROR_ODB.rawValue), Int32(GIT_ERROR_OBJECT.rawValue),
          Int32(GIT_ERROR_INDEXER.rawValue):
          .damaged
        default: .git
        }
      }
    return HistoryError(kind: kind, operation: operation, operand: operand, code: code, message: message)
  }

  /// A failed system call; made right after it.
  static func system(_ operation: String, _ operand: String, code: Int32 = errno) -> HistoryError {
    HistoryError(
      kind: .system, operation: operation, operand: operand, code: code, message: String(cString: strerror(code)))
  }

  /// Bytes that are not what they should be.
  static func damaged(_ operation: String, _ operand: String, _ message: String) -> HistoryError {
    HistoryError(
      kind: .damaged, operation: operation, operand: operand, code: GIT_EINVALID.rawValue, message: message)
  }

  /// An argument that can't be used.
  static func unusable(_ operation: String, _ operand: String, _ message: String) -> HistoryError {
    HistoryError(
      kind: .unusable, operation: operation, operand: operand, code: GIT_EINVALIDSPEC.rawValue, message: message)
  }

  /// Work that whoever asked for it ended.
  static func stopped(_ operation: String) -> HistoryError {
    HistoryError(
      kind: .stopped, operation: operation, operand: "pack", code: GIT_EUSER.rawValue, message: "stopped by the caller")
  }
}
