public import Support

/// One change to a document, and what must stand there for it to be made.
public struct GuardedChange: Sendable {
  /// The document.
  public var path: BankPath
  /// The blob that must stand there; nil when nothing may.
  public var expected: ObjectID?
  /// The bytes wanted; nil to delete.
  public var content: [UInt8]?
  /// Whether the file is to be executable.
  public var executable: Bool

  /// A change to one document.
  public init(path: BankPath, expected: ObjectID?, content: [UInt8]?, executable: Bool = false) {
    self.path = path
    self.expected = expected
    self.content = content
    self.executable = executable
  }
}

/// What became of a guarded change.
public enum GuardedOutcome: Hashable, Sendable {
  /// It was made; the new file's stamp, nil after a deletion.
  case applied(FileStamp?)
  /// What was wanted stood there already.
  case alreadyThere(FileStamp?)
  /// The live bytes are not those expected; they were left in place or put back. Look again.
  case refused
  /// It could not be made, and the old file stands: the disk is full, the directory read-only, in the way.
  case failed(SystemError)
}

/// Bytes that a guarded write moved out of the way and that may not be thrown away.
public struct DisplacedFile: Hashable, Sendable {
  /// Where they stand.
  public let temporary: TemporaryFile
  /// The document they belonged to, if that can be told.
  public let path: BankPath?
  /// The bytes.
  public let bytes: [UInt8]

  /// Bytes at a temporary name.
  public init(temporary: TemporaryFile, path: BankPath?, bytes: [UInt8]) {
    self.temporary = temporary
    self.path = path
    self.bytes = bytes
  }
}
