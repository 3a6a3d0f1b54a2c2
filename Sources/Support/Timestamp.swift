import FoundationEssentials

/// Times as people and programs read them.
public enum Timestamp {
  /// RFC 3339 in UTC, to the second: `2026-11-20T14:02:05Z`.
  public static func text(seconds: Int64) -> String {
    Date(timeIntervalSince1970: TimeInterval(seconds)).ISO8601Format()
  }
}
