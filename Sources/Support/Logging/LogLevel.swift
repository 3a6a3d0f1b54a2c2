/// How much a message matters; the raw values are syslog's.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable, CustomStringConvertible {
  /// Something failed that somebody must look at.
  case error = 3
  /// Something is not as it should be, and membank goes on.
  case warning = 4
  /// Normal, and worth knowing.
  case notice = 5
  /// What is being done.
  case info = 6
  /// What a developer wants to know.
  case debug = 7

  /// The level that `text` names, in any case, with the names other programs use.
  public init?(_ text: String) {
    switch text.lowercased() {
    case "error", "err", "critical", "fatal": self = .error
    case "warning", "warn": self = .warning
    case "notice": self = .notice
    case "info": self = .info
    case "debug", "trace": self = .debug
    default: return nil
    }
  }

  /// Its name in lower case.
  public var description: String {
    switch self {
    case .error: "error"
    case .warning: "warning"
    case .notice: "notice"
    case .info: "info"
    case .debug: "debug"
    }
  }

  /// From the most to the least important.
  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
