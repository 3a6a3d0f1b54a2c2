import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Conflicts")
struct ConflictProcessTests {
  private static let mine = "# Shared\n\nfirst line\n\nas one has it\n"
  private static let other = "# Shared\n\nfirst line\n\nas two has it\n"

  /// Two machines that both have edited the last line of `shared.md`, brought together.
  private func conflicting(_ stage: Stage) async throws -> (Machine, Machine) {
    let (one, two) = try await stage.pair()
    try one.write("shared.md", Self.mine)
    try two.write("shared.md", Self.other)
    try await one.sync()
    try await two.sync(expecting: 1)
    try await one.sync(expecting: 1)
    #expect(one.files == two.files)
    #expect(try await one.head == two.head)
    return (one, two)
  }

  /// The names of the copies.
  private func copies(_ machine: Machine) -> [String] {
    machine.files.keys.filter { $0.contains(".conflict-") }.sorted()
  }

  /// The text of the machine whose version lost its place.
  private func loser(to standing: String?) -> String { standing == Self.mine ? Self.other : Self.mine }

  @Test("what can't be merged is set aside, on every replica alike, with where it belongs, and is listed and shown")
  func listed() async throws {
    try await play { stage in
      let (one, two) = try await conflicting(stage)
      let copy = try #require(copies(one).first)
      #expect(copies(one).count == 1)
      let standing = try #require(one.read("shared.md"))
      #expect([Self.mine, Self.other].contains(standing))
      // Nothing but the line that both changed, under its heading.
      let aside = try #require(one.read(copy))
      #expect(aside.contains("under \"Shared\""))
      #expect(
        aside.split(separator: "\n").last.map(String.init)
          == loser(to: standing).split(separator: "\n").last.map(String.init))
      #expect(!aside.contains("first line"))
      for machine in [one, two] {
        let list = try await machine.membank("conflicts")
        #expect(list.status == 1 && list.output.contains("shared.md") && list.output.contains(copy), "\(list.text)")
      }
      let listed = try await one.membank("conflicts", "list", "--json").json.elements
      let id = try #require(listed?.first?["id"]?.text)
      #expect(listed?.count == 1 && listed?.first?["path"]?.text == "shared.md")
      for name in [id, "shared.md", copy] {
        let shown = try await one.membank("conflicts", "show", name)
        #expect(shown.output.contains("as one has it") && shown.output.contains("as two has it"), "\(shown.text)")
        #expect(shown.output.contains("membank conflicts resolve \(id)"))
      }
      let status = try await one.membank("status")
      #expect(status.status == 1 && status.output.contains("conflict \(id): shared.md"))
      #expect(try stage.document(copy) == one.read(copy))
    }
  }

  @Test(
    "it is resolved with ours, theirs, both or an edited file, and then gone everywhere",
    arguments: ["ours", "theirs", "both", "edited"], [true, false])
  func resolved(_ choice: String, withDaemon: Bool) async throws {
    try await play { stage in
      let (one, two) = try await conflicting(stage)
      let daemon = withDaemon ? try await one.daemon() : nil
      let copy = try #require(copies(one).first)
      let standing = try #require(one.read("shared.md"))
      let other = loser(to: standing)
      let id = try #require(try await one.membank("conflicts", "list", "--json").json.elements?.first?["id"]?.text)
      let edited = one.root.path + "/home/edited.md"
      try Data("# Shared\n\nas both want it\n".utf8).write(to: URL(filePath: edited))
      let how = choice == "edited" ? ["--edited", edited] : ["--take", choice]
      let outcome = try await one.membank(["conflicts", "resolve", id] + how)
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(outcome.output.contains("resolved"))
      if daemon != nil { try await one.flush() }
      let expected =
        switch choice {
        case "ours": standing
        case "theirs": other
        case "both": standing + "\n" + (other.split(separator: "\n").last ?? "") + "\n"
        default: "# Shared\n\nas both want it\n"
        }
      try await two.sync()
      for machine in [one, two] {
        #expect(machine.read("shared.md") == expected)
        #expect(copies(machine) == [])
        let list = try await machine.membank("conflicts")
        #expect(list.status == 0 && list.output.contains("no conflicts"), "\(list.text)")
      }
      #expect(try stage.document("shared.md") == expected)
      #expect(try stage.document(copy) == nil)
      let again = try await one.membank("conflicts", "resolve", id, "--take", "ours")
      #expect(again.status != 0 && again.complaint.contains(id), "\(again.text)")
    }
  }

  @Test(
    "a file that has changed since it was shown is not overwritten", arguments: ["standing", "aside"], [true, false])
  func changedSince(_ which: String, withDaemon: Bool) async throws {
    try await play { stage in
      let (one, _) = try await conflicting(stage)
      if withDaemon { try await one.daemon() }
      let copy = try #require(copies(one).first)
      let id = try #require(try await one.membank("conflicts", "list", "--json").json.elements?.first?["id"]?.text)
      let changed = which == "standing" ? "shared.md" : copy
      try one.write(changed, "changed since it was shown\n")
      let other = one.read(which == "standing" ? copy : "shared.md")
      let outcome = try await one.membank("conflicts", "resolve", id, "--take", which == "standing" ? "theirs" : "ours")
      #expect(outcome.status != 0, "\(outcome.text)")
      #expect(outcome.complaint.contains("membank conflicts"), "\(outcome.text)")
      #expect(one.read(changed) == "changed since it was shown\n")
      #expect(one.read(which == "standing" ? copy : "shared.md") == other)
    }
  }

  @Test("edit beats delete, and no copy is made of it")
  func editAgainstDelete() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      try one.write("other.md", "other\n")
      try await one.sync()
      try await two.sync()
      try one.remove("shared.md")
      try two.write("shared.md", Self.other)
      try await one.sync()
      try await two.sync()
      try await one.sync()
      #expect(one.read("shared.md") == Self.other)
      #expect(one.files == two.files && one.files.count == 2)
      #expect(try await one.head == two.head)
    }
  }

  @Test("edits of different places merge without a question; so do the same edits")
  func merged() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      try one.write("shared.md", "# Shared\n\nfirst line, by one\n\nlast line\n")
      try two.write("shared.md", "# Shared\n\nfirst line\n\nlast line, by two\n")
      for machine in [one, two] { try machine.write("same.md", "the same\n") }
      try await one.sync()
      try await two.sync()
      try await one.sync()
      #expect(one.read("shared.md") == "# Shared\n\nfirst line, by one\n\nlast line, by two\n")
      #expect(one.files == two.files && one.files.count == 2)
      #expect(try await one.head == two.head)
    }
  }

  @Test("a foreign value against a local edit of the same line: both are kept")
  func foreignAgainstLocal() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "first\nlast\n")
      try await one.sync()
      try stage.redis?.run("SET", stage.key("doc:a.md"), "first\nby a client\n")
      try one.write("a.md", "first\nby a person\n")
      try await one.sync(expecting: 1)
      #expect(Set(one.files.values) == ["first\nby a client\n", "first\nby a person\n"])
      #expect(one.files.count == 2)
      for (name, text) in one.files { #expect(try stage.document(name) == text) }
    }
  }
}
