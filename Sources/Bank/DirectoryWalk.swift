import Glibc
import Support

/// A way through some directories, without reading any file.
struct DirectoryWalk {
  /// What it saw.
  struct Sight: Sendable {
    var scan: Scan
    /// Temporary files of ours that were met.
    var temporaries: [TemporaryFile] = []
  }

  private let fileSystem: any FileSystem
  private let rules: IgnoreRules
  private(set) var sight: Sight

  init(_ fileSystem: any FileSystem, _ rules: IgnoreRules, expecting count: Int = 0) {
    self.fileSystem = fileSystem
    self.rules = rules
    sight = Sight(scan: Scan(rules: rules))
    sight.scan.files.reserveCapacity(count)
  }

  /// Looks at a directory and at everything below it.
  mutating func walk(_ directory: BankPath?) throws(SystemError) {
    for inner in try visit(directory) { enter(inner) }
  }

  /// The same for a directory that was just seen: one that can't be read is noted, one that is gone passed over.
  mutating func enter(_ directory: BankPath) {
    do throws(SystemError) {
      try walk(directory)
    } catch  where error.code == ENOENT {
      // Gone since its name was read.
    } catch {
      note(error, at: directory)
    }
  }

  /// Looks at what stands in one directory.
  ///
  /// - Returns: The directories in it.
  mutating func visit(_ directory: BankPath?) throws(SystemError) -> [BankPath] {
    let prefix = directory.map { $0.bytes + [UInt8(ascii: "/")] } ?? []
    var files: [BankPath] = []
    var directories: [BankPath] = []
    var names = NameClashes()
    for (name, kind) in try fileSystem.list(directory) {
      if IgnoreRules.isSilent(name) {
        if let temporary = TemporaryFile(directory: directory, name: name) { sight.temporaries.append(temporary) }
        continue
      }
      let bytes = prefix + name
      if rules.ignoresEntry(bytes, nameStart: prefix.count, isDirectory: kind == .directory) { continue }
      let path: BankPath
      do throws(PathProblem) { path = try BankPath(bytes) } catch {
        sight.scan.problems.append(BankProblem(.badName, name: bytes, path: nil, error.description))
        continue
      }
      if let clash = names.insert(path, nameStart: prefix.count) { sight.scan.problems.append(clash) }
      switch kind {
      case .file: files.append(path)
      case .directory: directories.append(path)
      case .symbolicLink, .special: noteUnrepresentable(kind, path)
      }
    }
    for (path, result) in zip(files, fileSystem.stamps(in: directory, of: files)) {
      switch result {
      case .success(let stamp): if let stamp { sight.scan.files[path] = stamp }
      case .failure(let error): note(error, at: path)
      }
    }
    return directories
  }

  /// Looks at one path that may be anything.
  mutating func look(at path: BankPath, _ kind: EntryKind) throws(SystemError) {
    switch kind {
    case .directory: try walk(path)
    case .file: if let stamp = try fileSystem.stamp(path) { sight.scan.files[path] = stamp }
    case .symbolicLink, .special: noteUnrepresentable(kind, path)
    }
  }

  mutating func note(_ error: SystemError, at path: BankPath) {
    sight.scan.note(BankProblem(.unreadable, path, error.inWords), isUnknown: true)
  }

  private mutating func noteUnrepresentable(_ kind: EntryKind, _ path: BankPath) {
    let problem =
      kind == .symbolicLink
      ? BankProblem(.symbolicLink, path, "is a symbolic link, which membank does not follow")
      : BankProblem(.special, path, "is neither a file nor a directory")
    sight.scan.note(problem, isUnknown: true)
  }
}

extension SystemError {
  /// Why something can't be looked at.
  var inWords: String { "can't be read: " + String(cString: strerror(code)) }
}
