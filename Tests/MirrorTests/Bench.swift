import Mirror
import RedisTransport
import Support
import TestSupport

/// Counts round trips.
final class CountingClient: RedisClient {
  private let inner: any RedisClient
  private(set) var trips = 0
  private(set) var commands: [RedisCommand] = []
  /// Called before each round trip, with its number.
  var before: ((Int) throws -> Void)?

  init(_ inner: any RedisClient) { self.inner = inner }

  var address: String { inner.address }

  var carriesAnyBytes: Bool { inner.carriesAnyBytes }

  func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
    trips += 1
    try? before?(trips)
    self.commands += commands
    return try inner.run(commands)
  }

  func close() { inner.close() }
}

final class FixedRandom: RandomSource {
  private var state: UInt64 = 1
  func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state
  }
}

/// A server with a mirror of the bank `b` on it, and a plain client beside it.
struct Bench {
  static let bank = "0b9d2f0e-7d0c-4a4e-9d0e-3a8f5f0f7a11"

  let server: BenchServer
  /// What stands between mirror and server, over REST.
  let standIn: UpstashStandIn?
  let redis: any RedisClient
  let client: CountingClient
  let mirror: Mirror
  let keys: MirrorKeys

  init(
    _ options: RedisServer.Options = RedisServer.Options(), user: String? = nil, limits: MirrorLimits = MirrorLimits(),
    clock: any Clock = SystemClock()
  ) throws {
    server = try BenchServer(options)
    redis = try server.connect()
    standIn = try server.standIn()
    client = CountingClient(try server.connect(as: user, through: standIn))
    keys = try MirrorKeys(prefix: "membank", project: "b")
    mirror = Mirror(client: client, keys: keys, ttl: TTLPolicy(), limits: limits, random: FixedRandom(), clock: clock)
  }

  /// Starts the server again; the mirror that it has then.
  func restart() throws -> Mirror {
    try server.restart()
    return Mirror(
      client: try server.connect(as: nil), keys: keys, ttl: TTLPolicy(), limits: MirrorLimits(), random: FixedRandom())
  }

  // Names and contents.

  static func commit(_ number: Int) -> ObjectID { ObjectID.blob(of: Array("commit \(number)".utf8)) }

  static func pack(_ number: Int) -> (id: String, bytes: [UInt8]) {
    let bytes = Array("PACK \(number)".utf8)
    return (packID(bytes), bytes)
  }

  static func update(_ path: String, _ text: String, commit: Int = 1, allowed: [String] = []) throws -> DocumentUpdate {
    try update(path, Array(text.utf8), commit: commit, allowed: allowed)
  }

  static func update(
    _ path: String, _ bytes: [UInt8], commit: Int = 1, allowed: [String] = []
  ) throws -> DocumentUpdate {
    DocumentUpdate(
      path: try BankPath(path), kind: .text(bytes), blob: .blob(of: bytes), size: Int64(bytes.count),
      commit: Self.commit(commit), at: 1_700_000_000_000, allowed: Set(allowed.map { .blob(of: Array($0.utf8)) }))
  }

  static func deletion(_ path: String, allowed: [String] = []) throws -> DocumentUpdate {
    var result = try update(path, "", allowed: allowed)
    result.kind = .deleted
    return result
  }

  /// The publication of commit `head` on top of commit `expected`, 0 for none.
  static func publication(
    _ head: Int, on expected: Int, packs: [Int] = [1], _ documents: [DocumentUpdate] = [], projected: Bool = true
  ) -> Publication {
    let changes = documents.map {
      ChangeRecord(
        op: $0.kind == .deleted ? .delete : .update, path: $0.path, blob: $0.kind == .deleted ? nil : $0.blob,
        commit: commit(head), by: "tester", at: 1_700_000_000_000)
    }
    return Publication(
      expected: expected == 0 ? nil : commit(expected), head: commit(head), bank: bank, epoch: 0, minimumSeq: 0,
      packs: packs.map { pack($0).id }, documents: documents, projectedAfter: projected, changes: changes, by: "tester")
  }

  // Steps.

  /// Publishes commit 1 with these documents as the first.
  @discardableResult
  func seed(_ documents: (String, String)...) throws -> MirrorHead {
    let updates = try documents.map { try Self.update($0.0, $0.1) }
    let outcome = try mirror.publish(Self.publication(1, on: 0, updates), uploading: [Self.pack(1)])
    guard case .published(let head) = outcome else { throw Unexpected(outcome: "\(outcome)") }
    return head
  }

  func document(_ path: String) -> String { "membank:{b}:doc:\(path)" }

  func text(_ path: String) throws -> String? { try redis.run("GET", document(path)).text }

  /// A digest of each key in the database, TTLs left out, to show that nothing was changed.
  func contents() throws -> [String: String] {
    var result: [String: String] = [:]
    for key in try redis.run("KEYS", "*").array ?? [] {
      guard let name = key.text else { continue }
      if let fields = try redis.run("TYPE", name).text == "hash" ? redis.run("HGETALL", name).fields : nil {
        // The order of a large hash changes by itself.
        let lines = fields.map { $0.key + [10] + $0.value + [10] }.sorted { $0.lexicographicallyPrecedes($1) }
        result[name] = sha256(lines.flatMap { $0 })
      } else {
        result[name] = sha256(try redis.run("DUMP", name).bytes ?? [])
      }
    }
    return result
  }

  func ttl(_ key: String) throws -> Int64 { try redis.run("TTL", "membank:{b}:\(key)").integer ?? -3 }

  /// The keys without a TTL in the whole database, asked for without the mirror's help.
  func immortal() throws -> [String] {
    try (redis.run("KEYS", "*").array ?? []).compactMap(\.text).filter { try redis.run("TTL", $0).integer == -1 }
  }
}

struct Unexpected: Error { let outcome: String }

extension PublishOutcome {
  var head: MirrorHead? { if case .published(let head) = self { head } else { nil } }
  var foreign: [ForeignDocument]? { if case .foreign(let documents) = self { documents } else { nil } }
}
