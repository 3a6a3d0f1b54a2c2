import History
import Support
import SyncEngine

/// What a person's approval released.
public enum Approval: Sendable, Hashable {
  /// Nothing bears that id.
  case unknown
  /// Deletions.
  case deletions
  /// Settings that came with the directory.
  case settings

  /// Releases what was shown under an id, and nothing else.
  public static func give(_ id: String, _ replica: Replica) throws -> Approval {
    if id == replica.settings.pending {
      try replica.approveSettings()
      return .settings
    }
    let isLocal = replica.engine.plans.contains { $0.id == id && $0.direction == .local }
    guard try replica.engine.approve(id) else { return .unknown }
    // The approval was for all that is missing, so the directory is the bank's from now on.
    if isLocal, replica.engine.suspicion != nil, replica.engine.plans.isEmpty { replica.acceptRoot() }
    return .deletions
  }
}
