import HTTPClient
import RedisTransport
import Support
import TestSupport
import Testing
import Upstash

/// Answers that are not as they should be, and as what they are understood.
private let oddAnswers: [(JSONValue, UpstashError.Kind)] = [
  (["status": 429, "headers": ["Retry-After": "7"]], UpstashError.Kind.throttled),
  (["status": 503, "text": "<html>"], .unavailable), (["status": 500], .unavailable),
  (["status": 403, "body": ["message": "not on this plan"]], .permission),
  (["status": 400, "body": "database not found"], .notFound),
  (["status": 404, "text": "<html>"], .notFound), (["status": 400, "text": "<html>"], .notTheAPI),
  (["status": 302, "headers": ["Location": "https://console.upstash.com"]], .notTheAPI),
  (["status": 200, "text": "<html>"], .notTheAPI), (["status": 200, "body": ["x": 1]], .notTheAPI),
  (["status": 200, "body": ["error": "no"]], .refused), (["status": 0], .unavailable),
  (["status": 401, "body": ["error": "WRONGPASS invalid or missing auth token."]], .notTheAPI),
  (["status": 400, "body": ["error": "Readonly API key"]], .readOnlyKey),
]

@Suite("The management API", .timeLimit(.minutes(15)))
struct UpstashAPIProcessTests {
  private let standIn: UpstashStandIn
  private let state: JSONValue

  init() throws {
    standIn = try UpstashStandIn(try RedisServer())
    state = try standIn.control()
  }

  private func api(key: String = "api_key", url: String? = nil) throws -> UpstashAPI {
    UpstashAPI(
      try UpstashAccount(
        email: state["email"]?.text, key: state[key]?.text ?? key, url: url ?? standIn.url))
  }

  private func calls() throws -> [String] { try standIn.control()["management"]?.elements?.compactMap(\.text) ?? [] }

  @Test("lists, makes, shows, renews and deletes databases")
  func databases() throws {
    let api = try api()
    let first = try #require(try api.databases().first)
    #expect(first.id == state["database"]?.text && first.credentials?.token == standIn.token)
    let made = try api.createDatabase(.init(name: "second", region: "eu-west-1", readRegions: ["us-east-1"]))
    #expect(made.name == "second" && made.primaryRegion == "eu-west-1" && made.readRegions == ["us-east-1"])
    #expect(try api.database(made.id).id == made.id)
    #expect(try api.database(at: HTTPAddress(parsing: "http://\(made.endpoint)"))?.id == made.id)
    #expect(try api.database(at: HTTPAddress(parsing: "https://else.upstash.io")) == nil)
    let token = try #require(made.credentials?.token)
    let renewed = try api.resetPassword(of: made.id)
    #expect(renewed.id == made.id && renewed.credentials?.token != token && renewed.credentials?.token != nil)
    try api.deleteDatabase(made.id)
    #expect(try api.databases().map(\.id) == [first.id])
  }

  @Test("makes backups, lists, restores and deletes them, and turns the daily ones on and off")
  func backups() throws {
    let api = try api()
    let (id, client) = (try api.databases()[0].id, try standIn.client())
    try client.run("SET", "k", "v", "EX", "1000")
    #expect(try api.backups(of: id) == [])
    try api.createBackup(of: id, name: "before")
    #expect(try api.backups(of: id).map(\.state) == [.pending])
    let backup = try #require(try api.backups(of: id).first)
    #expect(backup.state == .completed && backup.name == "before" && (backup.size ?? 0) > 0 && backup.database == id)
    try client.run("SET", "k", "other")
    try client.run("SET", "l", "other")
    try api.restoreBackup(backup.id, into: id)
    #expect(try client.run("GET", "k").text == "v")
    #expect(try client.run("GET", "l").isNull)
    try api.deleteBackup(backup.id, of: id)
    #expect(try api.backups(of: id) == [])
    for isOn in [true, false] {
      try api.setDailyBackup(isOn, of: id)
      #expect(try api.database(id).hasDailyBackup == isOn)
    }
    try standIn.control(["variants": ["backups-fail": true], "backup_looks": 0])
    try api.createBackup(of: id, name: "after")
    #expect(try api.backups(of: id).map(\.state) == [.failed])
  }

  @Test("tells what a database did, and what was used on each of five days")
  func statistics() throws {
    let api = try api()
    let client = try standIn.client()
    for _ in 1...7 { try client.run("INCR", "n") }
    let id = try api.databases()[0].id
    for period in UpstashStatistics.Period.allCases {
      let statistics = try api.statistics(of: id, over: period)
      #expect(statistics.points("keyspace").last?.value == 1 && statistics.total("daily_write_requests") == 7)
    }
    #expect(try calls().contains { $0.hasPrefix("GET /v2/redis/stats/\(id)") })
    let usage = try api.usage(of: id)
    #expect(usage.days.map(\.commands) == [0, 0, 0, 0, 7] && usage.days.allSatisfy { !$0.name.isEmpty })
    #expect(usage.commandsOfMonth == 7)
  }

