public import Support

/// The name of a file that a guarded write makes beside its target.
///
/// The name holds enough of the target's to find it again after a crash. It is reserved: no document has it.
public struct TemporaryFile: Hashable, Sendable, CustomStringConvertible {
  /// The directory it is in, nil for the root.
  public let directory: BankPath?
  /// Its name there.
  public let name: String

  private static let unfinishedPrefix = PathProblem.temporaryPrefix + "new-"

  /// A fresh name beside `path`.
  public init(for path: BankPath, random: any RandomSource) {
    directory = path.parent
    name = PathProblem.temporaryPrefix + Self.mark(of: path) + "-" + random.hex(16)
  }

  /// The name of one found in a directory, nil when it isn't of ours.
  public init?(directory: BankPath?, name: [UInt8]) {
    guard name.starts(with: PathProblem.temporaryPrefix.utf8), let text = String(validating: name, as: UTF8.self)
    else { return nil }
    self.directory = directory
    self.name = text
  }

  private init(directory: BankPath?, text: String) {
    self.directory = directory
    name = text
  }

  /// The name it has until all of it is written: what a crash leaves there is of no worth.
  public var unfinished: TemporaryFile {
    TemporaryFile(directory: directory, text: Self.unfinishedPrefix + name.suffix(16))
  }

  /// Whether it is one that a crash kept from being written whole.
  public var isUnfinished: Bool { name.hasPrefix(Self.unfinishedPrefix) }

  /// Whether it was made beside `path` for it.
  public func belongs(to path: BankPath) -> Bool {
    path.parent == directory && name.dropFirst(PathProblem.temporaryPrefix.count).hasPrefix(Self.mark(of: path) + "-")
  }

  /// The path relative to the root.
  public var description: String { directory.map { "\($0)/\(name)" } ?? name }

  // Of constant length, so that it fits wherever the target's name does.
  private static func mark(of path: BankPath) -> String { ObjectID.blob(of: Array(path.name.utf8)).short(8) }
}
