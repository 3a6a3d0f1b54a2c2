import History
public import Support

/// A version that stays on this machine: a secret was found in it, or it is over the size limit.
///
/// The live file is then ahead of `main` without being in it. What the bank does to that path meanwhile is not
/// applied; once the file is fit to leave, its version gets the parent that `main` had when it was held, and is
/// merged like any branch, so that nothing done meanwhile is undone by it.
public struct HeldVersion: Sendable, Hashable {
  /// The file.
  public let path: BankPath
  /// The ref that keeps the version; its parent is ``base``.
  public let commit: ObjectID
  /// What `main` was when the version was held; nil when there was none.
  public let base: ObjectID?
  /// Why, in words that name rule and line.
  public let reason: String

  static func refName(_ path: BankPath) -> String { EngineRef.held + String(sha256(path.bytes).prefix(16)) }

  static func all(in history: History) throws(HistoryError) -> [BankPath: HeldVersion] {
    var held: [BankPath: HeldVersion] = [:]
    for (_, id) in try history.refs(under: EngineRef.held) {
      let commit = try history.commit(id)
      guard let text = CommitMessage.trailers(named: "Held-Path", in: commit.message).last,
        let path = try? BankPath(text)
      else { continue }
      let reason = CommitMessage.trailers(named: "Held-Reason", in: commit.message).last ?? ""
      held[path] = HeldVersion(path: path, commit: id, base: commit.parents.first, reason: reason)
    }
    return held
  }
}
