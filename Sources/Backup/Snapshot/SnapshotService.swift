public import HTTPClient
import Support
public import Upstash

/// Upstash's management of one database, as far as its backups go.
public final class SnapshotService {
  /// The database's address.
  public let address: String
  private let endpoint: HTTPAddress
  private let api: UpstashAPI
  private var known: UpstashDatabase?

  /// How long a backup may be in the making, in seconds.
  private static let patience: Int64 = 1800

  /// The management of the database at an address; nothing is asked yet.
  public init(_ api: UpstashAPI, of endpoint: HTTPAddress) {
    self.api = api
    self.endpoint = endpoint
    address = "\(endpoint)"
  }

  /// The database, found by its address.
  ///
  /// - Throws: ``BackupError`` when the account has none there.
  public func database() throws(BackupError) -> UpstashDatabase {
    if let known { return known }
    guard let found = try inUpstash({ () throws(UpstashError) in try api.database(at: endpoint) }) else {
      throw BackupError(
        .settings, address,
        "the account of UPSTASH_EMAIL has no database at this address; `membank upstash list` shows those that it has")
    }
    known = found
    return found
  }

  /// All of its backups, whoever made them.
  func snapshots() throws(BackupError) -> [UpstashBackup] {
    let id = try database().id
    return try inUpstash { () throws(UpstashError) in try api.backups(of: id) }
  }

  /// Has a backup made, and waits until it is completed.
  func create(_ name: String, _ watch: BackupWatch) throws(BackupError) -> UpstashBackup {
    let id = try database().id
    do throws(UpstashError) {
      try api.createBackup(of: id, name: name)
    } catch {
      // No answer says nothing: whether it is in the making is to be seen.
      guard error.kind == .unknownOutcome else { throw BackupError(error) }
      guard try snapshots().contains(where: { $0.name == name }) else { throw BackupError(error) }
    }
    var pause = PollingPause(watch, atMost: 10)
    let deadline = SystemClock().monotonicNanoseconds + Self.patience * 1_000_000_000
    while true {
      watch.note("waiting for Upstash", 0, of: 0)
      let snapshot = try lookedAt(name)
      switch snapshot?.state {
      case .completed: if let snapshot { return snapshot }
      case .failed:
        if let snapshot { try? delete(snapshot) }
        throw BackupError(.place, address, "Upstash could not make the backup \(name); it says 'failed', and not why")
      default: break
      }
      guard SystemClock().monotonicNanoseconds < deadline else {
        throw BackupError(
          .place, address, "the backup \(name) is \(snapshot?.state.word ?? "not listed") after half an hour")
      }
      try pause.wait()
    }
  }

  /// Nil when it isn't listed, or the API can't answer just now.
  private func lookedAt(_ name: String) throws(BackupError) -> UpstashBackup? {
    do throws(BackupError) {
      return try snapshots().first { $0.name == name }
    } catch {
      guard case .upstash(let kind) = error.kind, kind == .throttled || kind == .unavailable || kind == .unreachable
      else { throw error }
      return nil
    }
  }

  /// Deletes a backup; one that is gone already is no failure.
  func delete(_ snapshot: UpstashBackup) throws(BackupError) {
    let id = try database().id
    do throws(UpstashError) { try api.deleteBackup(snapshot.id, of: id) } catch {
      guard error.kind == .notFound else { throw BackupError(error) }
    }
  }
}

/// Runs what fails as the management API does.
func inUpstash<T>(_ body: () throws(UpstashError) -> T) throws(BackupError) -> T {
  do throws(UpstashError) { return try body() } catch { throw BackupError(error) }
}
