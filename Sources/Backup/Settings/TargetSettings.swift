public import Support

/// One place where backups go, and when: `[backup "NAME"]` in `.membank`.
public struct TargetSettings: Hashable, Sendable {
  /// What sort of place it is.
  public enum Kind: Hashable, Sendable {
    /// Git bundles in a directory, by its absolute path.
    case bundle(directory: String)
    /// Keys in a Redis that is not the bank's own mirror; nil: the Upstash database that the environment names.
    case copy(RemoteSettings?)
    /// Upstash's own backups of the database that the bank is mirrored to: of a remote by its name, or of the first at
    /// Upstash.
    case snapshot(remote: String?)

    /// Whether it is made of what the mirror has, and not of what this machine has.
    public var isOfMirror: Bool { if case .snapshot = self { true } else { false } }

    func isSamePlace(as other: Kind) -> Bool {
      switch (self, other) {
      case (.copy(let one), .copy(let two)): one?.url == two?.url
      default: self == other
      }
    }

    /// The word in `.membank`.
    public var name: String {
      switch self {
      case .bundle: "bundle"
      case .copy: "upstash-copy"
      case .snapshot: "upstash-snapshot"
      }
    }
  }

  /// Its name.
  public let name: String
  /// What sort of place it is.
  public let kind: Kind
  /// When backups are made; nil: on demand only.
  public let schedule: Schedule?
  /// Which are kept.
  public let retention: RetentionPolicy
  /// The most seconds that a run comes later than the schedule says; nil: as ``BackupTiming/jitter``.
  public let jitter: Int64?

  /// A place.
  public init(name: String, kind: Kind, schedule: Schedule?, retention: RetentionPolicy, jitter: Int64?) {
    self.name = name
    self.kind = kind
    self.schedule = schedule
    self.retention = retention
    self.jitter = jitter
  }
}
