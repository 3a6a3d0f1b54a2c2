import Backup
import Glibc
import HTTPClient
import History
import Mirror
import RedisTransport
import Support
import TestSupport
import Testing
import Upstash

/// A bank that is mirrored to a database at Upstash, and what it takes to have Upstash back that up.
private struct Mirrored {
  let bench: Workbench
  let standIn: UpstashStandIn
  let api: UpstashAPI
  let client: RestClient
  let keys: MirrorKeys
  let endpoint: HTTPAddress

  init() throws {
    bench = try Workbench()
    standIn = try UpstashStandIn(try RedisServer())
    let state = try standIn.control()
    api = UpstashAPI(
      try UpstashAccount(email: state["email"]?.text, key: state["api_key"]?.text, url: standIn.url))
    client = try standIn.client()
    keys = try MirrorKeys(prefix: "membank", project: "demo")
    endpoint = try HTTPAddress(parsing: "http://\(state["endpoint"]?.text ?? "")")
  }

  var database: UpstashDatabase { get throws { try #require(try api.databases().first) } }

  func target(through scratch: ScratchDatabase? = nil) -> SnapshotTarget {
    SnapshotTarget(
      bench.subject, SnapshotService(api, of: endpoint),
      DatabaseMirror(keys) { [client] () throws(RedisError) in client },
      notes: SnapshotNotes(bench.root.path), scratch: scratch)
  }

  /// Another database of the account, with something in it.
  func scratch() throws -> ScratchDatabase {
    let made = try api.createDatabase(.init(name: "scratch", region: "eu-west-1"))
    let scratch = try ScratchDatabase(made.id, besides: [endpoint], api, patience: 1)
    try RestClient(RestAddress("http://\(made.endpoint)", token: .value(made.credentials?.token ?? "")))
      .run("SET", "before", "x")
    return scratch
  }

  /// Brings the mirror to the bank's newest version, as a daemon does.
  func publish() throws {
    let head = try #require(bench.head)
    var ids: [String] = []
    for pack in try bench.history.packs(from: head, excluding: [], limit: 4 << 20) {
      try client.run(RedisCommand("SET", bytes: [keys.pack(pack.id), pack.bytes]))
      ids.append(pack.id)
    }
    for (name, bytes) in try bench.files() {
      try client.run(RedisCommand("SET", bytes: [keys.document(try BankPath(name)), StoredForm.encode(bytes)]))
    }
    try client.run(
      "HSET", String(decoding: keys.head, as: UTF8.self), "commit", head.description, "seq", "1", "bank",
      Workbench.bank, "epoch", "0", "schema", "1", "packs", ids.joined(separator: " "), "by", "x", "at", "1")
  }

  func names() throws -> [String] { try api.backups(of: database.id).map(\.name).sorted() }
}

@Suite("Backups that Upstash makes", .timeLimit(.minutes(15)))
struct SnapshotProcessTests {
  private let place: Mirrored
  private var bench: Workbench { place.bench }

  init() throws { place = try Mirrored() }

  @Test("are made when the mirror has the newest version, waited for, and listed with what they are of")
  func life() throws {
    try bench.fill()
    try place.publish()
    try place.standIn.control(["backup_looks": 3])
    let target = place.target()
    let made = try target.create(bench.job())
    #expect(made.id == "20261118T110640Z" && made.isGood)
    #expect(try place.names() == ["demo-11111111-20261118T110640Z"])
    #expect(made.manifest?.head == bench.head && made.manifest?.commits == 13 && made.manifest?.files == 7)
    #expect(try place.target().list() == [made])
    let report = try target.verify(made, bench.drill)
    #expect(report.restored == nil && (report.bytes ?? 0) > 0)
    // To be read it takes a database.
    let other = try History.create(at: bench.place("other.git"))
    let error = #expect(throws: BackupError.self) { try target.load(made, into: other, BackupWatch()) }
    #expect(error?.kind == .settings && error?.message.contains("--via") == true)
    try target.delete(made)
    #expect(try place.names() == [])
    #expect(try target.list() == [])
  }

  @Test("restored into a scratch database they equal the bank, commit for commit and byte for byte")
  func drill() throws {
    try bench.fill(versions: 40)
    try place.publish()
    let made = try place.target().create(bench.job())
    // What is newer in the mirror is not in it.
    let head = try #require(bench.head)
    try bench.commit(["README.md": Array("newer\n".utf8)])
    try place.publish()
    let target = place.target(through: try place.scratch())
    let report = try target.verify(made, bench.drill)
    #expect(report.restored == .init(head: head, commits: 41, files: 7, comparesWithHistory: true))
    #expect(report.documents == 7)
    #expect(
      try target.origin(of: made, BackupWatch()) == BackupOrigin(project: "demo", bank: Workbench.bank, head: head))
    let other = try History.create(at: bench.place("other.git"))
    try target.load(made, into: other, BackupWatch())
    #expect(try other.isComplete(head, trusting: []))
    #expect(
      try other.walk(from: [head], excluding: [], limit: nil)
        == bench.history.walk(from: [head], excluding: [], limit: nil))
    // And the mirror is as it was.
    #expect(try place.client.run("HGET", "membank:{demo}:head", "commit").text == bench.head?.description)
  }

