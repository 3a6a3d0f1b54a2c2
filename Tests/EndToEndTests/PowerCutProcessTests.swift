import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("After a power cut")
struct PowerCutProcessTests {
  /// Ends a daemon as a power cut would: no last word, and the next start is in another boot.
  private func cut(_ daemon: Program, _ machine: Machine) async throws {
    daemon.signal(SIGKILL)
    _ = try await daemon.end()
    try Data("00000000-0000-4000-8000-000000000000\n".utf8).write(to: URL(filePath: "\(try machine.state)/boot"))
  }

  private func age(_ name: String, _ machine: Machine) async throws {
    #expect(try await run(["touch", "-d", "3 days ago", "\(machine.bank)/\(name)"]).status == 0)
  }

  @Test("files that the file system lost are restored and reported, edits are edits")
  func tornFiles() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("older.md", "the first version\n")
      try await one.sync()
      for name in ["older.md", "empty.md", "nul.md", "edited.md", "kept.md"] { try one.write(name, "# \(name)\n") }
      let daemon = try await one.daemon()
      try await one.flush()
      try await cut(daemon, one)
      try one.write("empty.md", "")
      try one.write("nul.md", [UInt8](repeating: 0, count: 9))
      try one.write("older.md", "the first version\n")
      for name in ["empty.md", "nul.md", "older.md"] { try await age(name, one) }
      try one.write("edited.md", "a real edit\n")
      let outcome = try await one.membank("sync", "--once")
      #expect(outcome.status == 0, "\(outcome.text)")
      for name in ["empty.md", "nul.md", "older.md"] {
        #expect(one.read(name) == "# \(name)\n")
        #expect(outcome.complaint.contains("\(name) was damaged by the power cut"), "\(outcome.text)")
      }
      #expect(try stage.document("edited.md") == "a real edit\n")
      #expect(try await one.subjects.first == "Update edited.md (+1 −1)")
    }
  }

  @Test(
    "objects that were cut short cost at most the newest versions, never a file", arguments: ["commit", "tree", "blob"])
  func tornObjects(_ kind: String) async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      try one.write("a.md", "durable\n")
      try await one.sync()
      let daemon = try await one.daemon()
      try one.write("a.md", "newest\n")
      try await one.flush()
      try await cut(daemon, one)
      let name = ["commit": "main", "tree": "main^{tree}", "blob": "main:a.md"][kind] ?? ""
      let id = try await one.git("rev-parse", name).output.prefix(40)
      let object = "\(try one.state)/history.git/objects/\(id.prefix(2))/\(id.dropFirst(2))"
      chmod(object, 0o644)
      #expect(truncate(object, 0) == 0)
      let outcome = try await one.membank("sync", "--once")
      #expect([0, 1].contains(outcome.status), "\(outcome.text)")
      #expect(one.read("a.md") == "newest\n")
      #expect(try await one.git("show", "main:a.md").output == "newest\n")
      try await two.sync()
      #expect(two.read("a.md") == "newest\n")
      try await one.sync()
      #expect(one.files == two.files)
      #expect(try await one.head == two.head)
    }
  }
}
