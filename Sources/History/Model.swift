public import Support

/// A file in a tree.
public struct TreeEntry: Hashable, Sendable {
  /// The blob that holds its bytes.
  public let blob: ObjectID
  /// Whether its mode is 100755 instead of 100644.
  public let executable: Bool

  /// A file with these bytes.
  public init(blob: ObjectID, executable: Bool = false) {
    self.blob = blob
    self.executable = executable
  }
}

/// What differs between two trees at one path.
public struct TreeDelta: Hashable, Sendable {
  /// The path.
  public let path: BankPath
  /// What the old tree has there, nil for nothing.
  public let old: TreeEntry?
  /// What the new tree has there, nil for nothing.
  public let new: TreeEntry?

  /// A difference at one path.
  public init(path: BankPath, old: TreeEntry?, new: TreeEntry?) {
    self.path = path
    self.old = old
    self.new = new
  }
}

/// An entry of a tree that has no place in a bank: skipped wherever files are listed.
public struct HostileEntry: Hashable, Sendable {
  /// Its path, with everything that isn't printable ASCII escaped.
  public let name: String
  /// Its mode, as in the tree.
  public let mode: UInt32
  /// What is wrong with it, as the end of a sentence that begins with the name.
  public let reason: String
}

/// Who did something, and when.
public struct Signature: Hashable, Sendable {
  /// The name; brackets and control characters are left out when it is written.
  public let name: String
  /// The address; the same holds.
  public let email: String
  /// Seconds since 1970, UTC.
  public let seconds: Int64
  /// Minutes east of UTC.
  public let offsetMinutes: Int

  /// A name, an address and a time.
  public init(name: String, email: String, seconds: Int64, offsetMinutes: Int = 0) {
    self.name = name
    self.email = email
    self.seconds = seconds
    self.offsetMinutes = offsetMinutes
  }
}

/// A commit.
public struct Commit: Hashable, Sendable {
  /// Its id.
  public let id: ObjectID
  /// Its tree.
  public let tree: ObjectID
  /// Its parents, in their order.
  public let parents: [ObjectID]
  /// Who made the change.
  public let author: Signature
  /// Who made the commit.
  public let committer: Signature
  /// The message, without the newline that ends it.
  public let message: String
}

/// Some objects in git's pack format.
public struct Pack: Hashable, Sendable {
  /// The first 40 digits of the SHA-256 of the bytes.
  public let id: String
  /// What `git index-pack` takes; self-contained, no object in it needs one outside it.
  public let bytes: [UInt8]

  /// A pack and its id.
  public init(bytes: [UInt8]) {
    self.bytes = bytes
    id = String(sha256(bytes).prefix(40))
  }
}
