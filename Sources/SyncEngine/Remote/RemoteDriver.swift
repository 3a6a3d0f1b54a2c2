import History
public import Mirror
public import RedisTransport
public import Support

/// Carries out the engine's calls over a connection that it opens when needed and drops when it fails.
///
/// It blocks; whoever runs it decides on which thread.
public final class RemoteDriver {
  private let keys: MirrorKeys
  private let ttl: TTLPolicy
  private let limits: MirrorLimits
  private let snapshots: Bool
  private let random: any RandomSource
  private let clock: any Clock
  private let meter: CommandMeter?
  private let connect: () throws(RedisError) -> any RedisClient
  private var mirror: (client: any RedisClient, mirror: Mirror)?

  /// A driver for one remote.
  ///
  /// `connect` opens a connection, and is called again after each that failed; with `snapshots` each published version
  /// gets a key of its own; with a `meter` what is done is counted.
  public init(
    keys: MirrorKeys, ttl: TTLPolicy, limits: MirrorLimits, snapshots: Bool = false, random: any RandomSource,
    clock: any Clock = SystemClock(), meter: CommandMeter? = nil,
    connect: @escaping () throws(RedisError) -> any RedisClient
  ) {
    self.keys = keys
    self.ttl = ttl
    self.limits = limits
    self.snapshots = snapshots
    self.random = random
    self.clock = clock
    self.meter = meter
    self.connect = connect
  }

  /// Asks the remote and waits for what it says; never throws: a failure is an answer.
  public func perform(_ call: RemoteCall) -> RemoteAnswer {
    let isReused = mirror != nil
    do throws(RedisError) {
      return try perform(call, on: connected())
    } catch {
      // A connection that was idle may have been dropped long ago; every call may be repeated.
      guard isReused, error.kind == .closed else { return failed(error) }
    }
    disconnect()
    do throws(RedisError) { return try perform(call, on: connected()) } catch { return failed(error) }
  }

  private func perform(_ call: RemoteCall, on mirror: Mirror) throws(RedisError) -> RemoteAnswer {
    do throws(MirrorError) {
      do throws(MirrorError) {
        return try answer(call, on: mirror)
      } catch {
        // Somebody put another type under a key of ours: it is moved aside, where it can be found, and the call made
        // again.
        guard error.kind == .wrongType, try mirror.displace(error.operand) else { throw error }
        Failpoint.keyDisplaced.pass()
        return try answer(call, on: mirror)
      }
    } catch {
      if let cause = error.redis { throw cause }
      return .failed(RemoteFailure(remedy: .retry, message: "\(error)"))
    }
  }

  /// The mirror, for what is asked outside the cycle (doctor, tests).
  public func connected() throws(RedisError) -> Mirror {
    if let mirror { return mirror.mirror }
    var client = try connect()
    if let meter { client = MeteredClient(client, meter) }
    let made = Mirror(client: client, keys: keys, ttl: ttl, limits: limits, random: random, clock: clock)
    mirror = (client, made)
    return made
  }

  /// The commands that were billed since the last time this was asked; 0 where nobody counts.
  public func takeSpending() -> Int64 { meter?.take() ?? 0 }

  /// Closes the connection, if one is open.
  public func disconnect() {
    mirror?.client.close()
    mirror = nil
  }

  private func failed(_ error: RedisError) -> RemoteAnswer {
    disconnect()
    let remedy: RemoteFailure.Remedy =
      if let seconds = error.pauseSeconds { .wait(seconds: seconds) } else { error.haltsRemote ? .halt : .retry }
    return .failed(RemoteFailure(remedy: remedy, message: "\(error)"))
  }

  private func answer(_ call: RemoteCall, on mirror: Mirror) throws(MirrorError) -> RemoteAnswer {
    switch call {
    case .readHead:
      return .head(try mirror.readHead())
    case .packSizes(let ids):
      return .packSizes(try mirror.packSizes(ids))
    case .packs(let ids), .packsToFold(let ids):
      return .packs(try mirror.packs(ids))
    case .inspect(let paths, let head, let all):
      return .inspection(try mirror.inspect(paths, head: head, all: all))
    case .missingPacks(let ids):
      return .missingPacks(try mirror.missingPacks(ids))
    case .look(let documents, let head):
      return .looked(try mirror.look(documents, head: head))
    case .publish(let publication, let packs):
      let outcome = try mirror.publish(publication, uploading: packs.map { ($0.id, $0.bytes) })
      if snapshots, case .published = outcome {
        keepVersions(publication.documents, clock.wallMilliseconds, mirror)
      }
      return .published(outcome)
    case .replaceLostHead(let seen, let publication, let packs):
      let packs = packs.map { (id: $0.id, bytes: $0.bytes) }
      guard let seen else { return .published(try mirror.replaceDamagedHead(with: publication, uploading: packs)) }
      return .published(try mirror.replaceLostHead(seen: seen, with: publication, uploading: packs))
    case .project(let projection):
      let outcome = try mirror.project(projection)
      // The first publication of a bank comes this way, and repairs: those find the key that there was.
      if snapshots, case .done = outcome { keepVersions(projection.documents, nil, mirror) }
      return .projected(outcome)
    case .swapPacks(let head, let old, let new, let packs):
      try mirror.upload(packs.map { ($0.id, $0.bytes) })
      Failpoint.compactUploaded.pass()
      let outcome = try mirror.swapPacks(expected: head, from: old, to: new)
      Failpoint.compactSwapped.pass()
      return .swapped(outcome)
    case .renew(let force, let packs):
      let report = try mirror.renew(force: force)
      Failpoint.renewed.pass()
      return .renewed(
        missing: try mirror.missingPacks(packs), wrote: report.renewed > 0 || !report.adopted.isEmpty)
    case .mark: return .mark(try mirror.mark())
    case .markedHeartbeat(let replica, let fields):
      let marks = try mirror.markedHeartbeat(
        replica: replica, fields: fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
      Failpoint.heartbeat.pass()
      return .beat(before: marks?.before, after: marks?.after)
    case .heartbeat(let replica, let fields):
      try mirror.heartbeat(replica: replica, fields: fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
      Failpoint.heartbeat.pass()
      return .done
    }
  }

  /// Gives each version that was published a key of its own; the publication stands whether that works or not.
  ///
  /// - Parameters:
  ///   - documents: What was written.
  ///   - now: Milliseconds since 1970, for the keys; nil: each version's own time, which counts in whole seconds.
  ///   - mirror: Where.
  private func keepVersions(_ documents: [DocumentUpdate], _ now: Int64?, _ mirror: Mirror) {
    try? mirror.snapshot(
      documents.compactMap { document in
        if case .text(let bytes) = document.kind { (document.path, bytes, now ?? document.at) } else { nil }
      })
  }
}
