import Glibc
public import Support

/// Writing: each change is made only to the bytes that it was planned for.
///
/// The check that counts comes after the step that cannot be undone by others: the old file is taken out in the same
/// moment in which the new one goes in, then looked at, and put back if it is not what was expected.
extension Bank {
  /// Makes a change if the document is as expected.
  ///
  /// - Parameters:
  ///   - change: The change.
  ///   - inHistory: Whether the history has a blob: only then may its bytes be unlinked here.
  /// - Returns: What became of it; whatever that is, no bytes are lost.
  public func apply(_ change: GuardedChange, inHistory: (ObjectID) -> Bool) -> GuardedOutcome {
    do throws(SystemError) {
      try checkRoot()
      let live = try liveFile(at: change)
      switch (change.expected, change.content) {
      case (nil, nil):
        return live == nil ? .alreadyThere(nil) : .refused
      case (nil, let content?):
        if let live { return live.blob == ObjectID.blob(of: content) ? .alreadyThere(live.stamp) : .refused }
        return try create(change, content)
      case (let expected?, let content?):
        guard let live else { return .refused }
        if live.blob == ObjectID.blob(of: content) {
          guard live.blob == expected, live.stamp.isExecutable != change.executable else {
            return .alreadyThere(live.stamp)
          }
          try fileSystem.setExecutable(change.path, change.executable)
          Failpoint.applyMode.pass()
          return .applied(try fileSystem.stamp(change.path))
        }
        guard live.blob == expected else { return .refused }
        Failpoint.applyChecked.pass()
        return try replace(change, expected, content, inHistory)
      case (let expected?, nil):
        guard let live else { return .alreadyThere(nil) }
        guard live.blob == expected else { return .refused }
        Failpoint.applyChecked.pass()
        return try delete(change, expected, inHistory)
      }
    } catch  where error.code == EAGAIN {
      // It is being written to at this moment.
      return .refused
    } catch {
      return .failed(error)
    }
  }

  private func liveFile(at change: GuardedChange) throws(SystemError) -> (blob: ObjectID, stamp: FileStamp)? {
    let path = change.path
    let kind = try fileSystem.kind(of: path)
    if kind != nil, try !standsExactly(path) {
      // Where case is folded another document is in the way.
      guard change.expected != nil || change.content == nil else {
        throw SystemError("open", path.description, code: EEXIST)
      }
      return nil
    }
    switch kind {
    case nil: return nil
    case .file: break
    case .directory:
      guard change.content != nil else { return nil }
      // A directory with nothing in it holds nobody's words; one with anything in it stays.
      do throws(SystemError) { try fileSystem.removeDirectory(path) } catch {
        throw SystemError("open", path.description, code: EISDIR)
      }
      return nil
    case .symbolicLink: throw SystemError("open", path.description, code: ELOOP)
    case .special: throw SystemError("open", path.description, code: ENXIO)
    }
    do throws(SystemError) {
      let (bytes, stamp) = try fileSystem.read(path, limit: .max)
      return (ObjectID.blob(of: bytes), stamp)
    } catch  where error.code == ENOENT {
      return nil
    }
  }

  // MARK: The three changes

  private func create(_ change: GuardedChange, _ content: [UInt8]) throws(SystemError) -> GuardedOutcome {
    let made = try makeDirectories(above: change.path)
    if !made.isEmpty { Failpoint.applyDirectory.pass() }
    let temporary = TemporaryFile(for: change.path, random: random)
    do throws(SystemError) {
      try fileSystem.create(temporary, content: content, access: .new(executable: change.executable))
      do throws(SystemError) { try fileSystem.place(temporary, at: change.path) } catch {
        removeQuietly(temporary)
        throw error
      }
    } catch {
      for directory in made.reversed() { try? fileSystem.removeDirectory(directory) }
      if error.code == EEXIST { return .refused }
      throw error
    }
    Failpoint.applyPlaced.pass()
    for directory in made { try fileSystem.synchronise(directory.parent) }
    try fileSystem.synchronise(change.path.parent)
    Failpoint.applySynchronised.pass()
    return .applied(try fileSystem.stamp(change.path))
  }

  private func replace(
    _ change: GuardedChange, _ expected: ObjectID, _ content: [UInt8], _ inHistory: (ObjectID) -> Bool
  ) throws(SystemError) -> GuardedOutcome {
    let temporary = TemporaryFile(for: change.path, random: random)
    do throws(SystemError) {
      try fileSystem.create(
        temporary, content: content, access: .like(change.path, executable: change.executable))
      do throws(SystemError) { try fileSystem.exchange(temporary, change.path) } catch {
        removeQuietly(temporary)
        throw error
      }
    } catch  where error.code == ENOENT {
      return .refused
    }
    Failpoint.applyExchanged.pass()
    keep(temporary, change.path)
    guard try settle(temporary, expected, inHistory) else {
      Failpoint.applyRefused.pass()
      try putBack(temporary, change.path, over: ObjectID.blob(of: content))
      return .refused
    }
    try fileSystem.synchronise(change.path.parent)
    Failpoint.applySynchronised.pass()
    return .applied(try fileSystem.stamp(change.path))
  }

