import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Halts")
struct HaltProcessTests {
  private var announcing: RedisServer.Options {
    var options = RedisServer.Options()
    options.notifications = "KA"
    return options
  }

  @Test(
    "a root that is renamed or deleted deletes nothing elsewhere, and goes on when it is back",
    arguments: ["renamed", "deleted"])
  func root(_ what: String) async throws {
    try await play(.server(announcing)) { stage in
      let (one, two) = try await stage.pair()
      try one.write(notes: 3)
      try await one.sync()
      try await two.sync()
      let aside = one.root.path + "/aside"
      try FileManager.default.copyItem(atPath: one.bank, toPath: aside)
      let daemon = try await one.daemon()
      try await one.flush()
      if what == "renamed" {
        try FileManager.default.moveItem(atPath: one.bank, toPath: one.root.path + "/elsewhere")
      } else {
        try FileManager.default.removeItem(atPath: one.bank)
      }
      #expect(try await eventually { daemon.complaint.contains("is gone or can't be opened") })
      #expect(daemon.complaint.contains("do not make another bank in its place"))
      let status = try await one.membank(["status", one.bank], in: "/")
      #expect([2, 4].contains(status.status), "\(status.text)")
      #expect(status.text.contains(one.bank))
      try await two.sync()
      #expect(two.files.count == 4)
      #expect(try stage.document("note-1.md") == "# Note 1\n")
      #expect(try await one.git("ls-tree", "--name-only", "main").output.split(separator: "\n").count == 4)
      #expect(!daemon.hasEnded)
      // Put back, it goes on.
      try FileManager.default.moveItem(
        atPath: what == "renamed" ? one.root.path + "/elsewhere" : aside, toPath: one.bank)
      try one.write("note-1.md", "back again\n")
      try await one.sync()
      #expect(try stage.document("note-1.md") == "back again\n")
      #expect(try await one.git("ls-tree", "--name-only", "main").output.split(separator: "\n").count == 4)
    }
  }

