import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Bad input: contents")
struct BadValueProcessTests {
  @Test("a foreign value that is not text becomes a file of those bytes, on every replica")
  func notText() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      let bytes: [UInt8] = [0xff, 0xfe, 0x00, 0x41, 0x0a, 0xc3]
      let key = Array(stage.key("doc:raw.bin").utf8)
      try stage.redis?.connect().run(RedisCommand([Array("SET".utf8), key, bytes]))
      try await one.sync()
      try await two.sync()
      for machine in [one, two] {
        #expect(FileManager.default.contents(atPath: machine.bank + "/raw.bin") == Data(bytes))
      }
      #expect(try await one.head == two.head)
      // A file that is not text goes the other way in a marked form.
      try one.write("own.bin", [0x80, 0x81])
      try await one.sync()
      #expect(try stage.document("own.bin") == "membank:base64:gIE=")
      try await two.sync()
      #expect(FileManager.default.contents(atPath: two.bank + "/own.bin") == Data([0x80, 0x81]))
    }
  }

  @Test("text that looks like the mark of an encoding comes back as it was")
  func markedText() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      try one.write("a.md", "membank:base64:gIE=\n")
      try one.write("b.md", "membank:text:x\n")
      try await one.sync()
      try await two.sync()
      #expect(two.read("a.md") == "membank:base64:gIE=\n")
      #expect(two.read("b.md") == "membank:text:x\n")
      try stage.redis?.run("SET", stage.key("doc:c.md"), "membank:base64:***")
      let outcome = try await one.membank("sync", "--once")
      #expect(outcome.status == 1, "\(outcome.text)")
      #expect(outcome.text.contains("c.md"), "\(outcome.text)")
    }
  }

  @Test("another type under a document's key deletes nothing and loses nothing", arguments: ["known", "new"])
  func wrongType(_ which: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let key = stage.key(which == "known" ? "doc:a.md" : "doc:new.md")
      try stage.redis?.run("DEL", key)
      try stage.redis?.run("RPUSH", key, "not", "text")
      let outcome = try await one.membank("sync", "--once")
      #expect([0, 1].contains(outcome.status), "\(outcome.text)")
      #expect(one.read("a.md") == "a\n")
      try one.write("a.md", "aa\n")
      try one.write("b.md", "b\n")
      let next = try await one.membank("sync", "--once")
      #expect([0, 1].contains(next.status), "\(next.text)")
      #expect(try stage.document("b.md") == "b\n")
      if which == "known" { #expect(try stage.document("a.md") == "aa\n") }
      // The stranger's list is somewhere yet.
      let lists = try stage.keys().filter { try stage.redis?.run("TYPE", $0).text == "list" }
      #expect(lists.count == 1)
      let files = try await one.git("ls-tree", "--name-only", "main").output
      #expect(files == "a.md\nb.md\n")
    }
  }

  @Test(
    "over 1 MiB: no key of its own, but versioned and on every replica; over 8 MiB: held back")
  func sizes() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      let line = "0123456789abcde\n"
      let large = String(repeating: line, count: (1 << 20) / 16 + 1)
      let huge = String(repeating: line, count: (8 << 20) / 16 + 1)
      try one.write("large.md", large)
      try one.write("huge.md", "small yet\n")
      let first = try await one.membank("sync", "--once", "--json")
      #expect(first.status == 0, "\(first.text)")
      #expect(try stage.document("large.md") == nil)
      let entry = try stage.redis?.run("HGET", stage.key("index"), "large.md").text ?? ""
      #expect(entry.contains("\"size\":\(large.utf8.count)"), "\(entry)")
      try await two.sync()
      #expect(two.read("large.md") == large)
      try one.write("huge.md", huge)
      let second = try await one.membank("sync", "--once")
      #expect(second.status == 1, "\(second.text)")
      #expect(second.text.contains("huge.md"))
      #expect(try stage.document("huge.md") == "small yet\n")
      try await two.sync()
      #expect(two.read("huge.md") == "small yet\n")
      #expect(one.read("huge.md") == huge)
      let status = try await one.status()
      #expect(status["problems"]?.elements?.map { $0["path"]?.text } == ["huge.md"])
      #expect(status["withoutDocument"]?.elements?.map(\.text).contains("large.md") == true)
      // Small again, it goes on where it was.
      try one.write("huge.md", "small again\n")
      try await one.sync()
      try await two.sync()
      #expect(two.read("huge.md") == "small again\n")
    }
  }

  @Test("a foreign value over the limit is named and changes nothing")
  func largeForeignValue() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let huge = String(repeating: "x", count: (8 << 20) + 1)
      try stage.redis?.run("SET", stage.key("doc:a.md"), huge, "EX", "1000")
      let outcome = try await one.membank("sync", "--once")
      #expect(outcome.status == 1, "\(outcome.text)")
      #expect(outcome.text.contains("a.md"))
      #expect(one.read("a.md") == "a\n")
    }
  }

  @Test("empty files, files of one line without an end, and CRLF come back as they were")
  func plainOddities() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      let texts = [
        "empty.md": "", "bare.md": "x", "crlf.md": "a\r\nb\r\n", "nul.md": "a\u{0}b\n", "bom.md": "\u{feff}a\n",
      ]
      for (name, text) in texts { try one.write(name, text) }
      try await one.sync()
      try await two.sync()
      for (name, text) in texts { #expect(two.read(name).map { Array($0.utf8) } == Array(text.utf8), "\(name)") }
      #expect(try await one.head == two.head)
    }
  }
}