  /// What is refused, and as what.
  private func refusal<T>(_ body: () throws(UpstashError) -> T) -> UpstashError? {
    do throws(UpstashError) {
      _ = try body()
      return nil
    } catch { return error }
  }

  @Test("refuses a wrong key, and a key that only reads where it would write, and nobody sees them")
  func keys() throws {
    let stranger = try api(key: "wr0ng-k3y")
    let wrong = try #require(refusal { () throws(UpstashError) in try stranger.databases() })
    #expect(wrong.kind == .credentials && !wrong.description.contains("wr0ng-k3y"), "\(wrong)")
    let reader = try api(key: "read_only_api_key")
    let id = try reader.databases()[0].id
    #expect(refusal { () throws(UpstashError) in try reader.resetPassword(of: id) }?.kind == .readOnlyKey)
    #expect(refusal { () throws(UpstashError) in try reader.deleteDatabase(id) }?.kind == .readOnlyKey)
    #expect(try standIn.client().run("PING").text == "PONG")
  }

  @Test("knows no database and no backup that the account has not, and asks for none by a path")
  func unknown() throws {
    let api = try api()
    let id = try api.databases()[0].id
    let before = try calls().count
    for odd in ["", "../databases", "a/b", "a?b", "a b", String(repeating: "a", count: 129)] {
      #expect(refusal { () throws(UpstashError) in try api.deleteDatabase(odd) }?.kind == .notFound)
      #expect(refusal { () throws(UpstashError) in try api.deleteBackup(odd, of: id) }?.kind == .notFound)
    }
    #expect(try calls().count == before)
    let missing = try #require(refusal { () throws(UpstashError) in try api.database("no-such") })
    #expect(missing.kind == .notFound && missing.operand == "no-such" && !missing.isTransient, "\(missing)")
    #expect(refusal { () throws(UpstashError) in try api.backups(of: "no-such") }?.kind == .notFound)
    #expect(refusal { () throws(UpstashError) in try api.restoreBackup("no-such", into: id) }?.kind == .notFound)
    try api.createBackup(of: id, name: "b")
    try standIn.control(["backup_looks": 5])
    try api.createBackup(of: id, name: "c")
    let pending = try #require(try api.backups(of: id).last)
    let early = try #require(refusal { () throws(UpstashError) in try api.restoreBackup(pending.id, into: id) })
    #expect(early.kind == .refused && early.message.contains("not completed"), "\(early)")
  }

  @Test(
    "that answers in another way is understood or named",
    arguments: oddAnswers)
  func faults(fault: JSONValue, kind: UpstashError.Kind) throws {
    let api = try api()
    try standIn.control(["management_faults": [fault]])
    let id = state["database"]?.text ?? ""
    let error = try #require(refusal { () throws(UpstashError) in try api.database(id) })
    #expect(error.kind == kind, "\(error)")
    if kind == .throttled { #expect(error.retryAfter == 7 && error.description.contains("in 7 s")) }
    #expect(try api.database(id).id == id)
  }

  @Test("that answers nothing leaves open whether it was done, and says so")
  func lost() throws {
    let api = try api()
    let id = try api.databases()[0].id
    try standIn.control(["management_faults": [["status": 0, "done": true]]])
    let error = try #require(refusal { () throws(UpstashError) in try api.createBackup(of: id, name: "b") })
    #expect(error.kind == .unknownOutcome && error.isTransient && error.description.contains("unknown"), "\(error)")
    // And it was not asked for again.
    #expect(try api.backups(of: id).map(\.name) == ["b"])
    for answer in [["status": 200, "text": ""], ["status": 202, "body": ["x": 1]], ["status": 200, "text": "OK"]]
      as [JSONValue]
    {
      try standIn.control(["clear": true])
      try standIn.control(["management_faults": [answer]])
      try api.setDailyBackup(true, of: id)
    }
  }

  @Test("is not what listens where nobody does, or where a database is")
  func elsewhere() throws {
    let nobody = try api(url: "http://127.0.0.1:1")
    #expect(refusal { () throws(UpstashError) in try nobody.databases() }?.kind == .unreachable)
    // The stand-in's databases answer below any other path.
    let database = try api(url: standIn.url + "/v1")
    #expect(refusal { () throws(UpstashError) in try database.databases() }?.kind == .notTheAPI)
  }

  @Test("repeats no key that the API repeats")
  func echo() throws {
    let api = try api()
    let key = state["api_key"]?.text ?? ""
    try standIn.control([
      "management_faults": [["status": 400, "body": ["error": .string("bad key \(key)!\u{1b}[2J")]]]
    ])
    let error = try #require(refusal { () throws(UpstashError) in try api.databases() })
    #expect(error.message == "bad key ***!\\u{1b}[2J", "\(error)")
  }
}
