/// How long each kind of key lives in Redis: kinds belong to classes, classes have seconds.
public struct TimesToLive: Hashable, Sendable {
  /// The classes that always exist, with their seconds when nothing says otherwise.
  public static let standard: [String: Int64] = [
    "doc": 86_400, "history": 2_592_000, "presence": 300, "snap": 86_400, "cache": 3_600,
  ]
  /// What a TTL may be, in seconds: every key has one, and a key that outlives ten years has none.
  public static let permitted: ClosedRange<Int64> = 1...315_360_000

  /// Seconds per class; the five of ``standard`` are always there.
  public var classes: [String: Int64]
  /// The class of each further kind of key; the bank's own kinds are not in here unless they were moved.
  public var kinds: [String: String]

  /// The five classes, with other seconds where `overrides` says so, and its further classes.
  public init(_ overrides: [String: Int64] = [:], kinds: [String: String] = [:]) {
    classes = Self.standard.merging(overrides) { _, override in override }
    self.kinds = kinds
  }

  /// Seconds of documents, which any agent reads with a plain `GET`.
  public var doc: Int64 { self["doc"] }
  /// Seconds of what the history needs: index, head, packs, changes.
  public var history: Int64 { self["history"] }
  /// Seconds of a replica's heartbeat.
  public var presence: Int64 { self["presence"] }
  /// Seconds of snapshots of single versions.
  public var snap: Int64 { self["snap"] }
  /// Seconds of caches that agents rebuild.
  public var cache: Int64 { self["cache"] }

  /// Seconds of a class; a class that nobody defined lives as long as a cache.
  public subscript(name: String) -> Int64 {
    get { classes[name] ?? classes["cache"] ?? 3_600 }
    set { classes[name] = newValue }
  }
}
