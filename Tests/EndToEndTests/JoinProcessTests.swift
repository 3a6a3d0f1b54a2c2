import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Joining")
struct JoinProcessTests {
  @Test("a newcomer gets files and history, bit for bit")
  func newcomer() async throws {
    try await play { stage in
      let one = try stage.machine("one")
      try one.write("a.md", "1\n")
      try await one.sync()
      try one.write("a.md", "2\n")
      try one.write("sub/b.md", "b\n")
      try await one.sync()
      let two = try stage.machine("two")
      let outcome = try await two.membank("join", "--project", "bank", "--json")
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(try outcome.json["pulled"]?.integer == 2)
      #expect(one.files == two.files)
      #expect(try await one.git("log", "--format=%H", "main").output == two.git("log", "--format=%H", "main").output)
      #expect(try await one.status()["bank"]?.text == two.status()["bank"]?.text)
      let again = try await two.membank("join", "--project", "bank")
      #expect(again.status == 0, "\(again.text)")
    }
  }

  @Test("files that the bank once had are old, not conflicts; files of its own are added")
  func oldFiles() async throws {
    try await play { stage in
      let one = try stage.machine("one")
      for text in ["v1\n", "v2\n", "v3\n"] {
        try one.write("a.md", text)
        try await one.sync()
      }
      try one.write("gone.md", "gone\n")
      try await one.sync()
      try one.remove("gone.md")
      try await one.sync()
      let two = try stage.machine("two")
      try two.write("a.md", "v1\n")
      try two.write("gone.md", "gone\n")
      try two.write("own.md", "own\n")
      let outcome = try await two.membank("join", "--project", "bank")
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(two.files == ["a.md": "v3\n", "own.md": "own\n"])
      try await one.sync()
      #expect(one.files == two.files)
    }
  }

  @Test("the remote that was named is where the bank is from then on, without its password")
  func remembered() async throws {
    var options = RedisServer.Options()
    (options.password, options.tcp) = ("correct-horse", true)
    try await play(.server(options)) { stage in
      let one = try stage.machine("one")
      one.environment["REDIS_PASSWORD"] = "correct-horse"
      try one.write("a.md", "a\n")
      try await one.sync()
      let two = try stage.machine("two")
      two.environment["REDIS_URL"] = nil
      let url = "redis://:correct-horse@127.0.0.1:\(try #require(stage.redis).port)"
      let joined = try await two.membank("join", "--project", "bank", "--remote", url)
      #expect(joined.status == 0, "\(joined.text)")
      #expect(joined.complaint.contains("password-file"), "\(joined.text)")
      #expect(try !#require(two.read(".membank")).contains("correct"))
      two.environment["REDIS_PASSWORD"] = "correct-horse"
      try two.write("b.md", "b\n")
      let report = try await two.sync()
      #expect(report["remotes"]?.elements?.count == 1 && report["halts"]?.elements?.isEmpty == true, "\(report)")
      try await one.sync()
      #expect(one.files == two.files)
      let replicas = try #require(try stage.redis?.run("KEYS", "membank:{bank}:replica:*").array).compactMap(\.text)
      #expect(replicas.count == 2)
      for replica in replicas {
        let fields = try #require(try stage.redis?.run("HKEYS", replica).array).compactMap(\.text)
        #expect(Set(["host", "version", "commit", "at"]).isSubset(of: fields))
      }
    }
  }

  @Test("what is joined must be there, and can't be reached in silence")
  func refusals() async throws {
    try await play { stage in
      let two = try stage.machine("two")
      let none = try await two.membank("join", "--project", "nobody")
      #expect(none.status == 2 && none.complaint.contains("no bank 'nobody'"), "\(none.text)")
      #expect(two.read(".membank") == nil)
      stage.redis?.stop()
      let down = try await two.membank("join", "--project", "bank")
      #expect(down.status == 3, "\(down.text)")
      #expect(two.read(".membank") == nil)
      try stage.redis?.start()
      let one = try stage.machine("one")
      try one.write("a.md", "a\n")
      try await one.sync()
      try two.write("b.md", "b\n")
      _ = try await two.membank("init", "--project", "mine")
      try await two.sync()
      let other = try await two.membank("join", "--project", "bank")
      #expect(other.status == 2 && other.complaint.contains("is another bank"), "\(other.text)")
      two.environment["REDIS_URL"] = nil
      let unnamed = try await stage.machine("three").membank(
        "join", "--project", "bank", "--remote", "redis://127.0.0.1:1")
      #expect(unnamed.status == 3, "\(unnamed.text)")
    }
  }

