import History
public import Mirror
public import Support

/// What the engine knows of one remote.
///
/// All of it is observation: losing it costs a look, never a version.
public struct RemoteSession: Sendable {
  /// Whether the remote can be asked.
  public enum State: Sendable, Hashable {
    /// It answers, or hasn't been asked yet.
    case up
    /// It failed; it is asked again at this monotonic time, in nanoseconds.
    case down(until: Int64)
    /// It waits for a person.
    case halted
  }

  /// Which documents are to be compared with the index.
  enum Scope: Sendable, Hashable {
    case none
    case some(Set<BankPath>)
    case all
  }

  /// Its name in the configuration and in `refs/remotes/<name>/main`.
  public let name: String
  /// Where it is, without secrets.
  public let address: String
  /// Whether it can be asked.
  public var state: State = .up
  /// What went wrong last, in words.
  public var message: String?
  /// The head as last read; nil when it was never read.
  public var head: HeadReading?
  /// Trouble with single keys.
  public var problems: [MirrorProblem] = []
  /// Whether the server tells of changes at once.
  public var hasNotifications = false

  /// The call whose answer is waited for.
  var waiting: RemoteCall?
  var headIsStale = true
  var scope: Scope = .all
  /// Values that differ from the index, not yet part of history.
  var foreign: [BankPath: ForeignDocument] = [:]
  /// Values that are part of the tip's history and may be overwritten.
  var absorbed: [BankPath: Set<ObjectID>] = [:]
  /// Documents to be written although the trees agree: expired ones, stale ones, those without an index entry.
  var repair: Set<BankPath> = []
  /// Documents that still lag behind the head, when a large publication is projected in chunks.
  var lagging: Lagging?
  /// Packs of the head that were asked for in vain.
  var gonePacks: Set<String> = []
  /// Packs already taken in.
  var knownPacks: Set<String> = []
  /// Sizes of the head's packs, in bytes, as far as they were asked for.
  var packSizes: [String: Int] = [:]
  /// Packs to take the place of others in the head's list.
  var swap: (from: [String], to: [Pack])?
  /// Whether the list of packs is to be made anew from our objects.
  var rebuildsPacks = false
  /// When a head that can't be completed was first seen.
  var incompleteSince: Int64?
  /// A remote bank of another identity.
  public internal(set) var otherBank: String?

  /// What is known of its costs; nil where it bills nothing.
  var quota: Quota?

  var failures = 0
  /// Whether the last answer was a failure.
  var wasDown = false
  /// The highest sequence number seen: it never goes back, even where the server has forgotten it.
  var lastSequence: Int64 = 0
  var renewAt: Int64 = .min
  var heartbeatAt: Int64 = .min
  var pollAt: Int64 = .max
  var fullPollAt: Int64 = .max
  var renewsByForce = true
  /// When the TTLs are to be renewed, in milliseconds since 1970: for the next run.
  var renewAtWall: Int64 = 0
  /// What an earlier pass left.
  var memory: RemoteMemory?
  /// Whether the server's mark is to be read before anything is looked at.
  var wantsMark = false
  /// The server's mark of a moment before all that was looked at, and after all that we wrote; nil: not known.
  var mark: ServerMark?

  /// A remote that was not asked yet.
  public init(name: String, address: String) {
    self.name = name
    self.address = address
  }

  /// The head's commit, when there is a readable head.
  public var headCommit: ObjectID? { head?.commit }
}

extension HeadReading {
  /// The commit of a readable head.
  var commit: ObjectID? { if case .present(let head) = self { head.commit } else { nil } }
}

/// Documents of the head `head` that are still to be written.
struct Lagging: Sendable {
  let head: ObjectID
  /// In order; written from the front.
  var paths: ArraySlice<BankPath>
}