  @Test("a root that was replaced by an emptier one needs a person's word")
  func rootReplaced() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write(notes: 4)
      try await one.sync()
      let marker = try #require(one.read(".membank"))
      try FileManager.default.moveItem(atPath: one.bank, toPath: one.root.path + "/elsewhere")
      try one.write(".membank", marker)
      try one.write("note-1.md", "in the new directory\n")
      let report = try await one.sync(expecting: 4)
      let halt = try #require(report["halts"]?.elements?.first { $0["plan"]?.text != nil })
      #expect(halt["files"]?.elements?.compactMap(\.text) == ["note-2.md", "note-3.md", "note-4.md"])
      #expect(try stage.document("note-1.md") == "in the new directory\n")
      #expect(try stage.document("note-2.md") == "# Note 2\n")
      let plan = try #require(halt["plan"]?.text)
      #expect(try await one.membank("approve", plan).status == 0)
      let after = try await one.sync()
      #expect(after["files"]?.integer == 1)
      #expect(try stage.document("note-2.md") == nil)
    }
  }

  @Test("a marker that is gone withholds deletions; init brings it back", arguments: [true, false])
  func marker(withDaemon: Bool) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write(notes: 4)
      try await one.sync()
      let bank = try await one.status()["bank"]?.text
      let daemon = withDaemon ? try await one.daemon() : nil
      try one.remove(".membank")
      try one.remove("note-1.md")
      if let daemon {
        #expect(
          try await eventually { daemon.complaint.contains("the marker .membank is gone") }, "\(daemon.complaint)")
        try one.write("note-2.md", "edited without a marker\n")
        #expect(try await eventually { try stage.document("note-2.md") == "edited without a marker\n" })
      }
      let status = try await one.membank("status", one.bank)
      #expect(status.status == 4, "\(status.text)")
      #expect(status.complaint.contains("membank init \(one.bank)"))
      #expect(status.complaint.contains("Do not"))
      let sync = try await one.membank("sync", "--once", one.bank)
      #expect(sync.status == 4, "\(sync.text)")
      #expect(try stage.document("note-1.md") == "# Note 1\n")
      #expect(try await one.git("cat-file", "-e", "main:note-1.md").status == 0)
      #expect(try await one.membank("init", one.bank).status == 0)
      try await one.sync()
      #expect(try await one.status()["bank"]?.text == bank)
      #expect(try stage.document("note-1.md") == nil)
      #expect(one.files.count == 3)
    }
  }

  @Test("a mass deletion halts with a plan, edits go on, approval releases exactly it, and other replicas honour it")
  func massDeletion() async throws {
    try await play(.server(announcing)) { stage in
      let (one, two) = try await stage.pair()
      try one.write(notes: 12)
      try await one.sync()
      try await two.sync()
      for machine in [one, two] { try await machine.daemon() }
      for number in 1...7 { try one.remove("note-\(number).md") }
      try one.write("note-8.md", "edited meanwhile\n")
      let report = try await one.flush(expecting: 4)
      let halt = try #require(report["halts"]?.elements?.first)
      #expect(halt["files"]?.elements?.count == 7)
      #expect(halt["direction"]?.text == "local")
      let plan = try #require(halt["plan"]?.text)
      #expect(try stage.document("note-8.md") == "edited meanwhile\n")
      #expect(try stage.document("note-1.md") == "# Note 1\n")
      #expect(try await eventually { two.read("note-8.md") == "edited meanwhile\n" })
      // The file that was replaced stands there under another name for a moment more.
      #expect(try await eventually { two.files.count == 13 })
      let status = try await one.membank("status")
      #expect(status.status == 1)
      #expect(status.text.contains("membank approve \(plan)") && status.text.contains("note-1.md"))
      // One file more is another plan.
      try one.remove("note-9.md")
      let wider = try await one.flush(expecting: 4)
      let next = try #require(wider["halts"]?.elements?.first?["plan"]?.text)
      #expect(next != plan)
      let stale = try await one.membank("approve", plan)
      #expect(stale.status == 2, "\(stale.text)")
      #expect(try await one.membank("approve", next).status == 0)
      try await one.flush()
      #expect(try stage.document("note-1.md") == nil)
      #expect(try await eventually { two.files == one.files })
      #expect(two.files.count == 5)
      #expect(try await two.status()["halts"]?.elements == [])
      let trailer = try await one.git("log", "--format=%(trailers:key=Approved-Deletions,valueonly)", "main").output
      #expect(trailer.contains(next))
    }
  }

  @Test("without a daemon the plan is the same from one command to the next; restored files end the halt")
  func withoutDaemon() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write(notes: 10)
      try await one.sync()
      let all = one.files
      for number in 1...10 { try one.remove("note-\(number).md") }
      let first = try await one.sync(expecting: 4)
      let plan = try #require(first["halts"]?.elements?.first?["plan"]?.text)
      let second = try await one.sync(expecting: 4)
      #expect(second["halts"]?.elements?.first?["plan"]?.text == plan)
      #expect(second["committed"]?.integer == 0)
      let wrong = try await one.membank("approve", "0123456789ab")
      #expect(wrong.status == 2 && wrong.complaint.contains("membank status"))
      for (name, text) in all { try one.write(name, text) }
      let restored = try await one.sync()
      #expect(restored["halts"]?.elements == [])
      for number in 1...10 { try one.remove("note-\(number).md") }
      try await one.sync(expecting: 4)
      #expect(try await one.membank("approve", plan).status == 0)
      let released = try await one.sync()
      #expect(released["files"]?.integer == 0)
      #expect(try stage.keys().allSatisfy { !$0.contains(":doc:") })
      #expect(try await one.git("show", "main~1:note-1.md").output == "# Note 1\n")
    }
  }

  @Test("deletions in small steps add up, and those of another replica count as well")
  func smallSteps() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      try one.write(notes: 14)
      try await one.sync()
      try await two.sync()
      for number in 1...4 { try one.remove("note-\(number).md") }
      for number in 5...8 { try two.remove("note-\(number).md") }
      try await one.sync()
      let report = try await two.sync(expecting: 4)
      let halt = try #require(report["halts"]?.elements?.first)
      #expect(halt["direction"]?.text == "remote")
      #expect(halt["files"]?.elements?.compactMap(\.text) == (1...4).map { "note-\($0).md" })
      #expect(two.files.count == 11)
      // Edits go on in both directions meanwhile.
      try two.write("note-14.md", "by two\n")
      try one.write("note-13.md", "by one\n")
      try await one.membank("sync", "--once")
      try await two.sync(expecting: 4)
      try await one.membank("sync", "--once")
      #expect(one.read("note-14.md") == "by two\n")
      #expect(two.read("note-13.md") == "by one\n")
      for machine in [two, one] {
        for halt in try await machine.status()["halts"]?.elements ?? [] {
          #expect(try await machine.membank("approve", halt["plan"]?.text ?? "").status == 0)
        }
        try await machine.sync()
      }
      try await two.sync()
      #expect(one.files == two.files && one.files.count == 7)
      #expect(try await one.head == two.head)
      // The rest of the ten minutes is no better time for it.
      for number in 9...12 { try one.remove("note-\(number).md") }
      try await one.sync(expecting: 4)
    }
  }

  @Test("moving everything to another directory is no deletion")
  func moved() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write(notes: 10)
      try await one.sync()
      try FileManager.default.createDirectory(atPath: one.bank + "/sub", withIntermediateDirectories: true)
      for number in 1...10 {
        try FileManager.default.moveItem(
          atPath: "\(one.bank)/note-\(number).md", toPath: "\(one.bank)/sub/note-\(number).md")
      }
      try await one.sync()
      #expect(try stage.document("sub/note-10.md") == "# Note 10\n")
      #expect(try stage.document("note-10.md") == nil)
      #expect(try await one.subjects.first == "Rename 10")
    }
  }
}
