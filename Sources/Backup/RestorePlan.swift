public import History
public import Support

/// What restoring a version would do to a bank.
public struct RestorePlan: Hashable, Sendable {
  /// Files that would be written, with what they would hold; those that are missing among them.
  public let written: [BankPath: TreeEntry]
  /// Files that the version doesn't have and that would go.
  public let deleted: [BankPath: TreeEntry]
  /// Files that the version doesn't have and that would stay.
  public let kept: [BankPath]
  /// How many files are as the version has them.
  public let unchanged: Int

  /// Compares a version with what the bank has.
  ///
  /// - Parameters:
  ///   - version: The files of the version.
  ///   - files: The files that the bank has.
  ///   - missing: Those among them that are not in the directory.
  ///   - exact: Whether what the version doesn't have is to go.
  public init(
    _ version: [BankPath: TreeEntry], over files: [BankPath: TreeEntry], missing: Set<BankPath>, exact: Bool
  ) {
    var written: [BankPath: TreeEntry] = [:]
    for (path, entry) in version where files[path] != entry || missing.contains(path) { written[path] = entry }
    self.written = written
    unchanged = version.count - written.count
    // A file where the version has a directory, or the other way round, has to make room.
    let folders = Set(version.keys.flatMap(\.ancestors))
    let extra = files.filter { path, _ in version[path] == nil }
    let inTheWay = extra.filter { path, _ in
      folders.contains(path) || path.ancestors.contains { version[$0] != nil }
    }
    deleted = exact ? extra : inTheWay
    kept = exact ? [] : extra.keys.filter { inTheWay[$0] == nil }.sorted()
  }

  /// Whether there is nothing to do.
  public var isEmpty: Bool { written.isEmpty && deleted.isEmpty }

  /// The object of `--json`.
  public var json: JSONValue {
    func list(_ paths: some Sequence<BankPath>) -> JSONValue { .array(paths.sorted().map { .string($0.description) }) }
    return .members([
      "written": list(written.keys), "deleted": list(deleted.keys), "kept": list(kept),
      "unchanged": .integer(unchanged),
    ])
  }
}
