public import Mirror
public import RedisTransport
import Support
public import SyncEngine

/// What a worker needs to reach a remote; plain values, so that it may cross to the worker's thread.
public struct RemoteConnector: Sendable, Hashable {
  /// The remote.
  public let target: RemoteTarget
  /// The bank's keys.
  public let keys: MirrorKeys
  let ttl: TTLPolicy
  let limits: MirrorLimits
  /// Whether each version gets a key of its own.
  var snapshots = false
  /// Regions that a billed database is also read in; each counts every write once more.
  var readRegions: Int64 = 0
  /// The embedded server's socket, when that is the remote.
  let embedded: RedisAddress?

  /// Those of a list; `embedded` is the private server's socket, when one runs.
  static func all(
    _ list: RemoteList, _ configuration: Configuration, embedded: String?
  ) throws(MirrorNameError) -> [RemoteConnector] {
    let keys = try MirrorKeys(prefix: configuration.prefix, project: configuration.project ?? "bank")
    let ttl = TTLPolicy(configuration.ttl)
    let limits = MirrorLimits(documentBytes: Int(configuration.holdSize))
    return list.targets.map {
      RemoteConnector(
        target: $0, keys: keys, ttl: ttl, limits: limits, snapshots: configuration.snap,
        readRegions: configuration.quota.readRegions, embedded: embedded.map { RedisAddress(.unix(path: $0)) })
    }
  }

  /// Where it is, without secrets.
  public var address: String {
    switch target.place {
    case .redis(let address): "\(address)"
    case .rest(let address): "\(address)"
    case .embedded: "embedded"
    }
  }

  /// The address to connect to by Redis' own protocol; nil over REST, and while the private server doesn't run.
  public var redisAddress: RedisAddress? {
    switch target.place {
    case .redis(let address): address
    case .rest: nil
    case .embedded: embedded
    }
  }

  /// Whether the server bills each command, those inside of scripts too.
  public var billsCommands: Bool { target.billsCommands }

  /// A driver; it is made on the thread that will use it.
  public func driver() -> RemoteDriver {
    let (target, address) = (target, redisAddress)
    var (ttl, limits) = (ttl, limits)
    var meter: CommandMeter?
    if billsCommands {
      ttl = ttl.metered
      limits.billsCommands = true
      meter = CommandMeter(readRegions: readRegions)
    }
    if case .rest(let address) = target.place {
      // What a reply may hold, counted as it is on the wire.
      limits.documentBytes = min(limits.documentBytes, 6 << 20)
      // It outlives its connections, and what it knows of the server with it.
      let client = RestClient(address)
      return RemoteDriver(
        keys: keys, ttl: ttl, limits: limits, snapshots: snapshots, random: SystemRandom(), meter: meter
      ) {
        () throws(RedisError) in client
      }
    }
    return RemoteDriver(
      keys: keys, ttl: ttl, limits: limits, snapshots: snapshots, random: SystemRandom(), meter: meter
    ) {
      () throws(RedisError) in
      guard let address else {
        throw RedisError(
          .unreachable, operation: "start", operand: target.name,
          message: "redis-server could not be started; install it, or name a remote")
      }
      return try RedisRouter(address)
    }
  }
}
