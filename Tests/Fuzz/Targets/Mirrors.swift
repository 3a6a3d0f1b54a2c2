import RedisTransport
import Support

@testable import Mirror

extension FuzzTarget {
  /// A mirror whose server gives any answers, in the shapes that its scripts give and in others.
  static let mirror = FuzzTarget(
    "mirror", longest: 2048, words: Answers.texts,
    seeds: [
      "\u{0}", "\u{1}", "\u{2}\u{1}", "\u{3}", "\u{4}", "\u{5}", "\u{6}", "\u{7}", "\u{8}", "\u{9}", "\u{a}", "\u{b}",
    ]
  ) { input in
    let operation = input.byte()
    let client = Answers(input)
    let mirror = Mirror(
      client: client, keys: try MirrorKeys(prefix: "membank", project: "b"), ttl: TTLPolicy(),
      limits: MirrorLimits(uploadBytes: 64, chunkDocuments: 2), random: Counting(), clock: Standing())
    do throws(MirrorError) {
      try run(operation, on: mirror)
    } catch {
      do {
        try holdPrintable(error.operand, "what the error is about")
        try hold(!error.operation.isEmpty, "the error is of no operation")
      }
    }
  }

  private static func run(_ operation: UInt8, on mirror: Mirror) throws(MirrorError) {
    let paths = ["a.md", "b.md", "c/d.md"].compactMap { try? BankPath($0) }
    let id = ObjectID.blob(of: [])
    let pack = (id: packID([1]), bytes: [UInt8]([1]))
    let updates = paths.map {
      DocumentUpdate(path: $0, kind: .text([1]), blob: .blob(of: [1]), size: 1, commit: id, at: 1, allowed: [id])
    }
    let publication = Publication(
      expected: id, head: id, bank: "b", epoch: 0, minimumSeq: 0, packs: [pack.id], documents: updates,
      projectedAfter: true, changes: [], by: "me")
    switch operation % 14 {
    case 0: judge(try mirror.readHead())
    case 1: judge(try mirror.inspect(paths, head: id), paths)
    case 2: judge(try mirror.inspect(nil, head: nil, all: true), nil)
    case 3: _ = try mirror.glance()
    case 4: _ = try mirror.mark()
    case 5:
      for (id, bytes) in try mirror.packs([pack.id]) { precondition(packID(bytes) == id, "a pack of another id") }
    case 6: _ = (try mirror.packSizes([pack.id]), try mirror.missingPacks([pack.id, id.description]))
    case 7: try mirror.upload([pack, pack])
    case 8: _ = try mirror.swapPacks(expected: id, from: [pack.id], to: [pack.id])
    case 9: _ = try mirror.publish(publication, uploading: [pack])
    case 10: _ = try mirror.project(Projection(head: id, documents: updates, completes: true))
    case 11: _ = (try mirror.renew(force: false), try mirror.keysWithoutTTL())
    case 12:
      _ = try mirror.replicas()
      _ = try mirror.markedHeartbeat(replica: "r", fields: [("a", "b")])
    default: _ = (try mirror.serverFacts(), try mirror.requestNotifications())
    }
  }

  private static func judge(_ head: HeadReading) {
    if case .present(let head) = head { precondition(head.packs.allSatisfy { ObjectID(hex: $0) != nil }) }
  }

  private static func judge(_ found: Inspection, _ asked: [BankPath]?) {
    judge(found.head)
    for document in found.foreign {
      precondition(ObjectID.blob(of: document.bytes) == document.blob, "a document of another blob")
    }
    guard let asked else { return }
    precondition((found.foreign.map(\.path) + found.missing).allSatisfy(asked.contains), "a path nobody asked for")
  }
}

/// Gives replies made of an input, and an error from its end on.
private final class Answers: RedisClient {
  let address = "redis://h:1"
  private var input: FuzzInput

  init(_ input: FuzzInput) { self.input = input }

  func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
    guard !input.isEmpty else {
      throw RedisError(.closed, operation: "run", operand: address, message: "the input has ended")
    }
    // A transport gives as many replies as there are commands.
    return commands.map { _ in value(depth: 0) }
  }

  func close() {}

  private func value(depth: Int) -> RedisValue {
    switch input.byte() % 16 {
    case 0: return .null
    case 1: return .integer(input.wide())
    case 2: return .integer(Int64(input.byte()) - 3)
    case 3: return .status(input.text())
    case 4: return .error(Self.errors[Int(input.byte()) % Self.errors.count])
    case 5: return .error(input.text())
    case 6, 7: return .bulk(input.piece())
    case 8, 9, 10, 11: return .bulk(Array(Self.texts[Int(input.byte()) % Self.texts.count].utf8))
    default:
      guard depth < 5 else { return .bulk([]) }
      return .array((0..<Int(input.byte() % 8)).map { _ in value(depth: depth + 1) })
    }
  }

  private static let errors = ["WRONGTYPE x", "NOSCRIPT x", "ERR x", "OOM x", "NOPERM x", "MOVED 1 h:1"]

  static let texts = [
    "here", "moved", "wrongtype", "head", "later", "size 5", "type hash", "published", "lease", "packs", "foreign",
    "swapped", "done", "0", "1", "2", "-1", "commit", "seq", "bank", "epoch", "schema", "packs", "membank:base64:AQ==",
    "membank:base64:A", hex("a"), ObjectID.blob(of: []).description, packID([1]), "membank:{b}:doc:a.md",
    "membank:{b}:doc:../x", "a.md", "", "x y",
    #"{"blob":"\#(ObjectID.blob(of: [1]))","size":1,"commit":"\#(hex("b"))","at":1}"#,
    "redis_mode:standalone\nrole:master\nloading:0\nserver_time_usec:9\nrdb_last_save_time:-9223372036854775808\n",
    "redis_version:7\n", "notify-keyspace-events", "KEA", "\u{1b}[31m",
  ]
}

private final class Counting: RandomSource {
  private var state: UInt64 = 0
  func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return state
  }
}

private final class Standing: Clock {
  let wallMilliseconds: Int64 = 1_700_000_000_000
  let monotonicNanoseconds: Int64 = 1
}
