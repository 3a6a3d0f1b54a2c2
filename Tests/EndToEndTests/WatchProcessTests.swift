import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("What programs do to files")
struct WatchProcessTests {
  @Test(
    "no way of saving shows up as a deletion, half a file or a stray name",
    arguments: [
      ("write and rename", "printf 'new text\\n' > a.md.tmp.4242.beef && mv a.md.tmp.4242.beef a.md"),
      ("sed -i", "sed -i 's/.*/new text/' a.md"),
      ("move aside, write, delete", "mv a.md a.md~ && printf 'new text\\n' > a.md && rm a.md~"),
      ("delete and write", "rm a.md && printf 'new text\\n' > a.md"),
      ("truncate and write", ": > a.md && printf 'new text' >> a.md && printf '\\n' >> a.md"),
      ("swap file beside it", "printf x > .a.md.swp && printf 'new text\\n' > a.md && rm .a.md.swp"),
      ("link and unlink", "printf 'new text\\n' > b.tmp && ln -f b.tmp a.md && rm b.tmp"),
    ])
  func saved(_ how: String, _ script: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "old text\n")
      try one.write("other.md", "other\n")
      try await one.sync()
      let daemon = try await one.daemon()
      for _ in 1...3 {
        #expect(try await run(["/bin/sh", "-ec", script], in: one.bank).status == 0)
        try await one.flush()
        #expect(try stage.document("a.md") == "new text\n")
        #expect(
          try await run(["/bin/sh", "-ec", script.replacing("new text", with: "old text")], in: one.bank).status == 0)
        // Not told to, it takes it in by itself.
        #expect(try await eventually { try stage.document("a.md") == "old text\n" })
      }
      let names = try await one.git("log", "--format=", "--name-status", "main").output
      #expect(Set(names.split(separator: "\n")) == ["A\ta.md", "A\tother.md", "M\ta.md"], "\(how): \(names)")
      daemon.signal(SIGTERM)
      #expect(try await daemon.end().status == 0)
    }
  }

  @Test("directories that are copied, moved in, moved within and moved out keep every file")
  func directories() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try await one.daemon()
      let script = """
        mkdir -p ../home/in/deep/er
        for n in 1 2 3 4 5 6 7 8; do printf "%s\\n" $n > ../home/in/deep/er/$n.md; done
        cp -r ../home/in copied
        mv ../home/in moved
        """
      #expect(try await run(["/bin/sh", "-ec", script], in: one.bank).status == 0)
      try await one.flush()
      for number in 1...8 {
        #expect(try stage.document("copied/deep/er/\(number).md") == "\(number)\n")
        #expect(try stage.document("moved/deep/er/\(number).md") == "\(number)\n")
      }
      #expect(
        try await run(["/bin/sh", "-ec", "mv moved/deep renamed && printf 'more\\n' > renamed/er/9.md"], in: one.bank)
          .status == 0)
      try await one.flush()
      #expect(try stage.document("renamed/er/8.md") == "8\n")
      #expect(try stage.document("renamed/er/9.md") == "more\n")
      #expect(try stage.document("moved/deep/er/8.md") == nil)
      try one.write("renamed/er/9.md", "still watched\n")
      try await one.flush()
      #expect(try stage.document("renamed/er/9.md") == "still watched\n")
      #expect(try await run(["/bin/sh", "-ec", "mv renamed/er/1.md ../home/out.md"], in: one.bank).status == 0)
      try await one.flush()
      #expect(try stage.document("renamed/er/1.md") == nil)
    }
  }

  @Test("several commands at once take turns, and none fails")
  func together() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      for round in 1...3 {
        var programs: [Program] = []
        for number in 1...4 {
          try one.write("\(round)-\(number).md", "\(round) \(number)\n")
          programs.append(
            try Program([membankPath, "sync", "--once", "--json"], environment: one.environment, in: one.bank))
        }
        for program in programs {
          let outcome = try await program.end()
          #expect(outcome.status == 0, "\(outcome.text)")
        }
      }
      for (name, text) in one.files { #expect(try stage.document(name) == text) }
      #expect(one.files.count == 13)
      #expect(try await one.git("rev-list", "--merges", "main").output.isEmpty)
    }
  }
}
