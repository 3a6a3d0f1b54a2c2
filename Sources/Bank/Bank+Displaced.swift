import Glibc
public import Support

/// What is known of a temporary file that stands in the bank.
struct Displacement {
  /// The document that its bytes belonged to.
  var path: BankPath?
  /// When it was first seen, in monotonic nanoseconds.
  var since: Int64
  /// Whether a former run left it.
  var isLeftover: Bool
  /// Its stamp when it was last read, and since when it has had that.
  var quiet: (stamp: FileStamp, since: Int64)?
}

/// Files that guarded writes, or a crash in one, left under temporary names.
extension Bank {
  // Where it can't be told whether anyone still writes, a file that hasn't changed for so long counts as left.
  private static let graceNanoseconds: Int64 = 60_000_000_000
  // What is written to all the while is captured when it pauses, or from time to time.
  private static let pauseNanoseconds: Int64 = 1_000_000_000
  private static let longestNanoseconds: Int64 = 5_000_000_000

  /// Looks again at each temporary file of ours: unlinks those whose bytes are in the history and have no writer.
  ///
  /// - Parameters:
  ///   - candidates: Documents that one of a former run may have belonged to, besides those that exist.
  ///   - inHistory: Whether the history has a blob.
  /// - Returns: The others' contents, to be captured and then given to ``discard(_:)``. What is still being written
  ///   to is left out until it pauses.
  public func reapDisplaced(candidates: [BankPath] = [], inHistory: (ObjectID) -> Bool) -> [DisplacedFile] {
    if !hasWalked { _ = scan() }
    var rest: [DisplacedFile] = []
    for temporary in displaced.keys.sorted(by: { $0.description < $1.description }) {
      do throws(SystemError) {
        if let file = try reap(temporary, candidates, inHistory) { rest.append(file) }
      } catch  where error.code == ENOENT || error.code == ENOTDIR {
        displaced[temporary] = nil
      } catch {
        // Unreadable for now: it stays where it is.
      }
    }
    return rest
  }

  /// Gives documents their names back that a crash has left without.
  ///
  /// Where names can't be swapped in one step, the old file has only a temporary one for a moment. To be called before
  /// what is missing is taken for deleted.
  ///
  /// - Parameters:
  ///   - candidates: The documents that may be missing.
  ///   - isCurrent: Whether these bytes are what such a document may hold, and no earlier version that was replaced.
  /// - Returns: Whether there was any.
  public func returnHome(candidates: [BankPath], isCurrent: (BankPath, ObjectID) -> Bool) -> Bool {
    var hasAny = false
    for (temporary, known) in displaced.sorted(by: { $0.key.description < $1.key.description })
    where known.isLeftover && !temporary.isUnfinished && !fileSystem.exchangesAtOnce {
      guard let path = candidates.first(where: temporary.belongs(to:)) else { continue }
      do throws(SystemError) {
        guard try fileSystem.kind(of: path) == nil, try fileSystem.kind(of: temporary) == .file else { continue }
        guard isCurrent(path, ObjectID.blob(of: try fileSystem.read(temporary, limit: .max).bytes)) else { continue }
        try fileSystem.place(temporary, at: path)
        displaced[temporary] = nil
        hasAny = true
      } catch {
        // It stays under its name, and is looked at again with the others.
      }
    }
    return hasAny
  }

  /// Removes a file whose contents have been captured, if it still has them and nobody writes to it.
  public func discard(_ file: DisplacedFile) {
    let content = ObjectID.blob(of: file.bytes)
    _ = try? reap(file.temporary, [], { $0 == content })
  }

  /// The number of temporary files that wait to be unlinked.
  public var displacedCount: Int { displaced.count }

  private func reap(
    _ temporary: TemporaryFile, _ candidates: [BankPath], _ inHistory: (ObjectID) -> Bool
  ) throws(SystemError) -> DisplacedFile? {
    let now = clock.monotonicNanoseconds
    var known = displaced[temporary] ?? Displacement(path: nil, since: now, isLeftover: true)
    if temporary.isUnfinished {
      try remove(temporary)
      return nil
    }
    let kind = try fileSystem.kind(of: temporary)
    guard kind == .file else {
      // Gone: taken away, or moved along with its directory, below which it is found anew.
      if kind == nil { displaced[temporary] = nil }
      // Something else that stood at a document's name; it goes back as soon as that is free.
      if let path = known.path { try? fileSystem.place(temporary, at: path) }
      return nil
    }
    let hasWriters = (try? fileSystem.hasWriters(temporary)) ?? nil
    let (bytes, stamp) = try fileSystem.read(temporary, limit: .max)
    if known.quiet?.stamp != stamp { known.quiet = (stamp, now) }
    if known.path == nil { known.path = owner(of: temporary, candidates) }
    displaced[temporary] = known
    let quietFor = now - (known.quiet?.since ?? now)

    if inHistory(ObjectID.blob(of: bytes)) {
      if hasWriters == false || (hasWriters == nil && quietFor >= Self.graceNanoseconds) { try remove(temporary) }
      return nil
    }
    if hasWriters == true, quietFor < Self.pauseNanoseconds, now - known.since < Self.longestNanoseconds { return nil }
    return DisplacedFile(temporary: temporary, path: known.path, bytes: bytes)
  }

  private func remove(_ temporary: TemporaryFile) throws(SystemError) {
    try fileSystem.remove(temporary)
    displaced[temporary] = nil
  }

  private func owner(of temporary: TemporaryFile, _ candidates: [BankPath]) -> BankPath? {
    if let path = candidates.first(where: temporary.belongs(to:)) { return path }
    let names = (try? fileSystem.list(temporary.directory)) ?? []
    for (name, _) in names {
      let path = temporary.directory.map { try? $0.appending(name) } ?? (try? BankPath(name))
      if let path, temporary.belongs(to: path) { return path }
    }
    return nil
  }
}
