public import Backup
import HTTPClient
import Mirror
import RedisTransport
import Support
import Upstash

extension BackupBank {
  /// Upstash's backups of the database that the bank is mirrored to.
  func snapshots(
    _ target: TargetSettings, of remote: String?, through scratch: ScratchDatabase?
  ) throws(BackupError) -> SnapshotTarget {
    let what = "backup target '\(target.name)'"
    let place = try mirror(remote, what)
    guard let endpoint = place.endpoint else {
      throw BackupError(.settings, what, "the remote '\(remote ?? "")' is no database at Upstash")
    }
    let keys: MirrorKeys
    do { keys = try MirrorKeys(prefix: subject.prefix, project: subject.project) } catch {
      throw BackupError(.settings, what, "\(error)")
    }
    let mirror = DatabaseMirror(keys) { () throws(RedisError) in try Self.connect(place) }
    return SnapshotTarget(
      subject, SnapshotService(try managementAPI(), of: endpoint), mirror, notes: SnapshotNotes(state.path),
      scratch: scratch)
  }

  private func mirror(_ remote: String?, _ what: String) throws(BackupError) -> RemoteTarget.Place {
    let list: RemoteList
    do { list = try RemoteList(configuration, environment: environment, named: []) } catch {
      throw BackupError(.settings, what, error.message)
    }
    if let remote {
      guard let found = list.targets.first(where: { $0.name == remote }) else {
        throw BackupError(.settings, what, "the bank has no remote '\(remote)'")
      }
      return found.place
    }
    guard let first = list.targets.first(where: \.place.isAtUpstash) else {
      throw BackupError(
        .settings, what,
        "the bank is not mirrored to a database at Upstash, so there is nothing that Upstash could make a backup of; use "
          + "bundle or upstash-copy")
    }
    return first.place
  }

  private func managementAPI() throws(BackupError) -> UpstashAPI {
    do throws(UpstashAccountError) {
      return UpstashAPI(
        try UpstashAccount(
          email: environment.upstashEmail, key: environment.upstashAPIKey, url: environment.upstashAPIURL))
    } catch {
      throw BackupError(.settings, "the management API of Upstash", "\(error)")
    }
  }

  /// A database that a person lets us wipe: none that the bank, or a copy of it, is in.
  ///
  /// - Throws: ``ControlError``.
  public func scratchDatabase(_ id: String) throws(ControlError) -> ScratchDatabase {
    var places = ((try? RemoteList(configuration, environment: environment, named: []))?.targets ?? []).map(\.place)
    for target in settings.targets {
      if case .copy(let remote) = target.kind, let place = try? Self.place(of: remote, environment) {
        places.append(place)
      }
    }
    do throws(BackupError) {
      return try ScratchDatabase(id, besides: places.compactMap(\.endpoint), try managementAPI())
    } catch {
      throw ControlError(error)
    }
  }
}

extension RemoteTarget.Place {
  /// Where the database's REST endpoint is, or would be; nil where there can't be one.
  fileprivate var endpoint: HTTPAddress? {
    switch self {
    case .rest(let address): address.endpoint
    case .redis(let address):
      if case .tcp(let host, _) = address.endpoint { try? HTTPAddress(parsing: "https://\(host)") } else { nil }
    case .embedded: nil
    }
  }

  fileprivate var isAtUpstash: Bool {
    if case .rest = self { return true }
    return endpoint?.host.hasSuffix(".upstash.io") ?? false
  }
}