  private func delete(
    _ change: GuardedChange, _ expected: ObjectID, _ inHistory: (ObjectID) -> Bool
  ) throws(SystemError) -> GuardedOutcome {
    let temporary = TemporaryFile(for: change.path, random: random)
    do throws(SystemError) { try fileSystem.displace(change.path, to: temporary) } catch  where error.code == ENOENT {
      return .alreadyThere(nil)
    }
    Failpoint.applyDisplaced.pass()
    keep(temporary, change.path)
    guard try settle(temporary, expected, inHistory) else {
      Failpoint.applyRefused.pass()
      do throws(SystemError) {
        try fileSystem.place(temporary, at: change.path)
        displaced[temporary] = nil
      } catch  where error.code == EEXIST {
        // Something new was made there meanwhile: both live on, the displaced one until it is captured.
      }
      return .refused
    }
    try fileSystem.synchronise(change.path.parent)
    Failpoint.applySynchronised.pass()
    removeEmptyDirectories(above: change.path)
    return .applied(nil)
  }

  // MARK: What came out

  /// Unlinks what came out if it is what was expected, in the history, and nobody writes to it any more; leaves it
  /// for later if only the last two are in doubt.
  ///
  /// - Returns: False when it isn't what was expected.
  private func settle(
    _ temporary: TemporaryFile, _ expected: ObjectID, _ inHistory: (ObjectID) -> Bool
  ) throws(SystemError) -> Bool {
    guard let kind = try fileSystem.kind(of: temporary) else {
      // Someone tidied it away: nothing is left to compare or to put back.
      displaced[temporary] = nil
      return true
    }
    guard kind == .file else { return false }
    // Asked first: whoever still has it open may write between the reading and the answer.
    let hasWriters = try? fileSystem.hasWriters(temporary)
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try fileSystem.read(temporary, limit: .max).bytes } catch
      where error.code == EAGAIN
    {
      return false
    }
    guard ObjectID.blob(of: bytes) == expected else { return false }
    Failpoint.applyVerified.pass()
    if hasWriters == false, inHistory(expected) {
      try fileSystem.remove(temporary)
      Failpoint.applyUnlinked.pass()
      displaced[temporary] = nil
    }
    return true
  }

  /// Undoes an exchange whose old side wasn't what was expected.
  private func putBack(_ temporary: TemporaryFile, _ path: BankPath, over ours: ObjectID) throws(SystemError) {
    do throws(SystemError) { try fileSystem.exchange(temporary, path) } catch  where error.code == ENOENT {
      // Our new file is gone already: someone deleted or moved it, and made room.
      do throws(SystemError) {
        try fileSystem.place(temporary, at: path)
        displaced[temporary] = nil
      } catch  where error.code == EEXIST {}
      return
    }
    Failpoint.applyPutBack.pass()
    // What comes out now is ours, unless an editor was quick: then it is an edit, and waits to be captured.
    _ = try? settle(temporary, ours) { _ in true }
    try fileSystem.synchronise(path.parent)
  }

  private func keep(_ temporary: TemporaryFile, _ path: BankPath) {
    displaced[temporary] = Displacement(
      path: path, since: clock.monotonicNanoseconds, isLeftover: false)
  }

  private func removeQuietly(_ temporary: TemporaryFile) { try? fileSystem.remove(temporary) }

  // MARK: Directories

  /// - Returns: Those that had to be made, outermost first.
  private func makeDirectories(above path: BankPath) throws(SystemError) -> [BankPath] {
    var made: [BankPath] = []
    guard let parent = path.parent, try fileSystem.kind(of: parent) != .directory else { return [] }
    for directory in path.ancestors {
      do throws(SystemError) {
        try fileSystem.makeDirectory(directory)
        made.append(directory)
      } catch  where error.code == EEXIST {
        guard try fileSystem.kind(of: directory) == .directory else {
          for directory in made.reversed() { try? fileSystem.removeDirectory(directory) }
          throw SystemError("mkdirat", directory.description, code: ENOTDIR)
        }
      }
    }
    return made
  }

  // rmdir refuses what has anything in it, be it an ignored file.
  private func removeEmptyDirectories(above path: BankPath) {
    for directory in path.ancestors.reversed() {
      do throws(SystemError) { try fileSystem.removeDirectory(directory) } catch { return }
    }
  }
}
