import HTTPClient
import Support
import Testing
import Upstash

@Suite("What the management API answers")
struct UpstashAnswerTests {
  private let full: JSONValue = [
    "database_id": "d1", "database_name": "mine", "endpoint": "steady-stud-1", "port": "6379", "state": "active",
    "creation_time": 1_700_000_000, "primary_region": "eu-west-1", "read_regions": ["us-east-1"], "eviction": "false",
    "daily_backup_enabled": true, "db_request_limit": 500_000, "type": "free", "password": "s3cr3t-w0rd",
    "rest_token": "s3cr3t-t0k3n", "read_only_rest_token": "s3cr3t-r34d", "another_secret": "s3cr3t-new",
  ]

  @Test("is read where numbers and truth values stand as text, and an address is cut short")
  func loose() throws {
    let database = try #require(UpstashDatabase(full))
    #expect(database.port == 6379 && database.evicts == false && database.hasDailyBackup == true)
    #expect(database.endpoint == "steady-stud-1.upstash.io" && database.created == 1_700_000_000)
    #expect(database.limits.map(\.value) == [500_000] && database.readRegions == ["us-east-1"])
    let backup = try #require(
      UpstashBackup(["backup_id": "b1", "state": "deleting", "daily_backup": "true", "backup_size": .double(12)]))
    #expect(backup.isDaily && backup.size == 12 && backup.state == .other("deleting") && backup.created == nil)
  }

  @Test("with hardly anything in it is read, and with nothing is not")
  func sparse() throws {
    let database = try #require(UpstashDatabase(["database_id": "d1"]))
    #expect(database.state == "active" && database.credentials == nil && database.description == "d1")
    #expect(UpstashDatabase(["name": "d1"]) == nil && UpstashDatabase("OK") == nil && UpstashBackup(.null) == nil)
  }

  @Test("shows credentials to nobody who does not ask for them")
  func secrecy() throws {
    let database = try #require(UpstashDatabase(full))
    #expect(database.credentials?.token == "s3cr3t-t0k3n" && database.credentials?.secrets.count == 3)
    var text =
      "\(database) \(String(reflecting: database)) \(database.json.rendered()) \(String(describing: database.credentials))"
    dump(database, to: &text)
    #expect(!text.contains("s3cr3t"), "\(text)")
  }

  @Test(
    "names the database that an address reaches",
    arguments: [
      ("a-1", "https://a-1.upstash.io", true), ("a-1.upstash.io", "https://A-1.upstash.io/", true),
      ("a-1.upstash.io", "https://a-2.upstash.io", false), ("a.localhost:7", "http://a.localhost:7", true),
      ("a.localhost:7", "http://a.localhost:8", false), ("", "https://a-1.upstash.io", false),
    ])
  func match(endpoint: String, address: String, isReached: Bool) throws {
    let database = try #require(UpstashDatabase(["database_id": "d", "endpoint": .string(endpoint)]))
    #expect(database.isReached(at: try HTTPAddress(parsing: address)) == isReached)
  }
}
