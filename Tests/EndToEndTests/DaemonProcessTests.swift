import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("The daemon")
struct DaemonProcessTests {
  private var announcing: RedisServer.Options {
    var options = RedisServer.Options()
    options.notifications = "KA"
    return options
  }

  @Test("what was written before a flush is versioned and in Redis after it")
  func flush() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      _ = try await one.membank("init")
      let daemon = try await one.daemon()
      let first = try await one.flush()
      #expect(first["head"]?.text == (try await one.head))
      #expect(try stage.document("a.md") == "a\n")
      for number in 1...5 {
        try one.write("a.md", "edit \(number)\n")
        try one.write("deep/er/\(number).md", "new \(number)\n")
        try await one.flush()
        #expect(try stage.document("a.md") == "edit \(number)\n")
        #expect(try stage.document("deep/er/\(number).md") == "new \(number)\n")
      }
      try one.remove("deep/er/1.md")
      try await one.flush()
      #expect(try stage.document("deep/er/1.md") == nil)
      try stage.expectEveryKeyExpires()
      daemon.signal(SIGTERM)
      let end = try await daemon.end()
      #expect(end.status == 0, "\(end.text)")
      #expect(end.output.isEmpty)
    }
  }

  @Test("an edit is picked up by itself, and so is a foreign value")
  func bothWays() async throws {
    try await play(.server(announcing)) { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try await one.daemon()
      try one.write("a.md", "edited\n")
      #expect(try await eventually { try stage.document("a.md") == "edited\n" })
      try stage.redis?.run("SET", stage.key("doc:a.md"), "foreign\n")
      #expect(try await eventually { one.read("a.md") == "foreign\n" })
      try stage.redis?.run("SET", stage.key("doc:sub/new.md"), "foreign too\n", "EX", "500")
      #expect(try await eventually { one.read("sub/new.md") == "foreign too\n" })
      try await one.flush()
      try stage.expectEveryKeyExpires()
      #expect(try await one.subjects.contains("Write a.md in Redis"))
    }
  }

  @Test("where the server announces nothing, a foreign value is found by polling")
  func polling() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try await one.daemon()
      try await one.flush()
      try stage.redis?.run("SET", stage.key("doc:a.md"), "foreign\n")
      // A pass through the daemon looks at everything, whenever the next poll is due.
      try await one.sync()
      #expect(one.read("a.md") == "foreign\n")
    }
  }

  @Test("two daemons over one server converge on the edits of both")
  func converge() async throws {
    try await play(.server(announcing)) { stage in
      let (one, two) = try await stage.pair()
      let daemons = [try await one.daemon(), try await two.daemon()]
      for round in 1...5 {
        try one.write("one.md", "from one, \(round)\n")
        try two.write("two.md", "from two, \(round)\n")
        try one.write("shared.md", "# Shared\n\nfirst line, \(round)\n\nlast line\n")
        try one.write("only-one/\(round).md", "1\n")
        try two.write("only-two/\(round).md", "2\n")
        if round > 1 { try two.remove("only-two/\(round - 1).md") }
      }
      try await one.flush()
      try await two.flush()
      #expect(try await eventually { one.files == two.files && one.files.count == 9 })
      #expect(two.read("one.md") == "from one, 5\n")
      #expect(one.read("two.md") == "from two, 5\n")
      var heads: Set<String> = []
      let deadline = ContinuousClock.now + .seconds(20)
      repeat {
        heads = [try await one.head, try await two.head]
      } while heads.count > 1 && ContinuousClock.now < deadline
      #expect(heads.count == 1)
      #expect(try stage.redis?.run("HGET", stage.key("head"), "commit").text == heads.first)
      for daemon in daemons { daemon.signal(SIGTERM) }
      for daemon in daemons { #expect(try await daemon.end().status == 0) }
    }
  }

  @Test("pause leaves files and remotes alone, resume catches up")
  func pause() async throws {
    try await play(.server(announcing)) { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let daemon = try await one.daemon()
      #expect(try await one.membank("pause").status == 0)
      try one.write("a.md", "while paused\n")
      try stage.redis?.run("SET", stage.key("doc:b.md"), "foreign\n", "EX", "500")
      #expect(try await one.status()["paused"]?.bool == true)
      let flush = try await one.membank("flush")
      #expect(flush.status == 1 && flush.complaint.contains("membank resume"), "\(flush.text)")
      #expect(try stage.document("a.md") == "a\n")
      #expect(one.read("b.md") == nil)
      #expect(try await one.subjects.count == 1)
      // A pause outlives the daemon.
      daemon.signal(SIGTERM)
      #expect(try await daemon.end().status == 0)
      try await one.daemon()
      #expect(try await one.status()["paused"]?.bool == true)
      #expect(try stage.document("a.md") == "a\n")
      #expect(try await one.membank("resume").status == 0)
      try await one.flush()
      #expect(try stage.document("a.md") == "while paused\n")
      #expect(try await eventually { one.read("b.md") == "foreign\n" })
    }
  }

  @Test("status --json shows bank, remotes and counts, in the words of the daemon")
  func status() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      let before = try await one.membank("status", one.bank)
      #expect(before.status == 2)
      try await one.sync()
      let alone = try await one.status()
      #expect(alone["daemon"]?.bool == false)
      try await one.daemon()
      try one.write("a.md", "aa\n")
      try await one.flush()
      let report = try await one.status()
      #expect(report["daemon"]?.bool == true)
      #expect(report["paused"]?.bool == false)
      #expect(report["directory"]?.text == one.bank)
      #expect(report["project"]?.text == "bank")
      #expect(report["files"]?.integer == 1)
      #expect(report["head"]?.text == (try await one.head))
      #expect(report["remotes"]?.elements?.first?["state"]?.text == "in sync")
      #expect(report["remotes"]?.elements?.first?["backlog"]?.integer == 0)
      #expect(report["counts"]?["commits"]?.integer == 1)
      #expect(report["counts"]?["pushed"]?.integer == 1)
      #expect(report["counts"]?["reconnects"]?.integer == 0)
      #expect(report["counts"]?["fallbacks"]?.integer == 0)
      #expect(report["latency"]?["samples"]?.integer ?? 0 >= 1)
      let (half, most) = (report["latency"]?["p50"]?.number ?? 0, report["latency"]?["p95"]?.number ?? 0)
      #expect(half > 0 && most >= half, "\(report)")
      #expect(report["publicationsPerHour"]?.number ?? 0 > 0)
      #expect(report["hitRatio"]?.number ?? 0 > 0)
      for name in ["conflicts", "problems", "halts"] { #expect(report[name]?.elements == [], "\(name)") }
      let text = try await one.membank("status")
      #expect(text.status == 0 && text.output.contains("watching") && text.output.contains("in sync"))
      let doctor = try await one.membank("doctor", "--json")
      #expect(doctor.status == 0, "\(doctor.text)")
      #expect(try doctor.json.elements?.allSatisfy { $0["state"]?.text != "bad" } == true)
    }
  }

  @Test("SIGHUP reads ignore rules and remotes again; a broken .membank changes nothing")
  func reload() async throws {
    try await play { stage in
      let one = try stage.machine()
      let other = try RedisServer()
      try one.write("a.md", "a\n")
      try one.write("drafts/old.md", "old\n")
      try await one.sync()
      let marker = try #require(one.read(".membank"))
      let daemon = try await one.daemon()
      try one.write(".membank", "[membank\n")
      daemon.signal(SIGHUP)
      #expect(try await eventually { daemon.complaint.contains(".membank:1") })
      try one.write("a.md", "aa\n")
      try one.write(".membank", marker + "[membank]\n\tignore = drafts/\n[remote \"other\"]\n\turl = \(other.url)\n")
      daemon.signal(SIGHUP)
      #expect(try await eventually { daemon.complaint.contains("settings read again") })
      try one.write("drafts/new.md", "new\n")
      try one.remove("drafts/old.md")
      let waiting = try await one.membank("flush", "--json")
      #expect(waiting.status == 1, "\(waiting.text)")
      #expect(try stage.document("a.md") == "aa\n")
      #expect(try stage.document("drafts/new.md") == nil)
      // Ignoring deletes nothing anywhere.
      #expect(try stage.document("drafts/old.md") == "old\n")
      #expect(try other.run("DBSIZE").integer == 0)
      let plan = try #require(try waiting.json["halts"]?.elements?.first?["plan"]?.text)
      #expect(try await one.membank("approve", plan).status == 0)
      try await one.flush()
      #expect(try other.run("GET", stage.key("doc:a.md")).text == "aa\n")
    }
  }
}
