public import Mirror
public import Support

/// What the engine is told from outside; everything here may change on a reload.
public struct EngineSettings: Sendable {
  /// The bank's identity, in every head that it publishes.
  public var bank: String
  /// This replica's name in `P:replica:<id>` and in trailers.
  public var replica: String
  /// The author of changes found in the directory.
  public var authorName: String
  /// The author's address.
  public var authorEmail: String
  /// Minutes east of UTC for commit times.
  public var offsetMinutes: Int
  /// What this replica says of itself beside commit and time, in `P:replica:<id>`.
  public var presence: [String: String]
  /// Files over this many bytes have no document key.
  public var documentLimit: Int64
  /// Files over this many bytes are held back.
  public var holdLimit: Int64
  /// Fingerprints of secrets that a person has allowed.
  public var allowedSecrets: Set<String>
  /// How long keys live.
  public var ttl: TTLPolicy
  /// How files are merged, by pattern; nil: as the bank's other replicas say.
  public var mergeTable: MergeTable?
  /// Seconds between looks for foreign writes on a remote without notifications.
  public var pollSeconds: Int64

  /// Settings with the design's defaults.
  public init(
    bank: String, replica: String, authorName: String, authorEmail: String, offsetMinutes: Int = 0,
    presence: [String: String] = [:], documentLimit: Int64 = 1 << 20, holdLimit: Int64 = 8 << 20,
    allowedSecrets: Set<String> = [],
    ttl: TTLPolicy = TTLPolicy(), mergeTable: MergeTable? = nil, pollSeconds: Int64 = 5
  ) {
    self.bank = bank
    self.replica = replica
    self.authorName = authorName
    self.authorEmail = authorEmail
    self.offsetMinutes = offsetMinutes
    self.presence = presence
    self.documentLimit = documentLimit
    self.holdLimit = holdLimit
    self.allowedSecrets = allowedSecrets
    self.ttl = ttl
    self.mergeTable = mergeTable
    self.pollSeconds = pollSeconds
  }
}

/// The names of the refs that hold all sync state.
public enum EngineRef {
  /// What the directory is known to hold.
  public static let main = "refs/heads/main"
  /// The commit that the directory is being brought to; written before the first file is.
  public static let applying = "refs/membank/applying"
  /// Versions that may not leave the machine, one ref a path.
  public static let held = "refs/membank/held/"

  /// What a remote had last.
  public static func remote(_ name: String) -> String { "refs/remotes/\(name)/main" }

  /// What was newest before something that a person may want to take back.
  public static func checkpoint(_ name: String) -> String { "refs/membank/checkpoints/\(name)" }

  /// Where versions are kept that no branch has.
  static let rescues = "refs/rescue/"
  /// A commit kept because something is about to drop it.
  public static func rescue(_ id: ObjectID) -> String { rescues + id.short(12) }
}
