import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Bad input: names")
struct BadNameProcessTests {
  /// Writes a file whose name is any bytes.
  private func write(_ name: [UInt8], in directory: String) throws {
    let path = Array(directory.utf8) + [UInt8(ascii: "/")] + name + [0]
    let file = open(path.map { CChar(bitPattern: $0) }, O_WRONLY | O_CREAT, 0o644)
    guard file >= 0 else { throw SystemError("open", directory) }
    _ = Glibc.write(file, "text\n", 5)
    close(file)
  }

  private static let unusable: [(name: [UInt8], shown: String)] = [
    ([0x63, 0x61, 0x66, 0xe9, 0x2e, 0x6d, 0x64], "caf\\xe9.md"), (Array("bell\u{7}.md".utf8), "bell\\x07.md"),
    (Array("line\nbreak.md".utf8), "line\\x0abreak.md"), (Array("\u{9b}31m.md".utf8), "\\xc2\\x9b31m.md"),
  ]

  @Test(
    "a name on disk that can't be a document's is reported, left in place, and the rest goes on", arguments: unusable)
  func fromDisk(_ name: [UInt8], _ shown: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try write(name, in: one.bank)
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 1, "\(outcome.text)")
      #expect(outcome.text.contains(shown), "\(outcome.text)")
      #expect(!Array(outcome.text.utf8).contains { $0 != 0x0a && $0 < 0x20 || $0 == 0x7f || $0 == 0x9b })
      #expect(try stage.document("a.md") == "a\n")
      let keys = try stage.keys().filter { $0.contains(":doc:") }
      #expect(keys == [stage.key("doc:a.md")])
      try await one.sync(expecting: 1)
      #expect(try await one.subjects.count == 1)
    }
  }

  @Test("reserved names on disk are not looked at")
  func reservedOnDisk() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try one.write("sub/.git/config", "[core]\n")
      try one.write("sub/.membank", "not ours\n")
      try await one.sync()
      #expect(try stage.keys().filter { $0.contains(":doc:") } == [stage.key("doc:a.md")])
      #expect(one.read("sub/.git/config") == "[core]\n")
    }
  }

  private static let hostile: [String] = [
    "../x.md", "a/../../x.md", "/etc/membank-x.md", ".git/hooks/x", "sub/.git/x", ".GIT/x", ".membank", "a//b.md",
    "a/", ".", "./a.md", "", "x\u{0}.md", "esc\u{1b}[31m.md", "nl\n.md", ".mb-tmp-00000000-x",
    String(repeating: "n", count: 256) + ".md", String(repeating: "d/", count: 2100) + "x.md",
    // Stands for a byte that is not UTF-8.
    "f\u{fffd}.md",
  ]

  @Test("hostile names in Redis are reported, never written, never followed, and get a TTL", arguments: hostile)
  func fromRedis(_ name: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let before = contents(of: one.root.path).filter { !$0.key.contains("history.git") && !$0.key.contains("state/") }
      let key = Array(stage.key("doc:").utf8) + name.utf8.flatMap { $0 == 0xef ? [0xff] : $0 >= 0x80 ? [] : [$0] }
      try stage.redis?.connect().run(RedisCommand([Array("SET".utf8), key, Array("evil\n".utf8)]))
      let outcome = try await one.membank("sync", "--once")
      #expect(outcome.status == 1, "\(outcome.text)")
      #expect(outcome.text.contains(":doc:"), "\(outcome.text)")
      #expect(!Array(outcome.text.utf8).contains { $0 != 0x0a && $0 < 0x20 || $0 == 0x7f })
      let after = contents(of: one.root.path).filter { !$0.key.contains("history.git") && !$0.key.contains("state/") }
      #expect(after == before)
      #expect(access("/etc/membank-x.md", F_OK) != 0)
      #expect(try await one.subjects == ["Add a.md (+1)"])
      // An edit goes through all the same.
      try one.write("a.md", "aa\n")
      try await one.sync(expecting: 1)
      #expect(try stage.document("a.md") == "aa\n")
    }
  }

  @Test("a path through a symbolic link is not written to")
  func symlinkedParent() async throws {
    try await play { stage in
      let one = try stage.machine()
      let outside = one.root.path + "/home/outside"
      try makeDirectories(outside)
      try one.write("a.md", "a\n")
      try makeLink(at: one.bank + "/link", to: outside)
      try makeLink(at: one.bank + "/file.md", to: one.root.path + "/home/file.md")
      let first = try await one.membank("sync", "--once", one.bank)
      #expect(first.status == 1 && first.text.contains("symbolic link"), "\(first.text)")
      try stage.redis?.run("SET", stage.key("doc:link/x.md"), "evil\n", "EX", "1000")
      try stage.redis?.run("SET", stage.key("doc:file.md"), "evil\n", "EX", "1000")
      try stage.redis?.run("SET", stage.key("doc:good.md"), "good\n", "EX", "1000")
      let second = try await one.membank("sync", "--once")
      #expect(second.status == 1, "\(second.text)")
      #expect(contents(of: one.root.path + "/home").isEmpty)
      #expect(one.read("good.md") == "good\n")
      #expect(try stage.document("link/x.md") == "evil\n")
    }
  }

  @Test("names that only differ in case or Unicode form stay apart, and are told of")
  func nearlyTheSame() async throws {
    try await play { stage in
      let one = try stage.machine()
      for (name, text) in [
        ("Readme.md", "1\n"), ("README.md", "2\n"), ("caf\u{e9}.md", "3\n"), ("cafe\u{301}.md", "4\n"),
      ] {
        try write(Array(name.utf8), in: one.bank)
        try one.write(name, text)
      }
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 1, "\(outcome.text)")
      #expect(try stage.document("Readme.md") == "1\n")
      #expect(try stage.document("README.md") == "2\n")
      #expect(try stage.redis?.run("GET", stage.key("doc:caf\u{e9}.md")).text == "3\n")
      #expect(try stage.redis?.run("GET", stage.key("doc:cafe\u{301}.md")).text == "4\n")
    }
  }
}
