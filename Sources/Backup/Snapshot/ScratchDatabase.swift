public import HTTPClient
import History
import Mirror
import RedisTransport
import Support
public import Upstash

/// A database that a person has let us wipe: a snapshot is restored into it to be read.
public final class ScratchDatabase {
  /// The database.
  public let database: UpstashDatabase
  private let api: UpstashAPI
  private let client: RestClient
  /// What stands in it by now.
  private var held: (id: String, head: MirrorHead)?

  /// How long what was restored may take to show, in seconds: nobody says whether the answer waits for it.
  private let patience: Int64

  /// A database by its id.
  ///
  /// - Parameters:
  ///   - id: The id.
  ///   - kept: Where the bank and its copies are; none of these may it be.
  ///   - api: The account's management.
  ///   - patience: How long what was restored may take to show, in seconds.
  /// - Throws: ``BackupError`` when there is none, or it is the bank's own.
  public init(_ id: String, besides kept: [HTTPAddress], _ api: UpstashAPI, patience: Int64 = 60) throws(BackupError) {
    self.api = api
    self.patience = patience
    database = try inUpstash { () throws(UpstashError) in try api.database(id) }
    guard !kept.contains(where: database.isReached) else {
      throw BackupError(
        .settings, "\(database)", "holds the bank, or copies of it, and would be wiped; name another database")
    }
    guard let token = database.credentials?.token else {
      throw BackupError(
        .settings, "\(database)", "the management API keeps its token back from this key; make a key that may see it")
    }
    // What stands for Upstash on this machine has no certificate.
    let scheme = api.account.address.isSecure ? "https" : "http"
    do throws(RestAddressError) {
      client = RestClient(try RestAddress("\(scheme)://\(database.endpoint)", token: .value(token)))
    } catch {
      throw BackupError(.settings, "\(database)", "\(error)")
    }
  }

  /// What it holds of a bank.
  func mirror(_ keys: MirrorKeys) -> DatabaseMirror {
    DatabaseMirror(keys) { [client] () throws(RedisError) in client }
  }

  /// Wipes it and has a snapshot restored into it, unless that stands there already; what it says of the bank.
  func restored(
    _ snapshot: UpstashBackup, keys: MirrorKeys, _ watch: BackupWatch
  ) throws(BackupError) -> MirrorHead {
    if let held, held.id == snapshot.id { return held.head }
    held = nil
    watch.note("restoring into \(database.name)", 0, of: 0)
    // So that what stands there afterwards can't be from before.
    try inRedis { () throws(RedisError) in try client.run(RedisCommand([Array("FLUSHDB".utf8)])) }
    do throws(UpstashError) {
      try api.restoreBackup(snapshot.id, into: database.id)
    } catch {
      guard error.kind == .unknownOutcome else { throw BackupError(error) }
    }
    let mirror = mirror(keys)
    let head = try waiting(watch) { () throws(BackupError) in
      guard let head = try mirror.head() else {
        throw BackupError(
          .damaged, "\(snapshot)",
          "holds no bank '\(keys.project)': keys go from a snapshot, too, when their time to live is over")
      }
      return head
    }
    held = (snapshot.id, head)
    return head
  }

  /// Brings what it holds into a history.
  func load(
    _ head: MirrorHead, into history: History, _ keys: MirrorKeys, _ name: String, _ watch: BackupWatch
  ) throws(BackupError) {
    let mirror = mirror(keys)
    try waiting(watch) { () throws(BackupError) in try mirror.load(head, into: history, name, watch) }
  }

  /// Tries until it works: a restore may still be under way.
  private func waiting<T>(_ watch: BackupWatch, _ body: () throws(BackupError) -> T) throws(BackupError) -> T {
    var pause = PollingPause(watch, atMost: 5)
    let deadline = SystemClock().monotonicNanoseconds + patience * 1_000_000_000
    while true {
      do throws(BackupError) { return try body() } catch {
        guard error.kind != .cancelled, SystemClock().monotonicNanoseconds < deadline else { throw error }
      }
      try pause.wait()
    }
  }
}
