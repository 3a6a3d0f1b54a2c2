import CLinux
import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("membank upstash")
struct UpstashCommandProcessTests {
  /// A machine that has an account, the account's stand-in, and what it said about itself.
  private struct Place {
    let standIn: UpstashStandIn
    let machine: Machine
    let state: JSONValue

    init(_ stage: Stage) throws {
      standIn = try UpstashStandIn(try #require(stage.redis))
      machine = try stage.machine()
      state = try standIn.control()
      machine.environment["REDIS_URL"] = nil
      machine.environment["UPSTASH_EMAIL"] = state["email"]?.text
      machine.environment["UPSTASH_API_KEY"] = state["api_key"]?.text
      machine.environment["UPSTASH_API_URL"] = standIn.url
      machine.environment["UPSTASH_REDIS_REST_URL"] = "http://\(state["endpoint"]?.text ?? "")"
    }

    var id: String { state["database"]?.text ?? "" }

    /// Runs `membank upstash` and returns what it printed as JSON.
    func json(_ words: String...) async throws -> JSONValue {
      let outcome = try await machine.membank(["upstash"] + words + ["--json"])
      #expect(outcome.status == 0, "\(words): \(outcome.text)")
      return try outcome.json
    }

    func calls() throws -> [String] { try standIn.control()["management"]?.elements?.compactMap(\.text) ?? [] }
  }

  @Test("manages databases, and backups from their making to their end")
  func life() async throws {
    try await play { stage in
      let place = try Place(stage)
      let made = try await place.json("create", "second", "--region", "eu-west-1", "--read-region", "us-east-1")
      #expect(made["name"] == "second" && made["primaryRegion"] == "eu-west-1")
      let second = try #require(made["id"]?.text)
      #expect(try await place.json("list").elements?.compactMap { $0["id"]?.text } == [place.id, second])
      // Left out, the database is that of UPSTASH_REDIS_REST_URL.
      #expect(try await place.json("get")["id"]?.text == place.id)
      #expect(try await place.json("get", "second")["id"]?.text == second)

      let client = try place.standIn.client()
      try client.run("SET", "k", "v")
      _ = try await place.json("create-backup", "first", "nightly")
      #expect(try await place.json("backups")[0]?["state"] == "pending")
      #expect(try await place.json("backups", "first")[0]?["state"] == "completed")
      try client.run("SET", "k", "other")
      _ = try await place.json("restore-backup", "first", "nightly", "--yes")
      #expect(try client.run("GET", "k").text == "v")
      _ = try await place.json("restore-backup", second, "nightly", "--of", "first", "--yes")
      _ = try await place.json("delete-backup", "first", "nightly", "--yes")
      #expect(try await place.json("backups") == [])
      _ = try await place.json("daily-backup", "first", "on")
      #expect(try await place.json("get")["dailyBackup"] == true)
      _ = try await place.json("daily-backup", "first", "off")
      #expect(try await place.json("get")["dailyBackup"] == false)
      let month = try await place.json("usage")["commandsOfMonth"]?.integer
      #expect(try month == place.standIn.billed())
      #expect(try await place.json("stats", "--period", "3h")["totals"]?["total_monthly_requests"]?.integer == month)
      _ = try await place.json("delete", "second", "--yes")
      #expect(try await place.json("list").elements?.count == 1)
    }
  }

  @Test("shows no secret, and puts a token into a file that nobody else reads")
  func secrets() async throws {
    try await play { stage in
      let place = try Place(stage)
      let file = place.machine.root.path + "/home/token"
      var said = ""
      for words in [
        ["list"], ["get"], ["get", "--json"], ["list", "--json"], ["create", "second", "--region", "eu-west-1"],
        ["reset-password", "first", "--yes", "--token-file", file], ["get", "--token-file", file + "2"],
      ] {
        let outcome = try await place.machine.membank(["upstash"] + words)
        #expect(outcome.status == 0, "\(outcome.text)")
        said += outcome.text
      }
      let now = try place.standIn.control()
      for secret in [
        place.standIn.token, now["token"]?.text, now["read_only_token"]?.text, place.state["api_key"]?.text,
      ] {
        #expect(try !said.contains(#require(secret)))
      }
      for file in [file, file + "2"] {
        #expect(
          String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
            == (now["token"]?.text ?? "?") + "\n")
        var facts = stat()
        #expect(stat(file, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
      }
    }
  }

