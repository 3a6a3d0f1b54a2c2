import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

/// A database at Upstash that copies go to, while the bank is mirrored elsewhere.
private struct CopyPlace {
  let redis: RedisServer
  let standIn: UpstashStandIn

  init() throws {
    redis = try RedisServer()
    standIn = try UpstashStandIn(redis)
  }

  /// Has a machine's bank copied there; `url` and `token`: others than the right ones.
  func addTarget(to machine: Machine, url: String? = nil, token: String? = nil) async throws {
    let file = machine.root.path + "/home/token"
    try Data((token ?? standIn.token).utf8).write(to: URL(filePath: file))
    let text = try #require(machine.read(".membank"))
    try machine.write(
      ".membank",
      text + "[backup \"away\"]\n\ttarget = upstash-copy\n\turl = \(url ?? standIn.url)\n\ttoken-file = ~/token\n")
    try await machine.approveSettings()
  }

  var keys: [String] {
    get throws { (try redis.run("KEYS", "*").array ?? []).compactMap(\.text).sorted() }
  }
}

@Suite("Backups in a database: the commands")
struct CopyBackupProcessTests {
  @Test("everything comes back from a copy when machine and mirror are gone, also as it was")
  func everythingGone() async throws {
    try await play { stage in
      let place = try CopyPlace()
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try one.write("über/ä b.md", "größer\r\n")
      try one.write("bytes.md", [0xff, 0x00, 0xfe])
      try await one.sync()
      try one.write("a.md", "a, edited\n")
      try await one.sync()
      try await place.addTarget(to: one)
      let id = try await one.backUp()
      let listed = try await one.membank("backup", "list")
      #expect(listed.status == 0 && listed.output.contains("\(id)  ") && listed.output.contains("  away  "))
      let verified = try await one.membank("backup", "verify")
      #expect(verified.status == 0 && verified.output.contains("all as in the bank's history"), "\(verified.text)")
      for key in try place.keys {
        #expect(key.hasPrefix("membank-backup:{bank}:\(id):"), "\(key)")
        #expect(try place.redis.run("TTL", key).integer == -1, "\(key)")
      }
      let (files, head, subjects) = (one.files, try await one.head, try await one.subjects)

      try FileManager.default.removeItem(atPath: one.root.path + "/state")
      try FileManager.default.removeItem(atPath: one.bank)
      try stage.redis?.run("FLUSHALL")
      one.environment["UPSTASH_REDIS_REST_TOKEN"] = place.standIn.token
      let outcome = try await one.membank(
        ["backup", "restore", "--from", place.standIn.url, "--project", "bank", "--into", one.bank],
        in: one.root.path)
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(one.files == files)
      #expect(try await one.head == head)
      #expect(try await one.subjects == subjects)
      try await one.sync()
      #expect(try stage.document("a.md") == "a, edited\n")
    }
  }

  @Test("a bit that flips in the database is found by verify, and nothing of it is restored")
  func flippedBit() async throws {
    try await play { stage in
      let place = try CopyPlace()
      let one = try stage.machine()
      try one.write(notes: 5)
      try await one.sync()
      try await place.addTarget(to: one)
      try await one.backUp()
      let key = try #require(try place.keys.first { $0.contains(":pack:") })
      var bytes = try #require(try place.redis.run("GET", key).bytes)
      bytes[bytes.count / 2] ^= 1
      try place.redis.connect().run(RedisCommand("SET", key, bytes: [bytes]))
      let verified = try await one.membank("backup", "verify")
      #expect(verified.status == 1 && verified.complaint.contains("is not what it was"), "\(verified.text)")
      let target = one.root.path + "/target"
      let restored = try await one.membank("backup", "restore", "--into", target)
      #expect(restored.status == 1 && restored.complaint.contains("is not what it was"), "\(restored.text)")
      #expect(contents(of: target).isEmpty)
    }
  }

  @Test(
    "what can't be a place for copies is named, with the way out; nothing is copied, and no token shown",
    arguments: [
      ("http://db.upstash.io", nil, 2, "this machine only"), ("https://api.upstash.com/v2", nil, 2, "management API"),
      ("https://console.upstash.com/redis/1", nil, 2, "website"),
      (nil, "wr0ng-t0ken", 1, "token was refused"), (nil, "read-only", 1, "standard one"),
      ("https://127.0.0.1:1", nil, 3, "https://127.0.0.1:1"),
    ] as [(String?, String?, Int32, String)])
  func badPlaces(_ url: String?, _ token: String?, _ status: Int32, _ words: String) async throws {
    try await play { stage in
      let place = try CopyPlace()
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let token = token == "read-only" ? place.standIn.readOnlyToken : token
      try await place.addTarget(to: one, url: url, token: token)
      let outcome = try await one.membank("backup", "create")
      #expect(outcome.status == status, "\(outcome.text)")
      #expect(
        outcome.complaint.contains("backup 'away' failed") && outcome.complaint.contains(words), "\(outcome.text)")
      let later = try await one.membank("status")
      #expect(later.status == 1 && later.output.contains("backup 'away' failed since"), "\(later.text)")
      for secret in [token, place.standIn.token].compactMap(\.self) {
        #expect(!outcome.text.contains(secret) && !later.text.contains(secret))
      }
      #expect(try place.keys == [])
    }
  }

  @Test("the bank's own mirror is no place for its copies")
  func ownMirror() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let url = try #require(stage.redis?.url)
      try one.write(
        ".membank", try #require(one.read(".membank")) + "[backup \"away\"]\n\ttarget = upstash-copy\n\turl = \(url)\n")
      try await one.approveSettings()
      let outcome = try await one.membank("backup", "create")
      #expect(outcome.status == 2 && outcome.complaint.contains("is mirrored to"), "\(outcome.text)")
      #expect(try stage.redis?.run("KEYS", "membank-backup*").array?.isEmpty == true)
    }
  }

  @Test("a connection that is lost half-way, or a database that is full: said, and nothing is left of it")
  func faults() async throws {
    try await play { stage in
      let place = try CopyPlace()
      let one = try stage.machine()
      try one.write(notes: 20)
      try await one.sync()
      try await place.addTarget(to: one)
      try place.standIn.fail(["kind": "error", "error": "storage", "count": -1])
      let full = try await one.membank("backup", "create")
      #expect(full.status == 1 && full.complaint.contains("full"), "\(full.text)")
      try place.standIn.heal()
      #expect(try place.keys == [])
      for command in ["SET", "MSET", "HSET"] {
        try place.standIn.fail(["kind": "drop-after", "command": .string(command), "count": 1])
      }
      // It is asked again, and does nothing twice.
      let id = try await one.backUp()
      #expect(try place.keys.allSatisfy { $0.contains(":\(id):") })
      #expect(try await one.membank("backup", "verify").status == 0)
    }
  }
}
