public import Support

/// A document that holds something else than the index says.
public struct ForeignDocument: Hashable, Sendable {
  /// The document.
  public let path: BankPath
  /// The document's bytes, decoded.
  public let bytes: [UInt8]
  /// Their blob id.
  public let blob: ObjectID
  /// The index entry at the same moment; nil when there is none that can be read.
  public let entry: IndexEntry?

  /// A document put together from its fields.
  public init(path: BankPath, bytes: [UInt8], blob: ObjectID, entry: IndexEntry?) {
    self.path = path
    self.bytes = bytes
    self.blob = blob
    self.entry = entry
  }
}

/// A key or index field that can't be taken for a document.
public struct MirrorProblem: Hashable, Sendable {
  /// Which sort of problem it is.
  public enum Kind: Hashable, Sendable {
    /// A name that must not be a path.
    case badName
    /// A key of another type than a string.
    case wrongType
    /// A value that claims to be base64 and isn't.
    case undecodable
    /// A value over the size limit.
    case tooLarge
    /// An index entry that is no JSON object with blob and commit.
    case badEntry
  }

  /// Which sort of problem it is.
  public let kind: Kind
  /// The key or path, printable.
  public let name: String
  /// The path, if it is one.
  public let path: BankPath?
  /// What is wrong, as the end of a sentence that begins with the name.
  public let reason: String

  /// A problem with a name in bytes, made printable here.
  public init(_ kind: Kind, name: [UInt8], path: BankPath?, reason: String) {
    self.kind = kind
    self.name = escaped(name)
    self.path = path
    self.reason = reason
  }
}

/// What an inspection found; each document was read in one step with its index entry.
public struct Inspection: Hashable, Sendable {
  /// The head when the last document was read.
  public var head: HeadReading
  /// Whether all was looked at; false when the head was not the one asked for, or moved on the way.
  public var complete: Bool
  /// Documents that differ from the index, by path.
  public var foreign: [ForeignDocument]
  /// Paths whose document should be there and isn't, in order.
  public var missing: [BankPath]
  /// The whole index; nil when only some paths were asked for.
  public var index: [BankPath: IndexEntry]?
  /// What can't be taken for a document.
  public var problems: [MirrorProblem]

  /// An inspection put together from its parts.
  public init(
    head: HeadReading, complete: Bool, foreign: [ForeignDocument], missing: [BankPath],
    index: [BankPath: IndexEntry]?, problems: [MirrorProblem]
  ) {
    self.head = head
    self.complete = complete
    self.foreign = foreign
    self.missing = missing
    self.index = index
    self.problems = problems
  }
}
