import History
public import Support
import SyncEngine

/// A bank's history for commands that only read: no lock is taken, and a daemon may be at work meanwhile.
public final class BankReader {
  private let history: History
  private let main: ObjectID?

  /// Opens the history of a bank.
  ///
  /// - Throws: ``ControlError`` when there is none yet.
  public init(_ setup: BankSetup) throws(ControlError) {
    let state = try setup.state(setup.load())
    do {
      history = try History(opening: state.history)
      main = try history.ref(EngineRef.main)
    } catch  where error.kind != .missing {
      throw ControlError(.problems, "\(error)")
    } catch {
      throw ControlError(
        .problems, "\(setup.directory) has no history yet; `membank sync --once` makes the first version")
    }
  }

  private func git<T>(_ body: () throws(HistoryError) -> T) throws(ControlError) -> T {
    do { return try body() } catch { throw ControlError(.problems, "\(error)") }
  }

  /// The conflicts in the newest version.
  public func conflicts() throws(ControlError) -> [ShownConflict] {
    guard let main else { return [] }
    let files = try git { () throws(HistoryError) in try history.files(inTree: history.commit(main).tree) }
    return Conflict.all(in: files).map { ShownConflict($0) }
  }

  /// A version's bytes.
  public func blob(_ id: ObjectID) throws(ControlError) -> [UInt8] {
    try git { () throws(HistoryError) in try history.blob(id) }
  }

  /// The commit that a person named; nil for the newest.
  ///
  /// - Throws: ``ControlError`` (usage) for a name that nothing bears.
  public func commit(_ name: String?) throws(ControlError) -> ObjectID {
    guard let name, name != "HEAD" else {
      guard let main else { throw ControlError(.problems, "there is no version yet") }
      return main
    }
    let found = try git { () throws(HistoryError) in try history.resolve(name) }
    guard let found else {
      throw ControlError(.usage, "no version is called '\(name)'; `membank log` lists them (a1b2c3d, HEAD~2)")
    }
    return found
  }

  /// Commits, newest first: all, or those that changed `path`.
  public func log(_ path: String?, limit: Int?) throws(ControlError) -> [LoggedCommit] {
    guard let main else { return [] }
    return try git { () throws(HistoryError) in
      let ids: [ObjectID]
      if let path, let path = try? BankPath(path) {
        ids = try history.history(of: path, at: main, limit: limit)
      } else {
        ids = try history.walk(from: [main], excluding: [], limit: limit)
      }
      var commits: [LoggedCommit] = []
      for id in ids { commits.append(LoggedCommit(try history.commit(id))) }
      return commits
    }
  }

  /// A file at a commit; nil when it wasn't there.
  public func file(_ path: String, at commit: ObjectID) throws(ControlError) -> [UInt8]? {
    guard let path = try? BankPath(path) else { throw ControlError(.usage, "'\(path)' can't be a document's path") }
    return try git { () throws(HistoryError) in
      guard let entry = try history.entry(path, inTree: history.commit(commit).tree) else { return nil }
      return try history.blob(entry.blob)
    }
  }

  /// A unified diff between two commits, or of one against its first parent.
  public func patch(_ from: ObjectID?, _ to: ObjectID, path: String?) throws(ControlError) -> String {
    let only = path.flatMap { try? BankPath($0) }
    return try git { () throws(HistoryError) in
      let commit = try history.commit(to)
      let base = from ?? commit.parents.first
      let old: ObjectID? = if let base { try history.commit(base).tree } else { nil }
      return try history.patch(from: old, to: commit.tree, path: only)
    }
  }
}

/// A conflict with its parts in the forms that are shown.
public struct ShownConflict: Sendable {
  /// What ``Conflict/id`` is.
  public let id: String
  /// The file.
  public let path: BankPath
  /// Where the other version stands.
  public let copy: BankPath
  /// The version in place.
  public let standing: ObjectID?
  /// The other version.
  public let aside: ObjectID
  /// The object of `--json`.
  public let json: JSONValue

  init(_ conflict: Conflict) {
    (id, path, copy) = (conflict.id, conflict.path, conflict.copy)
    (standing, aside) = (conflict.standing, conflict.aside)
    json = ConflictReport.json(conflict)
  }
}

/// A commit as `log` shows it.
public struct LoggedCommit: Sendable {
  /// Its id.
  public let id: ObjectID
  /// Who made the change.
  public let author: String
  /// When, in seconds since 1970.
  public let seconds: Int64
  /// The first line of its message.
  public let subject: String

  init(_ commit: Commit) {
    id = commit.id
    author = commit.author.name
    seconds = commit.committer.seconds
    subject = String(commit.message.split(separator: "\n").first ?? "")
  }

  /// The object of `--json`.
  public var json: JSONValue {
    .members([
      "id": .string(id.description), "author": .string(author), "at": .string(Timestamp.text(seconds: seconds)),
      "subject": .string(subject),
    ])
  }
}
