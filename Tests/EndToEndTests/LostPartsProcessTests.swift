import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("When parts of the mirror are missing")
struct LostPartsProcessTests {
  private static let parts = [
    "doc:note-1.md", "doc:*", "index", "head", "pack:*", "changes", "cache:*", "replica:*", "head index", "doc:* index",
    "pack:* changes",
  ]

  /// Deletes the keys that match patterns with blanks between them; it is as if they had expired.
  private func lose(_ patterns: String, _ stage: Stage) throws {
    for pattern in patterns.split(separator: " ") {
      for key in try stage.redis?.run("KEYS", stage.key(String(pattern))).array ?? [] {
        try stage.redis?.run("DEL", key.text ?? "")
      }
    }
  }

  private func expectWhole(_ stage: Stage, _ one: Machine, _ two: Machine) async throws {
    #expect(one.files == two.files)
    #expect(try await one.head == two.head)
    for (name, text) in one.files { #expect(try stage.document(name) == text, "\(name)") }
    // A newcomer gets everything from what is there now.
    let three = try stage.machine("three")
    let joined = try await three.membank("join", "--project", "bank")
    #expect(joined.status == 0, "\(joined.text)")
    #expect(three.files == one.files)
    #expect(try await three.head == one.head)
  }

  @Test("nothing is taken for deleted, and all is put back", arguments: parts, [false, true])
  func lost(_ patterns: String, withEdits: Bool) async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      try one.write(notes: 3)
      try await one.sync()
      try await two.sync()
      try lose(patterns, stage)
      if withEdits {
        try one.write("note-1.md", "edited by one\n")
        try two.write("note-2.md", "edited by two\n")
        try two.write("new.md", "new\n")
      }
      for machine in [one, two, one, two] {
        let outcome = try await machine.membank("sync", "--once")
        #expect(outcome.status == 0, "\(outcome.text)")
        try stage.expectEveryKeyExpires()
      }
      #expect(one.files.count == (withEdits ? 5 : 4))
      if withEdits { #expect(two.read("note-1.md") == "edited by one\n" && one.read("note-2.md") == "edited by two\n") }
      try await expectWhole(stage, one, two)
    }
  }

  @Test("with daemons at work it is put back as well", arguments: parts)
  func lostUnderDaemons(_ patterns: String) async throws {
    var options = RedisServer.Options()
    options.notifications = "KA"
    try await play(.server(options)) { stage in
      let (one, two) = try await stage.pair()
      try one.write(notes: 3)
      try await one.sync()
      try await two.sync()
      let daemons = [try await one.daemon(), try await two.daemon()]
      try lose(patterns, stage)
      try one.write("note-1.md", "edited by one\n")
      try two.write("note-2.md", "edited by two\n")
      // A pass through the daemon looks at everything at once; by itself it would with its next full look.
      for machine in [one, two, one, two] { try await machine.sync() }
      #expect(try await eventually { one.files == two.files && one.read("note-2.md") == "edited by two\n" })
      for daemon in daemons { daemon.signal(SIGTERM) }
      for daemon in daemons { #expect(try await daemon.end().status == 0) }
      try await one.sync()
      try await two.sync()
      try await expectWhole(stage, one, two)
    }
  }

  @Test("a head that is damaged is not believed", arguments: ["not a commit", "of another type"])
  func damagedHead(_ how: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write(notes: 3)
      try await one.sync()
      if how == "not a commit" {
        try stage.redis?.run("HSET", stage.key("head"), "commit", "zzz")
      } else {
        try stage.redis?.run("DEL", stage.key("head"))
        try stage.redis?.run("SET", stage.key("head"), "x", "EX", "1000")
      }
      let outcome = try await one.membank("sync", "--once")
      #expect([0, 1, 3].contains(outcome.status), "\(outcome.text)")
      #expect(one.files.count == 3)
      let again = try await one.membank("sync", "--once")
      #expect(again.status == 0, "\(again.text)")
      #expect(try stage.redis?.run("HGET", stage.key("head"), "commit").text == (try await one.head))
    }
  }
}
