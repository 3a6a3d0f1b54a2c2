import Bank
public import History
import Support

/// Notices a root that is not the directory it was, or has lost its marker: what is missing there proves nothing.
public final class RootGuard {
  private static let note = "root"

  /// Whether the directory is gone from its place: then there is nothing to look at, and nothing may be written.
  public private(set) var isGone = false
  private let engine: Engine
  private let directory: String
  private let notes: any Notes
  private let isMarked: () -> Bool

  /// A guard that has not looked yet.
  ///
  /// - Parameters:
  ///   - engine: Whose directory it is.
  ///   - directory: The directory's path, for messages.
  ///   - notes: Where the root's identity is kept between runs.
  ///   - isMarked: Whether the directory bears the marker now.
  public init(_ engine: Engine, directory: String, notes: any Notes, isMarked: @escaping () -> Bool) {
    self.engine = engine
    self.directory = directory
    self.notes = notes
    self.isMarked = isMarked
  }

  /// Looks, and tells the engine what it may not take for deleted.
  public func check() {
    let identity = (try? engine.bank.rootIdentity()).map { "\($0.device):\($0.inode)" }
    let known = notes.read(Self.note)
    isGone = identity == nil
    engine.isElsewhere = if let known { identity != known && engine.main != nil } else { false }
    if identity == nil {
      engine.suspicion =
        "\(directory) is gone or can't be opened; nothing was taken for deleted. "
        + "Mount it or put it back; do not make another bank in its place"
    } else if !isMarked() {
      engine.suspicion =
        "the marker \(Configuration.fileName) is gone; nothing was taken for deleted. Restore the directory, or run `membank init \(directory)`; do not write the marker by hand"
    } else if let known, known != identity, engine.main != nil {
      engine.suspicion =
        "\(directory) is not the directory that it was; nothing was taken for deleted. Approve the deletions only if the new directory is complete"
    } else {
      engine.suspicion = nil
      if known == nil, let identity { try? notes.write(Self.note, identity) }
    }
  }

  /// Takes a directory that now stands in the bank's place for the bank, if nothing is missing in it.
  public func settle() {
    guard engine.suspicion != nil, engine.plans.isEmpty, engine.lastLookWasWhole, isMarked() else { return }
    accept()
  }

  /// Releases exactly the deletions that were shown under `plan`.
  ///
  /// - Returns: Whether there is such a plan, and it was released.
  public func approve(_ plan: String) throws(HistoryError) -> Bool {
    let isLocal = engine.plans.contains { $0.id == plan && $0.direction == .local }
    guard try engine.approve(plan) else { return false }
    // The approval was for all that is missing, so the directory is the bank's from now on.
    if isLocal, engine.suspicion != nil, engine.plans.isEmpty { accept() }
    return true
  }

  /// Accepts the root as it is now: nothing is missing in it, or a person approved what is.
  private func accept() {
    if let identity = try? engine.bank.rootIdentity() {
      try? notes.write(Self.note, "\(identity.device):\(identity.inode)")
    }
    check()
  }
}
