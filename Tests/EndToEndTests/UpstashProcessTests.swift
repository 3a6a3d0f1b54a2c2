import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("A database at Upstash")
struct UpstashProcessTests {
  private func upstash(_ stage: Stage, certificate: TestCertificate? = nil) throws -> UpstashStandIn {
    try UpstashStandIn(try #require(stage.redis), certificate: certificate)
  }

  private func tell(_ machine: Machine, of standIn: UpstashStandIn) {
    machine.environment["UPSTASH_REDIS_REST_URL"] = standIn.url
    machine.environment["UPSTASH_REDIS_REST_TOKEN"] = standIn.token
    machine.environment["SSL_CERT_FILE"] = standIn.authorities
  }

  @Test("is mirrored to over TLS, joined from, shown, and preferred to REDIS_URL")
  func mirrors() async throws {
    try await play { stage in
      let standIn = try upstash(stage, certificate: try TestCertificate())
      let (one, two) = (try stage.machine("one"), try stage.machine("two"))
      for machine in [one, two] {
        tell(machine, of: standIn)
        machine.environment["REDIS_URL"] = "redis://127.0.0.1:1"
      }
      try one.write("a.md", "# A ü\n")
      try one.write("b.md", [0xff, 0xfe, 0x00])
      let report = try await one.sync()
      #expect(report["remotes"]?.elements?.first?["name"] == "upstash")
      #expect(report["remotes"]?.elements?.first?["address"]?.text == standIn.url)
      #expect(try stage.document("a.md") == "# A ü\n")
      #expect(try await two.membank("join", "--project", "bank").status == 0)
      #expect(two.files == one.files)
      _ = try stage.redis?.run("SET", stage.key("doc:a.md"), "# foreign\n")
      try await one.sync()
      #expect(one.read("a.md") == "# foreign\n")
      let doctor = try await one.membank("doctor")
      #expect(doctor.status == 0 && doctor.output.contains(standIn.url), "\(doctor.text)")
      #expect(try await one.status()["remotes"]?.elements?.first?["address"]?.text == standIn.url)
    }
  }

  @Test("is followed by the daemon, through an outage and a token that is rotated in its file")
  func daemon() async throws {
    try await play { stage in
      let standIn = try upstash(stage)
      let one = try stage.machine()
      one.environment["REDIS_URL"] = nil
      try one.write("a.md", "a\n")
      _ = try await one.membank("init")
      let file = one.root.path + "/home/token"
      func write(_ token: String) throws { try Data((token + "\n").utf8).write(to: URL(filePath: file)) }
      try write(standIn.token)
      try one.write(
        ".membank",
        try #require(one.read(".membank")) + "[remote \"up\"]\n\turl = \(standIn.url)\n\ttoken-file = ~/token\n")
      let plan = try #require(try await one.status()["halts"]?.elements?.first?["plan"]?.text)
      #expect(try await one.membank("approve", plan).status == 0)
      let daemon = try await one.daemon()
      try await one.flush()
      #expect(try stage.document("a.md") == "a\n")
      try standIn.fail(["kind": "status", "status": 502, "body": "<html>Bad Gateway</html>", "count": 3])
      try one.write("a.md", "b\n")
      #expect(try await eventually { try stage.document("a.md") == "b\n" })
      // The file first, as it should be; and the token of the file is never shown.
      let next = try standIn.control(["rotate": true])
      try write(next["token"]?.text ?? "")
      try one.write("a.md", "c\n")
      #expect(try await eventually { try stage.document("a.md") == "c\n" })
      var said = try await one.membank("status").text + one.membank("doctor").text
      daemon.signal(SIGTERM)
      said += try await daemon.end().text
      for token in [standIn.token, next["token"]?.text ?? "?"] {
        #expect(!said.contains(token))
        for (name, text) in contents(of: one.root.path) where name != "home/token" {
          #expect(!text.contains(token), "\(name) holds the token")
        }
      }
    }
  }

  @Test("is counted as it is billed, from one run to the next, and shown")
  func spending() async throws {
    try await play { stage in
      let standIn = try upstash(stage)
      let one = try stage.machine()
      tell(one, of: standIn)
      one.environment["REDIS_URL"] = nil
      try one.write(notes: 20)
      for number in 1...4 {
        try one.write("a.md", "\(number)\n")
        try await one.sync()
      }
      let daemon = try await one.daemon()
      try one.write("a.md", "five\n")
      try await one.flush()
      let shown = try await one.membank("status")
      #expect(shown.output.contains(" of 500000 commands in "), "\(shown.text)")
      daemon.signal(SIGTERM)
      _ = try await daemon.end()
      let quota = try await one.status()["remotes"]?.elements?.first?["quota"]
      let (spent, billed) = (quota?["spent"]?.integer ?? 0, try standIn.billed())
      #expect(billed > 100 && abs(spent - billed) * 50 <= billed, "counted \(spent), billed \(billed)")
      #expect(quota?["budget"]?.integer == 500_000 && quota?["projected"]?.integer ?? 0 >= spent)
      // Of another budget, and none: what was spent stays.
      for (setting, budget) in [("1000", 1000), ("0", nil)] as [(String, Int64?)] {
        let marker = try #require(one.read(".membank"))
        try one.write(".membank", marker + "[quota]\n\tbudget = \(setting)\n")
        let quota = try await one.status()["remotes"]?.elements?.first?["quota"]
        #expect(quota?["budget"]?.integer == budget && quota?["spent"]?.integer == spent)
      }
    }
  }

  @Test("brings what another replica publishes at once")
  func streams() async throws {
    try await play { stage in
      let standIn = try upstash(stage)
      let (one, two) = (try stage.machine("one"), try stage.machine("two"))
      for machine in [one, two] { tell(machine, of: standIn) }
      try one.write("a.md", "a\n")
      try await one.sync()
      #expect(try await two.membank("join", "--project", "bank").status == 0)
      try await one.daemon()
      try await two.daemon()
      // Both listen by now, or hear of it with their first look; the next look is minutes away.
      try one.write("a.md", "b\n")
      #expect(try await eventually { two.read("a.md") == "b\n" })
      for number in 1...3 {
        try two.write("a.md", "\(number)\n")
        #expect(try await eventually { one.read("a.md") == "\(number)\n" })
      }
    }
  }

  @Test(
    "that refuses halts the remote with words that help, and costs no version",
    arguments: [
      ("wrong", "token was refused"), ("read-only", "standard one"), ("suspended", "raise its budget"),
    ])
  func refusals(_ what: String, _ words: String) async throws {
    try await play { stage in
      let standIn = try upstash(stage)
      let one = try stage.machine()
      tell(one, of: standIn)
      switch what {
      case "wrong": one.environment["UPSTASH_REDIS_REST_TOKEN"] = "wr0ng-t0ken"
      case "read-only": one.environment["UPSTASH_REDIS_REST_TOKEN"] = standIn.readOnlyToken
      default: try standIn.control(["state": "suspended"])
      }
      try one.write("a.md", "a\n")
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 4, "\(outcome.text)")
      #expect(outcome.text.contains(words), "\(outcome.text)")
      #expect(!outcome.text.contains("wr0ng-t0ken") && !outcome.text.contains(standIn.readOnlyToken))
      #expect(try await one.subjects == ["Add a.md (+1)"])
      #expect(try stage.keys() == [])
      try standIn.control(["state": "active"])
      tell(one, of: standIn)
      try await one.sync()
      #expect(try stage.document("a.md") == "a\n")
    }
  }

  @Test(
    "that is used up or full leaves the history going on, and says so",
    arguments: [("requests", "used up"), ("daily", "used up"), ("storage", "full")])
  func quota(_ error: String, _ words: String) async throws {
    try await play { stage in
      let standIn = try upstash(stage)
      let one = try stage.machine()
      tell(one, of: standIn)
      try standIn.fail(["kind": "error", "error": .string(error), "count": -1])
      try one.write("a.md", "a\n")
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 3, "\(outcome.text)")
      #expect(outcome.text.contains(words), "\(outcome.text)")
      #expect(try await one.subjects == ["Add a.md (+1)"])
      try standIn.heal()
      try await one.sync()
    }
  }

