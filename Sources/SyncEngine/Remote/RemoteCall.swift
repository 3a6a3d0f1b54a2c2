public import History
public import Mirror
public import Support

/// One thing to ask of a remote.
///
/// Calls are plain values: the engine's thread makes them, whoever owns the connection
/// carries them out, and the answer comes back as an event.
public enum RemoteCall: Sendable {
  /// What `P:head` says.
  case readHead
  /// The bytes of these packs.
  case packs([String])
  /// Which documents differ from the index: these, or all when nil. `all` asks for those that agree as well.
  case inspect([BankPath]?, head: ObjectID?, all: Bool)
  /// Whether documents are as they should be, on a remote that bills each command.
  case look([ExpectedDocument], head: ObjectID)
  /// Which of these packs are gone, on a remote that bills each command and is renewed rarely for that.
  case missingPacks([String])
  /// Uploads the packs, then moves the head if it still is where the publication expects it.
  case publish(Publication, uploading: [Pack])
  /// Replaces a head that nobody can complete, only if it still is the one that was seen; nil: what stands there and
  /// is no head.
  case replaceLostHead(MirrorHead?, Publication, uploading: [Pack])
  /// Writes a chunk of documents that belong to the head.
  case project(Projection)
  /// How large these packs are.
  case packSizes([String])
  /// The bytes of packs that are to be folded into fewer.
  case packsToFold([String])
  /// Swaps the head's list of packs for one that holds the same objects.
  case swapPacks(head: ObjectID, from: [String], to: [String], uploading: [Pack])
  /// Renews what has lived half its time, all of it when forced, and looks whether these packs are there.
  case renew(force: Bool, packs: [String])
  /// Says that this replica lives.
  case heartbeat(replica: String, fields: [String: String])
  /// The server's own account of what was changed in it.
  case mark
  /// As ``heartbeat(replica:fields:)``, with the marks before and after it.
  case markedHeartbeat(replica: String, fields: [String: String])
}

/// What came of a ``RemoteCall``.
public enum RemoteAnswer: Sendable {
  /// Of ``RemoteCall/readHead``.
  case head(HeadReading)
  /// Of ``RemoteCall/packSizes(_:)``, in bytes; those that are gone are left out.
  case packSizes([String: Int])
  /// Of ``RemoteCall/packs(_:)`` and ``RemoteCall/packsToFold(_:)``; those that are gone are left out.
  case packs([String: [UInt8]])
  /// Of ``RemoteCall/inspect(_:head:all:)``.
  case inspection(Inspection)
  /// Of ``RemoteCall/look(_:head:)``.
  case looked(LookOutcome)
  /// Of ``RemoteCall/missingPacks(_:)``.
  case missingPacks([String])
  /// Of ``RemoteCall/publish(_:uploading:)`` and ``RemoteCall/replaceLostHead(_:_:uploading:)``.
  case published(PublishOutcome)
  /// Of ``RemoteCall/project(_:)``.
  case projected(ProjectOutcome)
  /// Of ``RemoteCall/swapPacks(head:from:to:uploading:)``.
  case swapped(SwapOutcome)
  /// Of ``RemoteCall/renew(force:packs:)``: the packs that are missing, and whether any key got another TTL.
  case renewed(missing: [String], wrote: Bool)
  /// Of ``RemoteCall/mark``; nil where the server tells too little of itself.
  case mark(ServerMark?)
  /// Of ``RemoteCall/markedHeartbeat(replica:fields:)``.
  case beat(before: ServerMark?, after: ServerMark?)
  /// Of the calls that have nothing to say.
  case done
  /// The remote could not be asked, or refused.
  case failed(RemoteFailure)
}

/// Why a remote could not be asked.
public struct RemoteFailure: Error, Hashable, Sendable {
  /// What the failure asks for.
  public enum Remedy: Hashable, Sendable {
    /// Try again after a while, ever more rarely.
    case retry
    /// Try again after so many seconds: the server asked for that, or nothing can have changed before.
    case wait(seconds: Int)
    /// Stop asking until a person has changed something.
    case halt
  }

  /// What the failure asks for.
  public let remedy: Remedy
  /// What happened, in words without secrets.
  public let message: String

  /// A failure.
  public init(remedy: Remedy, message: String) {
    self.remedy = remedy
    self.message = message
  }
}
