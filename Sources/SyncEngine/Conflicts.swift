import Bank
public import History
import MarkdownMerge
public import Support

/// Two versions of a file that a merge could not make one of.
public struct Conflict: Sendable, Hashable {
  /// The file.
  public let path: BankPath
  /// The version that kept the place; nil when the file has been deleted since.
  public let standing: ObjectID?
  /// Where the other version stands.
  public let copy: BankPath
  /// The other version.
  public let aside: ObjectID

  /// The conflicts in a tree, by path.
  public static func all(in files: [BankPath: TreeEntry]) -> [Conflict] {
    files.compactMap { path, entry in
      ConflictName.original(of: path).map {
        Conflict(path: $0, standing: files[$0]?.blob, copy: path, aside: entry.blob)
      }
    }.sorted { ($0.path, $0.copy) < ($1.path, $1.copy) }
  }

  /// Names the conflict as it was shown: with another version on either side the id is another.
  public var id: String {
    let text = path.bytes + [0] + (standing?.bytes ?? []) + [0] + copy.bytes + [0] + aside.bytes
    return String(sha256(text).prefix(8))
  }
}

/// How a conflict is to end.
public enum Resolution: Sendable, Hashable {
  /// The version in place stays, the copy goes.
  case ours
  /// The copy takes the place, or its parts take theirs.
  case theirs
  /// The copy's text is appended to the version in place, or each of its parts to what it is another version of.
  case both
  /// This text takes the place.
  case edited([UInt8])
}

/// Why a conflict was not resolved.
public enum ResolutionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no conflict of that id or path any more.
  case unknown(String)
  /// One of the two files has changed since it was shown.
  case changed(BankPath)
  /// What the parts in a copy are other versions of doesn't stand in the file any more, or stands there several times.
  case displaced(BankPath)
  /// A file could not be written.
  case failed(SystemError)
  /// One of the two files is ignored on this machine, so what is done to it would not reach the bank.
  case ignored(BankPath)

  /// What happened and what to do.
  public var description: String {
    switch self {
    case .unknown(let name): "no conflict is called '\(name)'; `membank conflicts` lists them"
    case .changed(let path): "\(path) has changed since it was shown; look again with `membank conflicts show`"
    case .displaced(let path):
      "what was set aside of \(path) has no place in it any more; edit the file, then take ours, or give --edited FILE"
    case .failed(let error): "\(error)"
    case .ignored(let path): "\(path) is ignored here; resolve the conflict on a machine that doesn't ignore it"
    }
  }
}

extension Engine {
  /// The conflicts that wait, by path.
  public var conflicts: [Conflict] { Conflict.all(in: files) }

  /// Ends a conflict, if both files still are what was shown.
  ///
  /// The two files are written under guard and then captured as one edit.
  public func resolve(_ conflict: Conflict, _ resolution: Resolution) throws {
    guard conflicts.contains(conflict) else { throw ResolutionError.unknown(conflict.id) }
    for path in [conflict.path, conflict.copy] where bank.rules.ignores(path, isDirectory: false) {
      throw ResolutionError.ignored(path)
    }
    let standing = try conflict.standing.map { try history.blob($0) }
    let aside = try history.blob(conflict.aside)
    let content: [UInt8]? =
      switch resolution {
      case .ours: nil
      case .theirs: try Self.placed(aside, .replace, in: standing, conflict.path) ?? aside
      case .both: try Self.placed(aside, .append, in: standing, conflict.path) ?? Self.joined(standing ?? [], aside)
      case .edited(let bytes): bytes
      }
    if let content, content != standing {
      try write(
        GuardedChange(
          path: conflict.path, expected: conflict.standing, content: content,
          executable: files[conflict.path]?.executable ?? false))
      Failpoint.resolveWritten.pass()
    }
    try write(GuardedChange(path: conflict.copy, expected: conflict.aside, content: nil, executable: false))
    Failpoint.resolveDeleted.pass()
    // A person has just said that the copy is to go.
    approved.insert(DeletionPlan(direction: .local, files: [conflict.copy: conflict.aside], reason: "").id)
    try capture([conflict.path, conflict.copy])
  }

  private func write(_ change: GuardedChange) throws(ResolutionError) {
    switch bank.apply(change, inHistory: { self.history.contains($0) }) {
    case .applied, .alreadyThere: return
    case .refused: throw .changed(change.path)
    case .failed(let error): throw .failed(error)
    }
  }

  /// The version in place with the parts of a copy brought back in; nil when the copy is a whole version.
  private static func placed(
    _ aside: [UInt8], _ choice: ConflictCopy.Choice, in standing: [UInt8]?, _ path: BankPath
  ) throws(ResolutionError) -> [UInt8]? {
    guard let copy = ConflictCopy(parsing: aside) else { return nil }
    guard let standing, let text = copy.resolving(choice, in: standing) else { throw .displaced(path) }
    return text
  }

  private static func joined(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
    let newline = UInt8(ascii: "\n")
    // It stands there already when this is done again after a kill.
    if first.count > second.count, first.suffix(second.count).elementsEqual(second),
      first[first.count - second.count - 1] == newline
    {
      return first
    }
    return first + (first.isEmpty || first.last == UInt8(ascii: "\n") ? [] : [UInt8(ascii: "\n")]) + second
  }
}