  @Test("a bank that was moved goes on with its history; a copy is a replica of its own")
  func movedAndCopied() async throws {
    try await play { stage in
      let one = try stage.machine("one")
      try one.write("a.md", "a\n")
      try await one.sync()
      let head = try await one.head
      let (old, new) = (one.bank, one.root.path + "/moved")
      try FileManager.default.moveItem(atPath: old, toPath: new)
      one.bank = new
      let report = try await one.sync()
      #expect(report["head"]?.text == head && report["committed"]?.integer == 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: one.root.path + "/state/membank").count == 1)
      try FileManager.default.copyItem(atPath: new, toPath: old)
      one.bank = old
      #expect(try await one.sync()["head"]?.text == head)
      try one.write("a.md", "edited in the copy\n")
      try await one.sync()
      #expect(try stage.document("a.md") == "edited in the copy\n")
      one.bank = new
      try await one.sync()
      #expect(one.read("a.md") == "edited in the copy\n")
    }
  }

  @Test("a .membank from elsewhere: its remotes are not used until they were shown and approved")
  func untrusted() async throws {
    try await play { stage in
      let one = try stage.machine("one")
      let elsewhere = try RedisServer()
      let marker = """
        [membank]
        \tbank = 0b7946aa-15c3-48c2-ab02-bd49321e0830
        \tproject = bank
        [remote "origin"]
        \turl = \(elsewhere.url)
        \tpassword-file = /etc/hostname

        """
      try one.write("a.md", "a\n")
      try one.write(".membank", marker)
      let report = try await one.sync(expecting: 1)
      #expect(report["remotes"]?.elements?.map { $0["name"]?.text } == ["redis"])
      #expect(try elsewhere.run("DBSIZE").integer == 0)
      #expect(try stage.document("a.md") == "a\n")
      let halt = try #require(report["halts"]?.elements?.first)
      let settings = halt["settings"]?.elements?.compactMap(\.text) ?? []
      #expect(settings.contains { $0.contains(elsewhere.url) })
      #expect(settings.contains { $0.contains("/etc/hostname") })
      let status = try await one.membank("status")
      #expect(status.text.contains("remote.origin.url = \(elsewhere.url)"), "\(status.text)")
      try one.write(".membank", marker.replacing("\tpassword-file = /etc/hostname\n", with: ""))
      let plan = try #require(try await one.status()["halts"]?.elements?.first?["plan"]?.text)
      #expect(plan != halt["plan"]?.text)
      #expect(try await one.membank("approve", plan).status == 0)
      let approved = try await one.sync()
      #expect(approved["remotes"]?.elements?.map { $0["name"]?.text } == ["origin"])
      #expect(try elsewhere.run("GET", stage.key("doc:a.md")).text == "a\n")
      // Another address is another question.
      try one.write(".membank", marker.replacing(elsewhere.url, with: "redis://127.0.0.1:1"))
      let changed = try await one.sync(expecting: 1)
      #expect(changed["remotes"]?.elements?.map { $0["name"]?.text } == ["redis"])
    }
  }

  @Test("a dry run in a directory that came with a .membank writes nothing")
  func dryRun() async throws {
    try await play { stage in
      let (one, _) = try await stage.pair()
      let three = try stage.machine("three")
      try three.write(".membank", try #require(one.read(".membank")))
      try three.write("mine.md", "mine\n")
      let before = contents(of: three.root.path)
      let outcome = try await three.membank("sync", "--once", "--dry-run")
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(outcome.output.contains("add mine.md"))
      #expect(contents(of: three.root.path) == before)
    }
  }
}
