import FoundationEssentials
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("sync --once")
struct SyncOnceProcessTests {
  @Test("makes a bank and says so; a second run says that nothing changed")
  func makesABank() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("activeContext.md", "# Active\n")
      try one.write("tasks/2025/plan.md", "- [ ] plan\n")
      let first = try await one.membank("sync", "--once", one.bank)
      #expect(first.status == 0, "\(first.text)")
      #expect(first.output.contains("made \(one.bank) a bank, project bank"))
      #expect(first.output.contains("1 commit, 2 pushed, 0 pulled: 2 files"))
      #expect(one.read(".membank")?.contains("project = bank") == true)
      #expect(try stage.document("activeContext.md") == "# Active\n")
      #expect(try stage.document("tasks/2025/plan.md") == "- [ ] plan\n")
      let before = try await one.head
      let second = try await one.membank("sync", "--once", one.bank)
      #expect(second.status == 0)
      #expect(second.output.contains("nothing changed: 2 files at \(before.prefix(7))"))
      #expect(try await one.head == before)
    }
  }

  @Test("--json has the fields of the contract")
  func json() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      let report = try await one.sync()
      #expect(report["head"]?.text == (try await one.head))
      #expect(report["committed"]?.integer == 1)
      #expect(report["pushed"]?.integer == 1)
      #expect(report["pulled"]?.integer == 0)
      #expect(report["conflicts"]?.elements == [])
      #expect(report["problems"]?.elements == [])
      let remotes = try #require(report["remotes"]?.elements)
      #expect(remotes.map { $0["state"]?.text } == ["in sync"])
      #expect(remotes.map { $0["backlog"]?.integer } == [0])
    }
  }

  @Test("edits, deletions and renames each become a version that a person can read")
  func versions() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "one\ntwo\n")
      try one.write("b.md", "a text that is long enough to be told again by\n")
      try await one.sync()
      try one.write("a.md", "one\n2\nthree\n")
      try await one.sync()
      try FileManager.default.moveItem(atPath: one.bank + "/b.md", toPath: one.bank + "/c.md")
      try await one.sync()
      try one.remove("a.md")
      try await one.sync()
      #expect(try await one.subjects == ["Delete a.md", "Rename b.md to c.md", "Update a.md (+2 −1)", "Add 2"])
      #expect(try stage.document("a.md") == nil)
      #expect(try stage.document("b.md") == nil)
      #expect(try stage.document("c.md") == one.read("c.md"))
      let author = try await one.git("log", "-1", "--format=%an %(trailers:key=Cause,valueonly)", "main").output
      #expect(author.contains("one") && author.contains("edit"))
    }
  }

  @Test("--dry-run says what there is to do and writes nothing anywhere")
  func dryRun() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      let empty = contents(of: one.root.path)
      let first = try await one.membank("sync", "--once", "--dry-run", one.bank)
      #expect(first.status == 0, "\(first.text)")
      #expect(first.output.contains("would make \(one.bank) a bank"))
      #expect(contents(of: one.root.path) == empty)
      #expect(try stage.keys() == [])
      try await one.sync()
      try one.write("a.md", "aa\n")
      try one.write("new.md", "n\n")
      let (files, keys) = (contents(of: one.root.path), try stage.keys().sorted())
      let second = try await one.membank("sync", "--once", "--dry-run", one.bank)
      #expect(second.status == 0, "\(second.text)")
      #expect(second.output.contains("update a.md") && second.output.contains("add new.md"))
      #expect(contents(of: one.root.path) == files)
      #expect(try stage.keys().sorted() == keys)
      #expect(try stage.document("a.md") == "a\n")
    }
  }

  @Test("where the settings want it, each version has a key of its own that expires")
  func snapshots() async throws {
    try await play { stage in
      let one = try stage.machine()
      try await one.membank("init", one.bank)
      try one.write(".membank", (one.read(".membank") ?? "") + "[membank]\n\tsnap = on\n[ttl]\n\tsnap = 1h\n")
      for text in ["1\n", "2\n"] {
        try one.write("a.md", text)
        try await one.sync()
      }
      try await one.sync()
      let keys = try stage.keys().filter { $0.hasPrefix(stage.key("snap:a.md:")) }.sorted()
      let values = try keys.compactMap { try stage.redis?.run("GET", $0).text }
      #expect(values == ["1\n", "2\n"])
      for key in keys { #expect(try (3000...3600).contains(stage.redis?.run("TTL", key).integer ?? -1)) }
    }
  }

  @Test("the embedded default needs no Redis of the user and leaves none running")
  func embedded() async throws {
    try await play(.embedded) { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      let report = try await one.sync()
      #expect(report["remotes"]?.elements?.first?["name"]?.text == "embedded")
      #expect(report["remotes"]?.elements?.first?["state"]?.text == "in sync")
      #expect(try processes(mentioning: try one.state) == [])
      // What the private server holds is there again the next time.
      let again = try await one.sync()
      #expect(again["pushed"]?.integer == 0)
      #expect(again["remotes"]?.elements?.first?["state"]?.text == "in sync")
    }
  }

  @Test("without redis-server it says so and keeps versioning")
  func withoutServer() async throws {
    try await play(.embedded) { stage in
      let one = try stage.machine()
      one.environment["PATH"] = "/nonexistent"
      try one.write("a.md", "a\n")
      let outcome = try await one.membank("sync", "--once", "--json", one.bank)
      #expect(outcome.status == 3, "\(outcome.text)")
      #expect(outcome.complaint.contains("redis-server"))
      #expect(try outcome.json["committed"]?.integer == 1)
      #expect(try await one.subjects == ["Add a.md (+1)"])
    }
  }

  @Test("--remote takes the place of REDIS_URL, and several are all brought up to date")
  func severalRemotes() async throws {
    try await play { stage in
      let one = try stage.machine()
      let other = try RedisServer()
      one.environment["REDIS_URL"] = "redis://127.0.0.1:1"
      try one.write("a.md", "a\n")
      let url = try #require(stage.redis?.url)
      let report = try await one.sync("--remote", url, "--remote", other.url)
      #expect(report["remotes"]?.elements?.map { $0["state"]?.text } == ["in sync", "in sync"])
      #expect(try stage.document("a.md") == "a\n")
      #expect(try other.run("GET", stage.key("doc:a.md")).text == "a\n")
    }
  }

  @Test("a remote that can't be reached costs freshness only: exit code 3, then the backlog goes")
  func unreachable() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      stage.redis?.stop()
      let down = try await one.sync(expecting: 3)
      #expect(down["committed"]?.integer == 1)
      #expect(down["remotes"]?.elements?.first?["state"]?.text == "unreachable")
      #expect(down["remotes"]?.elements?.first?["message"]?.text?.isEmpty == false)
      try one.write("b.md", "b\n")
      try await one.sync(expecting: 3)
      try stage.redis?.start()
      let up = try await one.sync()
      #expect(up["pushed"]?.integer == 2)
      #expect(try stage.document("b.md") == "b\n")
    }
  }
}