  @Test(
    "is not taken for something else: each mistake is named, and nothing is done",
    arguments: [
      (["UPSTASH_REDIS_REST_URL": "http://db.upstash.io"], "this machine only"),
      (["UPSTASH_REDIS_REST_URL": "db.upstash.io"], "no scheme"),
      (["UPSTASH_REDIS_REST_URL": "https://api.upstash.com"], "management API"),
      (["UPSTASH_REDIS_REST_URL": "https://console.upstash.com/redis/1"], "website"),
      (["UPSTASH_REDIS_REST_URL": "rediss://default:h1dden-pass@db.upstash.io:6379"], "REDIS_URL"),
      (["UPSTASH_REDIS_REST_URL": "https://db.upstash.io?_token=h1dden-pass"], "has a ? or #"),
      (["UPSTASH_REDIS_REST_URL": "https://u:h1dden-pass@db.upstash.io"], "user or password"),
      (["UPSTASH_REDIS_REST_URL": "https://db.upstash.io", "UPSTASH_REDIS_REST_TOKEN": ""], "no token"),
      (["UPSTASH_REDIS_REST_URL": "https://db.upstash.io", "UPSTASH_REDIS_REST_TOKEN": "\"h1dden-pass\""], "quotes"),
    ])
  func mistakes(_ variables: [String: String], _ words: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      one.environment["UPSTASH_REDIS_REST_TOKEN"] = "t0ken"
      one.environment.merge(variables) { $1 }
      try one.write("a.md", "a\n")
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 2, "\(outcome.text)")
      #expect(outcome.complaint.contains("UPSTASH_REDIS_REST"), "\(outcome.text)")
      #expect(outcome.complaint.contains(words), "\(outcome.text)")
      #expect(!outcome.text.contains("h1dden-pass") && !outcome.text.contains("t0ken"))
    }
  }

  @Test(
    "takes settings of its own in .membank",
    arguments: [
      ("url = https://db.upstash.io\n\tpassword-file = /x", "token-file"),
      ("url = https://db.upstash.io\n\ttoken-file = /nonexistent", "/nonexistent"),
      ("url = redis://h\n\ttoken-file = /x", "password-file"), ("url = redis://h\n\tca-file = /x", "rediss://"),
      ("url = https://db.upstash.io", "UPSTASH_REDIS_REST_TOKEN"),
    ])
  func settings(_ lines: String, _ words: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      _ = try await one.membank("init")
      try one.write(".membank", try #require(one.read(".membank")) + "[remote \"up\"]\n\t\(lines)\n")
      let plan = try #require(try await one.status()["halts"]?.elements?.first?["plan"]?.text)
      _ = try await one.membank("approve", plan)
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 2, "\(outcome.text)")
      #expect(outcome.complaint.contains("remote 'up'") && outcome.complaint.contains(words), "\(outcome.text)")
    }
  }
}