  @Test("documents whose time is over are in the packs; a machine that noted nothing can read them all the same")
  func withoutDocuments() throws {
    try bench.fill()
    try place.publish()
    for name in try bench.files().keys { try place.client.run("DEL", "membank:{demo}:doc:\(name)") }
    let made = try place.target().create(bench.job())
    #expect(unlink(bench.place("snapshots.json")) == 0)
    let target = place.target(through: try place.scratch())
    let found = try #require(try target.list().first)
    #expect(found.id == made.id && found.manifest == nil && found.isGood)
    let report = try target.verify(found, bench.drill)
    #expect(report.restored?.head == bench.head && report.restored?.files == 7 && report.documents == 0)
  }

  @Test("what is damaged in the database is found by the drill", arguments: ["pack", "document", "head", "older"])
  func damaged(_ what: String) throws {
    try bench.fill()
    try place.publish()
    let key = try #require(
      try place.standIn.redis.run("KEYS", "membank:{demo}:pack:*").array?.compactMap(\.text).first)
    switch what {
    case "pack":
      var bytes = try #require(try place.client.run("GET", key).bytes)
      bytes[bytes.count / 2] ^= 1
      try place.client.run(RedisCommand("SET", key, bytes: [bytes]))
    case "document": try place.client.run("SET", "membank:{demo}:doc:README.md", "# Read mE\n")
    default: break
    }
    if what == "head" {
      // One that bears the right name and holds something else.
      try place.client.run("DEL", "membank:{demo}:head")
      try place.api.createBackup(of: place.database.id, name: "demo-11111111-20261118T110640Z")
      _ = try place.names()
    } else {
      _ = try place.target().create(bench.job())
    }
    let target = place.target(through: try place.scratch())
    var found = try #require(try target.list().first)
    if what == "older", var manifest = found.manifest {
      manifest.head = try bench.commit(["a.md": Array("a\n".utf8)])
      found = Backup(
        id: found.id, seconds: found.seconds, place: found.place, manifest: manifest, state: found.state)
    }
    let error = #expect(throws: BackupError.self) { try target.verify(found, bench.drill) }
    let words = [
      "pack": "not what it was", "document": "README.md is none of its versions", "head": "holds no bank 'demo'",
      "older": "lacks the version",
    ]
    #expect(error?.kind == .damaged && error?.message.contains(words[what] ?? "?") == true, "\(error as Any)")
  }

  @Test("a mirror that lags is waited for; without it none is made")
  func lagging() throws {
    try bench.fill()
    try place.publish()
    let (redis, head) = (place.standIn.redis, "membank:{demo}:head")
    try redis.run("RENAME", head, "not yet")
    let watch = BackupWatch { step, _, _ in
      if step == "waiting for the mirror" { _ = try? redis.run("RENAME", "not yet", head) }
    }
    #expect(try place.target().create(bench.job(at: 1_795_000_000, watch)).isGood)
    try bench.commit(["a.md": Array("a\n".utf8)])
    let cancellation = Cancellation()
    let impatient = BackupWatch(cancellation: cancellation) { step, _, _ in
      if step == "waiting for the mirror" { cancellation.ask() }
    }
    let error = #expect(throws: BackupError.self) { try place.target().create(bench.job(at: 1_795_000_500, impatient)) }
    #expect(error?.kind == .cancelled)
    #expect(try place.names().count == 1)
  }

  @Test("one that comes to nothing is an error, and is not left lying")
  func failing() throws {
    try bench.fill(versions: 1)
    try place.publish()
    try place.standIn.control(["variants": ["backups-fail": true]])
    let error = #expect(throws: BackupError.self) { try place.target().create(bench.job()) }
    #expect(error?.description.contains("it says 'failed'") == true, "\(error as Any)")
    #expect(try place.names() == [])
    // Where a machine was stopped before it could see to it, the next run does.
    try place.api.createBackup(of: place.database.id, name: "demo-11111111-20261118T110640Z")
    try place.api.createBackup(of: place.database.id, name: "by hand")
    _ = try place.names()
    #expect(try place.target().list() == [])
    try place.target().clean(now: 1_795_000_000)
    #expect(try place.names() == ["by hand"])
  }

  @Test("an answer that is lost makes no second one; one that is refused makes none")
  func lostAnswer() throws {
    try bench.fill(versions: 1)
    try place.publish()
    try place.standIn.control(["management_faults": [["method": "POST", "status": 0, "done": true]]])
    #expect(try place.target().create(bench.job()).isGood)
    #expect(try place.names().count == 1)
    for (status, kind) in [(0, UpstashError.Kind.unknownOutcome), (429, .throttled), (403, .permission)] {
      try place.standIn.control(["management_faults": [["method": "POST", "status": .integer(status)]]])
      let error = #expect(throws: BackupError.self) { try place.target().create(bench.job(at: 1_795_000_500)) }
      #expect(error?.kind == .upstash(kind), "\(error as Any)")
    }
    #expect(try place.names().count == 1)
    // While it is waited for, an API that can't answer is asked again.
    try place.standIn.control(["backup_looks": 4])
    let (standIn, hasFailed) = (place.standIn, Cancellation())
    let watch = BackupWatch { step, _, _ in
      guard step == "waiting for Upstash", !hasFailed.isAsked else { return }
      hasFailed.ask()
      _ = try? standIn.control(["management_faults": [["status": 503]]])
    }
    #expect(try place.target().create(bench.job(at: 1_795_000_900, watch)).isGood)
    #expect(try place.names().count == 2)
  }

  @Test("retention takes ours away, never the last good one, and nothing of others")
  func retention() throws {
    try bench.fill(versions: 1)
    try place.publish()
    for name in ["by hand", "other-22222222-20261101T000000Z", "demo-22222222-20261101T000000Z"] {
      try place.api.createBackup(of: place.database.id, name: name)
    }
    let settings = TargetSettings(
      name: "cloud", kind: .snapshot(remote: nil), schedule: nil, retention: RetentionPolicy([:]), jitter: nil)
    for day in 0..<3 as Range<Int64> {
      let outcome = try BackupRun(settings, place.target(), local: .utc).make(
        bench.job(at: 1_795_000_000 + day * 86_400), after: BackupPast(), isAsked: true)
      #expect(outcome.pruneProblem == nil && outcome.decisions.count { !$0.isKept } == (day == 0 ? 0 : 1))
    }
    #expect(
      try place.names() == [
        "by hand", "demo-11111111-20261120T110640Z", "demo-22222222-20261101T000000Z",
        "other-22222222-20261101T000000Z",
      ])
    // A run that fails keeps it.
    try place.standIn.control(["variants": ["backups-fail": true]])
    #expect(throws: BackupError.self) {
      try BackupRun(settings, place.target(), local: .utc).make(
        bench.job(at: 1_795_900_000), after: BackupPast(), isAsked: true)
    }
    #expect(try place.target().list().map(\.id) == ["20261120T110640Z"])
  }

  @Test("a database that holds the bank is not wiped; one that isn't there is said")
  func scratchDatabases() throws {
    let own = try place.database
    let error = #expect(throws: BackupError.self) { try ScratchDatabase(own.id, besides: [place.endpoint], place.api) }
    #expect(error?.kind == .settings && error?.message.contains("would be wiped") == true)
    let unknown = #expect(throws: BackupError.self) { try ScratchDatabase("no-such", besides: [], place.api) }
    #expect(unknown?.kind == .upstash(.notFound))
    let elsewhere = SnapshotService(place.api, of: try HTTPAddress(parsing: "https://else.upstash.io"))
    let missing = #expect(throws: BackupError.self) { try elsewhere.database() }
    #expect(missing?.kind == .settings && missing?.message.contains("no database at this address") == true)
  }
}
