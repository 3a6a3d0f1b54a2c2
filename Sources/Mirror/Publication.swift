public import Support

/// What a document becomes.
public struct DocumentUpdate: Hashable, Sendable {
  /// What stands in the document's key afterwards.
  public enum Kind: Hashable, Sendable {
    /// These bytes, encoded where they are not text.
    case text([UInt8])
    /// Nothing, but an index entry: the file is too large.
    case withoutDocument
    /// Nothing, and no index entry.
    case deleted
  }

  /// The document.
  public var path: BankPath
  /// What stands in its key afterwards.
  public var kind: Kind
  /// The blob id of the file's bytes; without meaning for a deletion.
  public var blob: ObjectID
  /// The number of the file's bytes.
  public var size: Int64
  /// The commit that gave the path this blob.
  public var commit: ObjectID
  /// When, in milliseconds since 1970.
  public var at: Int64
  /// The blobs (of decoded bytes) that may stand in the value now, besides the index's own: the merge base's, the
  /// foreign versions that were absorbed.
  public var allowed: Set<ObjectID>

  /// An update put together from its fields.
  public init(
    path: BankPath, kind: Kind, blob: ObjectID, size: Int64, commit: ObjectID, at: Int64, allowed: Set<ObjectID>
  ) {
    self.path = path
    self.kind = kind
    self.blob = blob
    self.size = size
    self.commit = commit
    self.at = at
    self.allowed = allowed
  }
}

/// An entry of the stream of changes.
public struct ChangeRecord: Hashable, Sendable {
  /// What happened to the path.
  public enum Operation: String, Hashable, Sendable { case add, update, delete }

  /// What happened.
  public var op: Operation
  /// Where.
  public var path: BankPath
  /// The new blob; nil for a deletion.
  public var blob: ObjectID?
  /// The commit that did it.
  public var commit: ObjectID
  /// Who did it.
  public var by: String
  /// When, in milliseconds since 1970.
  public var at: Int64

  /// An entry put together from its fields.
  public init(op: Operation, path: BankPath, blob: ObjectID?, commit: ObjectID, by: String, at: Int64) {
    self.op = op
    self.path = path
    self.blob = blob
    self.commit = commit
    self.by = by
    self.at = at
  }
}

/// A new head and what goes with it.
public struct Publication: Hashable, Sendable {
  /// The commit that the head must have now; nil: there must be no head.
  public var expected: ObjectID?
  /// The commit that the head gets.
  public var head: ObjectID
  /// The bank's uuid, which the head must have and keeps.
  public var bank: String
  /// The epoch that the head gets.
  public var epoch: Int
  /// The new `seq` is higher than this, than the head's and than the last change's.
  public var minimumSeq: Int64
  /// The whole new list of packs; each must be there.
  public var packs: [String]
  /// The documents to write in the same step; empty when they follow in chunks (``Projection``).
  public var documents: [DocumentUpdate]
  /// Whether documents and index then are completely at the new head.
  public var projectedAfter: Bool
  /// What to add to the stream of changes.
  public var changes: [ChangeRecord]
  /// Who publishes.
  public var by: String
  /// The new value of the cache that agents read first; nil leaves it.
  public var cacheIndex: [UInt8]?
  /// The epoch that the head must have now; nil: the same as ``epoch``.
  public var expectedEpoch: Int?

  /// A publication put together from its fields.
  public init(
    expected: ObjectID?, head: ObjectID, bank: String, epoch: Int, minimumSeq: Int64, packs: [String],
    documents: [DocumentUpdate], projectedAfter: Bool, changes: [ChangeRecord], by: String,
    cacheIndex: [UInt8]? = nil, expectedEpoch: Int? = nil
  ) {
    self.expected = expected
    self.head = head
    self.bank = bank
    self.epoch = epoch
    self.minimumSeq = minimumSeq
    self.packs = packs
    self.documents = documents
    self.projectedAfter = projectedAfter
    self.changes = changes
    self.by = by
    self.cacheIndex = cacheIndex
    self.expectedEpoch = expectedEpoch
  }
}

/// How a publication went; in all cases but the first nothing was changed.
public enum PublishOutcome: Hashable, Sendable {
  /// The head is this now.
  case published(MirrorHead)
  /// The head is not the one expected: fetch, merge, try again.
  case leaseLost(HeadReading)
  /// These packs of the new list are not there.
  case missingPacks([String])
  /// These documents hold what nobody allowed.
  case foreign([ForeignDocument])
}

/// A chunk of documents to bring to a head that was published before.
public struct Projection: Hashable, Sendable {
  /// The commit that the head must have.
  public var head: ObjectID
  /// The documents to write.
  public var documents: [DocumentUpdate]
  /// Whether documents and index then are completely at that head.
  public var completes: Bool

  /// A chunk put together from its fields.
  public init(head: ObjectID, documents: [DocumentUpdate], completes: Bool) {
    self.head = head
    self.documents = documents
    self.completes = completes
  }
}

/// How a projection went; in all cases but the first nothing of the chunk was changed.
public enum ProjectOutcome: Hashable, Sendable {
  /// The documents are written.
  case done
  /// The head is another one by now.
  case headMoved(HeadReading)
  /// These documents hold what nobody allowed.
  case foreign([ForeignDocument])
}
