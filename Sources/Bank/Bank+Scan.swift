import Glibc
public import Support

extension Bank {
  /// Looks at the whole bank, without reading any file.
  public func scan() -> Scan {
    var walk = DirectoryWalk(fileSystem, rules, expecting: lastCount)
    do throws(SystemError) {
      try checkRoot()
      try walk.walk(nil)
    } catch {
      return Self.unreadable(error, rules)
    }
    return finish([walk.sight])
  }

  /// What comes of a look at everything: what all walks saw together.
  func finish(_ sights: [DirectoryWalk.Sight]) -> Scan {
    let inOrder = sights.sorted { $0.scan.files.count > $1.scan.files.count }
    guard var scan = inOrder.first?.scan else { return Scan(rules: rules) }
    scan.files.reserveCapacity(sights.reduce(0) { $0 + $1.scan.files.count })
    for sight in inOrder.dropFirst() { scan.merge(sight.scan) }
    for sight in sights { note(sight.temporaries) }
    scan.problems.sort { $0.name < $1.name }
    hasWalked = true
    lastCount = scan.files.count
    return scan
  }

  /// What comes of a look at a root that can't be read.
  static func unreadable(_ error: SystemError, _ rules: IgnoreRules) -> Scan {
    let problem = BankProblem(.unreadable, name: Array(".".utf8), path: nil, error.inWords)
    return Scan(rootUnknown: true, problems: [problem], rules: rules)
  }

  /// Looks at some paths only; where one is a directory, at everything below it.
  ///
  /// A path that is then neither among the files nor unknown is absent.
  public func look(at paths: [BankPath]) -> Scan {
    do throws(SystemError) {
      // What is removed together with the root must not look like so many deletions.
      try checkRoot()
    } catch {
      return Scan(rootUnknown: true, rules: rules)
    }
    var walk = DirectoryWalk(fileSystem, rules)
    for path in paths {
      do throws(SystemError) {
        guard let kind = try fileSystem.kind(of: path) else { continue }
        guard !rules.ignores(path, isDirectory: kind == .directory), try standsExactly(path) else { continue }
        try walk.look(at: path, kind)
      } catch  where error.code == ENOENT {
        // Gone since it was seen: absent.
      } catch {
        walk.note(error, at: path)
      }
    }
    note(walk.sight.temporaries)
    var scan = walk.sight.scan
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

  // Where case is folded, `a.md` is found although the directory has `A.md`.
  func standsExactly(_ path: BankPath) throws(SystemError) -> Bool {
    guard fileSystem.foldsCase else { return true }
    for level in path.ancestors + [path] {
      let name = Array(level.name.utf8)
      guard try fileSystem.list(level.parent).contains(where: { $0.name == name }) else { return false }
    }
    return true
  }

  private func note(_ temporaries: [TemporaryFile]) {
    for temporary in temporaries where displaced[temporary] == nil {
      displaced[temporary] = Displacement(path: nil, since: clock.monotonicNanoseconds, isLeftover: true)
    }
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
