import Support

/// A look at whether a directory is, to the last stamp, as a table has it: nothing is read, and nothing is made of what
/// differs.
///
/// Half of a pass with nothing to do is this look, and there is another core: any number of threads may take part.
///
/// Sendable because the file system is only listed and asked for stamps, which touches nothing but descriptors and what
/// a mutex guards.
public final class QuietLook: @unchecked Sendable {
  private struct Work {
    /// The directories that nobody has taken.
    var open: [BankPath?]
    /// How many files were as the table has them.
    var same = 0
    var differs = false
  }

  private let fileSystem: LinuxFileSystem
  private let rules: IgnoreRules
  private let table: TableListing
  private let work: Lock<Work>

  /// A look that has not begun; `rules` must be those that the table was made with.
  public init(_ fileSystem: LinuxFileSystem, _ rules: IgnoreRules, expecting table: TableListing) {
    self.fileSystem = fileSystem
    self.rules = rules
    self.table = table
    work = Lock(Work(open: Array(table.directories.keys)))
  }

  /// Looks at what nobody else is looking at, until nothing is left or something differs.
  public func takePart() {
    while let directory = take() {
      var found: [BankPath] = []
      let same = compare(directory, table.directories[directory] ?? [], finding: &found)
      work.withLock { work in
        work.open += found
        if let same { work.same += same } else { work.differs = true }
      }
    }
  }

  /// Whether every file of the table is there with its stamp, and nothing else that belongs to a bank; to be asked when
  /// all threads are done.
  public var isUnchanged: Bool {
    work.withLock { !$0.differs && $0.open.isEmpty && $0.same == table.count }
  }

  private func take() -> BankPath?? { work.withLock { $0.differs ? nil : $0.open.popLast() } }

  /// Compares one directory.
  ///
  /// - Parameters:
  ///   - directory: The directory, nil for the root.
  ///   - entries: What the table has there.
  ///   - found: Takes the directories in it that the table doesn't have.
  /// - Returns: How many files are as the table has them; nil when anything differs.
  private func compare(
    _ directory: BankPath?, _ entries: [TableListing.Entry], finding found: inout [BankPath]
  ) -> Int? {
    let prefix = directory.map { $0.bytes + [UInt8(ascii: "/")] } ?? []
    var same = 0
    var differs = false
    do throws(SystemError) {
      try fileSystem.visitNames(in: directory) { name in
        if let stamp = table.stamp(of: name.bytes, among: entries) {
          differs = name.stamp != stamp
          same += 1
        } else if let inner = unknown(name, in: directory, prefix) {
          if let inner { found.append(inner) }
        } else {
          differs = true
        }
        return !differs
      }
    } catch {
      return nil
    }
    return differs || same != entries.count ? nil : same
  }

  /// What is to be made of a name that the table doesn't have.
  ///
  /// - Returns: A directory to look at, or nothing where the name is none of the bank's; nil when it is news.
  private func unknown(_ name: borrowing ListedName, in directory: BankPath?, _ prefix: [UInt8]) -> BankPath?? {
    let bytes = Array(name.bytes)
    // A temporary file of ours is what a crash has left: it is to be looked after.
    if IgnoreRules.isSilent(bytes) { return TemporaryFile(directory: directory, name: bytes) == nil ? .some(nil) : nil }
    let isDirectory = name.kind == .directory
    if rules.ignoresEntry(prefix + bytes, nameStart: prefix.count, isDirectory: isDirectory) { return .some(nil) }
    guard isDirectory, let path = try? BankPath(prefix + bytes) else { return nil }
    return table.directories[path] == nil ? .some(path) : .some(nil)
  }
}
