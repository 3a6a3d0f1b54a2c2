import Glibc
public import Support

extension Bank {
  /// Looks at the whole bank, without reading any file.
  public func scan() -> Scan {
    var scan = Scan(rules: rules)
    scan.files.reserveCapacity(lastCount)
    defer { lastCount = scan.files.count }
    do throws(SystemError) {
      try checkRoot()
      try walk(nil, entries: fileSystem.list(nil), into: &scan)
      hasWalked = true
    } catch {
      scan.rootUnknown = true
      scan.problems.append(BankProblem(.unreadable, name: Array(".".utf8), path: nil, reason(error)))
    }
    scan.problems.sort { $0.name < $1.name }
    return scan
  }

  /// Looks at some paths only; where one is a directory, at everything below it.
  ///
  /// A path that is then neither among the files nor unknown is absent.
  public func look(at paths: [BankPath]) -> Scan {
    var scan = Scan(rules: rules)
    do throws(SystemError) {
      // What is removed together with the root must not look like so many deletions.
      try checkRoot()
    } catch {
      scan.rootUnknown = true
      return scan
    }
    for path in paths {
      do throws(SystemError) {
        try look(at: path, &scan)
      } catch  where error.code == ENOENT {
        // Gone since it was seen: absent.
      } catch {
        scan.note(BankProblem(.unreadable, path, reason(error)), isUnknown: true)
      }
    }
    scan.problems.sort { $0.name < $1.name }
    return scan
  }

  /// - Throws: `ESTALE` when another directory stands at the root's name, `ENOENT` when none does.
  func checkRoot() throws(SystemError) {
    let now = try fileSystem.rootIdentity()
    guard let expected = identity else {
      identity = now
      return
    }
    guard now == expected else { throw SystemError("stat", ".", code: ESTALE) }
  }

  private func look(at path: BankPath, _ scan: inout Scan) throws(SystemError) {
    guard let kind = try fileSystem.kind(of: path) else { return }
    guard !rules.ignores(path, isDirectory: kind == .directory), try standsExactly(path) else { return }
    switch kind {
    case .directory: try walk(path, entries: fileSystem.list(path), into: &scan)
    case .file: if let stamp = try fileSystem.stamp(path) { scan.files[path] = stamp }
    case .symbolicLink, .special: noteUnrepresentable(kind, path, &scan)
    }
  }

  // Where case is folded, `a.md` is found although the directory has `A.md`.
  func standsExactly(_ path: BankPath) throws(SystemError) -> Bool {
    guard fileSystem.foldsCase else { return true }
    for level in path.ancestors + [path] {
      let name = Array(level.name.utf8)
      guard try fileSystem.list(level.parent).contains(where: { $0.name == name }) else { return false }
    }
    return true
  }

  private func walk(
    _ directory: BankPath?, entries: [(name: [UInt8], kind: EntryKind)], into scan: inout Scan
  ) throws(SystemError) {
    let prefix = directory.map { $0.bytes + [UInt8(ascii: "/")] } ?? []
    var files: [BankPath] = []
    var directories: [BankPath] = []
    var names = NameClashes()
    for (name, kind) in entries {
      if IgnoreRules.isSilent(name) {
        noteTemporary(directory, name)
        continue
      }
      let bytes = prefix + name
      if rules.ignoresEntry(bytes, nameStart: prefix.count, isDirectory: kind == .directory) { continue }
      let path: BankPath
      do throws(PathProblem) { path = try BankPath(bytes) } catch {
        scan.problems.append(BankProblem(.badName, name: bytes, path: nil, error.description))
        continue
      }
      if let clash = names.insert(name, path) { scan.problems.append(clash) }
      switch kind {
      case .file: files.append(path)
      case .directory: directories.append(path)
      case .symbolicLink, .special: noteUnrepresentable(kind, path, &scan)
      }
    }
    for (path, result) in zip(files, fileSystem.stamps(in: directory, of: files)) {
      switch result {
      case .success(let stamp): if let stamp { scan.files[path] = stamp }
      case .failure(let error): scan.note(BankProblem(.unreadable, path, reason(error)), isUnknown: true)
      }
    }
    for path in directories {
      do throws(SystemError) {
        try walk(path, entries: fileSystem.list(path), into: &scan)
      } catch  where error.code == ENOENT {
        // Gone since its name was read.
      } catch {
        scan.note(BankProblem(.unreadable, path, reason(error)), isUnknown: true)
      }
    }
  }

  private func noteTemporary(_ directory: BankPath?, _ name: [UInt8]) {
    guard let temporary = TemporaryFile(directory: directory, name: name), displaced[temporary] == nil else { return }
    displaced[temporary] = Displacement(
      path: nil, since: clock.monotonicNanoseconds, isLeftover: true)
  }

  private func noteUnrepresentable(_ kind: EntryKind, _ path: BankPath, _ scan: inout Scan) {
    let problem =
      kind == .symbolicLink
      ? BankProblem(.symbolicLink, path, "is a symbolic link, which membank does not follow")
      : BankProblem(.special, path, "is neither a file nor a directory")
    scan.note(problem, isUnknown: true)
  }

  private func reason(_ error: SystemError) -> String {
    "can't be read: " + String(cString: strerror(error.code))
  }
}

extension Bank {
  /// Looks at the directories that a settler was hinted at, and notes what is there and what is missing.
  ///
  /// It belongs right after the hints of a report, before the settler is asked what is due: without it a file in a
  /// directory that is new, or was moved, waits for the next look at everything.
  /// - Parameters:
  ///   - settler: The settler.
  ///   - now: The time, in monotonic nanoseconds.
  ///   - known: The documents that the bank has.
  ///   - isChanged: Whether a file may differ from what is known of it; one that doesn't is passed over.
  /// - Returns: What was found, for its problems.
  @discardableResult
  public func expandDirectories(
    of settler: inout Settler, at now: Int64, known: Set<BankPath>,
    isChanged: (BankPath, FileStamp) -> Bool = { _, _ in true }
  ) -> Scan {
    let directories = settler.takeDirectories()
    if directories.isEmpty { return Scan(rules: rules) }
    let scan = directories == [nil] ? self.scan() : look(at: directories.compactMap(\.self))
    for (path, stamp) in scan.files.sorted(by: { $0.key < $1.key }) where isChanged(path, stamp) {
      settler.note(.written(path), at: now, isTracked: known.contains)
    }
    for path in known.sorted() where scan.files[path] == nil && !scan.isUnknown(path) {
      guard directories.contains(where: { $0.map(path.isInside) ?? true }) else { continue }
      settler.note(.removed(path), at: now, isTracked: known.contains)
    }
    return scan
  }
}
