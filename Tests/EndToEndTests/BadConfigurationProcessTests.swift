import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Bad input: settings")
struct BadConfigurationProcessTests {
  @Test(
    "a broken .membank is refused with file and line, and nothing happens",
    arguments: [
      ("[membank\n", 1), ("[membank]\n\tbank = 1\n", 2), ("[membank]\n\tproject = a b\n", 2),
      ("[membank]\n\n\tmaxSize = large\n", 3), ("[remote \"a\"]\n\turl = redis://:h1dden@host\n", 2),
      ("[include]\n\tpath = /etc/passwd\n", 1), ("[ttl]\n\tdoc = never\n", 2), ("[membank]\n\tversion = 2\n", 2),
      ("[remote \"../x\"]\n\turl = redis://host\n", 2), ("[secrets]\n\tallow = all\n", 2),
    ])
  func brokenMarker(_ text: String, _ line: Int) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try one.write(".membank", text)
      let before = contents(of: one.root.path)
      for command in [["sync", "--once"], ["status"], ["sync"], ["flush"]] {
        let outcome = try await one.membank(command)
        #expect(outcome.status == 2, "\(command): \(outcome.text)")
        #expect(outcome.complaint.contains("\(one.bank)/.membank:\(line): "), "\(outcome.text)")
        #expect(!outcome.text.contains("h1dden"))
      }
      #expect(contents(of: one.root.path) == before)
      #expect(try stage.keys() == [])
    }
  }

  @Test("a setting that nobody knows is passed over, and doctor names it")
  func unknownSetting() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try one.write(".membank", try #require(one.read(".membank")) + "[membank]\n\tcolour = blue\n")
      try await one.sync()
      let doctor = try await one.membank("doctor")
      #expect(doctor.output.contains("unknown setting 'membank.colour'"), "\(doctor.text)")
    }
  }

  @Test(
    "a directory that can't be read is named",
    .enabled(if: Unprivileged.isPossible, "root sees past modes, and setpriv is missing"))
  func unreadableDirectory() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      chmod(one.bank, 0)
      defer { chmod(one.bank, 0o755) }
      let outcome = try await one.withoutPrivileges(["sync", "--once", one.bank], in: "/")
      #expect(outcome.status == 2, "\(outcome.text)")
      #expect(outcome.complaint.contains("\(one.bank): Permission denied"))
    }
  }

  @Test("a second daemon is refused with exit code 2, and the first goes on")
  func secondDaemon() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let daemon = try await one.daemon()
      let second = try await one.membank("sync")
      #expect(second.status == 2, "\(second.text)")
      #expect(second.complaint.contains("a daemon runs for \(one.bank) already"))
      try one.write("b.md", "b\n")
      // While a daemon has the bank, a pass goes through it.
      let report = try await one.sync()
      #expect(report["head"]?.text == (try await one.head))
      #expect(try stage.document("b.md") == "b\n")
      daemon.signal(SIGTERM)
      #expect(try await daemon.end().status == 0)
    }
  }

  @Test("a Redis of a newer schema is left alone, and the versions are kept")
  func newerSchema() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try stage.redis?.run("HSET", stage.key("head"), "schema", "2")
      try one.write("a.md", "aa\n")
      let outcome = try await one.membank("sync", "--once")
      #expect(outcome.status == 4, "\(outcome.text)")
      #expect(outcome.text.contains("schema 2") && outcome.text.contains("upgrade membank"))
      #expect(try stage.document("a.md") == "a\n")
      #expect(try await one.subjects.count == 2)
      let two = try stage.machine("two")
      let joined = try await two.membank("join", "--project", "bank")
      #expect(joined.status == 2, "\(joined.text)")
      #expect(joined.complaint.contains("schema 2"))
    }
  }

  @Test("another bank of the same name is not mixed in")
  func otherBank() async throws {
    try await play { stage in
      let (one, two) = (try stage.machine("one"), try stage.machine("two"))
      try one.write("a.md", "from one\n")
      try await one.sync()
      try two.write("a.md", "from two\n")
      let outcome = try await two.membank("sync", "--once", two.bank)
      #expect(outcome.status == 4, "\(outcome.text)")
      #expect(outcome.text.contains("another bank") && outcome.text.contains("membank join"))
      #expect(outcome.text.contains("Do not delete"))
      #expect(try stage.document("a.md") == "from one\n")
      #expect(two.read("a.md") == "from two\n")
      #expect(try await two.subjects == ["Add a.md (+1)"])
      try await one.sync()
    }
  }
}
