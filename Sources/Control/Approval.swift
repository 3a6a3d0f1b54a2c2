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
    return try replica.root.approve(id) ? .deletions : .unknown
  }
}
