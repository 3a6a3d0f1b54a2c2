/// How long each key lives: kinds of keys belong to classes, classes have seconds.
public struct TTLPolicy: Hashable, Sendable {
  /// The classes that always exist, with their defaults in seconds.
  public static let standardClasses: [String: Int64] = [
    "doc": 86_400, "history": 2_592_000, "presence": 300, "snap": 86_400, "cache": 3_600,
  ]
  /// The class of each kind of key that this program writes.
  public static let standardKinds: [String: String] = [
    "doc": "doc", "index": "history", "head": "history", "pack": "history", "changes": "history",
    "replica": "presence", "snap": "snap", "cache": "cache",
  ]

  /// Seconds per class.
  public var classes: [String: Int64]
  /// The class of each kind of key.
  public var kinds: [String: String]

  /// The defaults with these changes.
  ///
  /// - Parameters:
  ///   - classes: Seconds of further or changed classes; kept within a second and ten years, since a server refuses
  ///     what overflows its clock.
  ///   - kinds: Classes of further or moved kinds of keys.
  public init(classes: [String: Int64] = [:], kinds: [String: String] = [:]) {
    let sane = classes.mapValues { min(max($0, 1), 315_360_000) }
    self.classes = Self.standardClasses.merging(sane) { _, new in new }
    self.kinds = Self.standardKinds.merging(kinds) { _, new in new }
  }

  /// Seconds of a kind of key; an unknown kind lives as long as a document.
  public func seconds(forKind kind: String) -> Int64 {
    kinds[kind].flatMap { classes[$0] } ?? classes["doc"] ?? 86_400
  }

  /// The same where each command is billed: signs of life last an hour at least, since they come as rarely.
  public var metered: TTLPolicy {
    var policy = self
    let name = kinds["replica"] ?? "presence"
    policy.classes[name] = max(classes[name] ?? 0, 3600)
    return policy
  }

  /// Seconds of a document.
  public var document: Int64 { seconds(forKind: "doc") }
  /// Seconds of the head.
  public var head: Int64 { seconds(forKind: "head") }
  /// Seconds of the index.
  public var index: Int64 { seconds(forKind: "index") }
  /// Seconds of a listed pack.
  public var pack: Int64 { seconds(forKind: "pack") }
  /// Seconds of the stream of changes.
  public var changes: Int64 { seconds(forKind: "changes") }
  /// Seconds of a replica's sign of life.
  public var presence: Int64 { seconds(forKind: "replica") }
  /// Seconds of a snapshot.
  public var snapshot: Int64 { seconds(forKind: "snap") }
  /// Seconds of a cache.
  public var cache: Int64 { seconds(forKind: "cache") }
}

/// Sizes and numbers that bound what one request does.
public struct MirrorLimits: Hashable, Sendable {
  /// Bytes from which on a value is too large to be a document; foreign ones are then reported, not read.
  public var documentBytes: Int
  /// Bytes of packs in one round trip.
  public var uploadBytes: Int
  /// Documents that one reading script looks at.
  public var chunkDocuments: Int
  /// Bytes of values that one reading script returns.
  public var chunkBytes: Int
  /// About how many entries the stream of changes keeps.
  public var changes: Int
  /// Seconds that a pack lives which no head lists yet.
  public var unlistedPackSeconds: Int64
  /// Seconds that a pack lives on which a head listed before: who reads by that head is still fetching it.
  public var retiredPackSeconds: Int64
  /// Whether the server bills each command, those that scripts call too: then fewer do, where that costs only comfort.
  public var billsCommands: Bool

  /// The defaults suit a local server and Upstash's limits on requests (10 MB) alike.
  public init(
    documentBytes: Int = 8 << 20, uploadBytes: Int = 8 << 20, chunkDocuments: Int = 256, chunkBytes: Int = 4 << 20,
    changes: Int = 10_000, unlistedPackSeconds: Int64 = 3600, retiredPackSeconds: Int64 = 600,
    billsCommands: Bool = false
  ) {
    self.documentBytes = documentBytes
    self.uploadBytes = uploadBytes
    self.chunkDocuments = chunkDocuments
    self.chunkBytes = chunkBytes
    self.changes = changes
    self.unlistedPackSeconds = unlistedPackSeconds
    self.retiredPackSeconds = retiredPackSeconds
    self.billsCommands = billsCommands
  }
}