  @Test(
    "does nothing that can't be undone where nobody can be asked",
    arguments: [
      ["delete", "first"], ["reset-password", "first"], ["restore-backup", "first", "b"],
      ["delete-backup", "first", "b"],
    ])
  func unasked(words: [String]) async throws {
    try await play { stage in
      let place = try Place(stage)
      let outcome = try await place.machine.membank(["upstash"] + words)
      #expect(outcome.status == 2 && outcome.complaint.contains("--yes"), "\(outcome.text)")
      #expect(try place.calls() == [])
    }
  }

  @Test(
    "asks on a terminal, and does only what was agreed to",
    arguments: [("first", false), ("second", true), ("", false)])
  func asked(answer: String, isDeleted: Bool) async throws {
    try await play { stage in
      let place = try Place(stage)
      _ = try await place.json("create", "second", "--region", "eu-west-1")
      let line = "printf '%s\\n' '\(answer)' | script -qec '\(membankPath) upstash delete second' /dev/null"
      let outcome = try await run(["sh", "-c", line], environment: place.machine.environment)
      #expect(outcome.text.contains("Type second to go on"), "\(outcome.text)")
      #expect(outcome.text.contains(isDeleted ? "deleted second" : "nothing was done"), "\(outcome.text)")
      #expect(try await place.json("list").elements?.count == (isDeleted ? 1 : 2))
    }
  }

  @Test(
    "says what is wrong and how it is mended",
    arguments: [
      ("UPSTASH_API_KEY", "wr0ng-k3y", "list", 2, "UPSTASH_EMAIL and UPSTASH_API_KEY have to belong together"),
      ("UPSTASH_API_KEY", "", "list", 2, "UPSTASH_API_KEY is not set"),
      ("UPSTASH_EMAIL", "", "list", 2, "https://console.upstash.com/account/api"),
      ("UPSTASH_API_URL", "https://eu1-wr0ng-1.upstash.io", "list", 2, "UPSTASH_REDIS_REST_URL"),
      ("UPSTASH_API_URL", "http://api.upstash.com", "list", 2, "use https://"),
      ("UPSTASH_API_URL", "http://127.0.0.1:1", "list", 3, "connect"),
      ("UPSTASH_REDIS_REST_URL", "", "get", 2, "which database?"),
      ("UPSTASH_REDIS_REST_URL", "https://other-1.upstash.io", "get", 2, "no database at UPSTASH_REDIS_REST_URL"),
      ("LOG_LEVEL", "debug", "get no-such", 2, "membank upstash list"),
      ("LOG_LEVEL", "debug", "stats first --period 2h", 2, "1h, 3h"),
      ("LOG_LEVEL", "debug", "create x", 2, "--region"),
      ("LOG_LEVEL", "debug", "daily-backup first maybe", 2, "on or off"),
      ("LOG_LEVEL", "debug", "restore-backup first none --yes", 2, "has no backup 'none'"),
    ])
  func mistakes(name: String, value: String, words: String, status: Int32, message: String) async throws {
    try await play { stage in
      let place = try Place(stage)
      place.machine.environment[name] = value
      let outcome = try await place.machine.membank(["upstash"] + words.split(separator: " ").map(String.init))
      #expect(outcome.status == status && outcome.complaint.contains(message), "\(outcome.text)")
      #expect(!outcome.text.contains("wr0ng"), "\(outcome.text)")
    }
  }
}

extension JSONValue {
  fileprivate subscript(place: Int) -> JSONValue? {
    guard let elements, elements.indices.contains(place) else { return nil }
    return elements[place]
  }
}
