import Support

/// What this machine knows of the snapshots that it had made, which nobody can look into: their manifests, by id.
public struct SnapshotNotes: Sendable {
  private let path: String

  /// The notes in a bank's state directory.
  public init(_ directory: String) { path = "\(directory)/snapshots.json" }

  /// All of them; what can't be read is not known.
  func manifests() -> [String: BackupManifest] {
    guard let bytes = try? BackupFiles.read(path), let members = (try? JSONValue.parse(bytes))?.members else {
      return [:]
    }
    var manifests: [String: BackupManifest] = [:]
    for member in members { manifests[member.name] = try? BackupManifest(parsing: member.value.renderedBytes()) }
    return manifests
  }

  /// Notes one; whoever calls holds the lock.
  func note(_ id: String, _ manifest: BackupManifest) throws(BackupError) {
    var manifests = manifests()
    manifests[id] = manifest
    try write(manifests)
  }

  /// Forgets one that is gone.
  func forget(_ id: String) throws(BackupError) {
    var manifests = manifests()
    if manifests.removeValue(forKey: id) != nil { try write(manifests) }
  }

  private func write(_ manifests: [String: BackupManifest]) throws(BackupError) {
    let members = manifests.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value.json) }
    try inSystem(path) { () throws(SystemError) in
      try replaceFile(path, with: JSONValue.object(members).renderedBytes(pretty: true), mode: 0o600)
    }
  }
}
