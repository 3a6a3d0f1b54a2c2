import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("The past")
struct PastProcessTests {
  /// A project's repository with a memory bank that has a past: edits by two people, a rename, files beside it.
  private func repository(_ machine: Machine) async throws -> String {
    let project = machine.root.path + "/home/shop"
    machine.bank = project + "/memory-bank"
    try machine.write("brief.md", "# Brief\n\na text that is long enough to be found again\n")
    try Data("int main;\n".utf8).write(to: URL(filePath: project + "/main.c"))
    func git(_ arguments: String..., by name: String = "Ada", at date: String = "2024-03-01T10:00:00+01:00")
      async throws
    {
      let outcome = try await run(
        ["git", "-C", project] + arguments,
        environment: [
          "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_AUTHOR_NAME": name, "GIT_COMMITTER_NAME": name,
          "GIT_AUTHOR_EMAIL": "\(name)@example.org", "GIT_COMMITTER_EMAIL": "\(name)@example.org",
          "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date,
        ])
      #expect(outcome.status == 0, "\(outcome.text)")
    }
    try await git("init", "-q", "-b", "main")
    try await git("add", "-A")
    try await git("commit", "-qm", "Begin")
    try machine.write("brief.md", "# Brief\n\na text that is long enough to be found again\nmore\n")
    try await git("commit", "-qam", "Say more", by: "Grace", at: "2024-04-02T11:00:00-05:00")
    try Data("int main();\n".utf8).write(to: URL(filePath: project + "/main.c"))
    try await git("commit", "-qam", "Code only", at: "2024-04-03T10:00:00+01:00")
    try await git("mv", "memory-bank/brief.md", "memory-bank/projectbrief.md")
    try await git("commit", "-qm", "Rename the brief", at: "2024-05-04T12:00:00+01:00")
    return project
  }

  @Test("init --import takes authors, dates and renames, and leaves the user's repository as it was")
  func imported() async throws {
    try await play { stage in
      let one = try stage.machine()
      let project = try await repository(one)
      try one.write("new.md", "not committed\n")
      let before = contents(of: project + "/.git")
      let outcome = try await one.membank("init", "--import", one.bank)
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(outcome.output.contains("took 3 versions"))
      #expect(contents(of: project + "/.git") == before)
      let report = try await one.sync()
      #expect(report["committed"]?.integer == 1)
      #expect(try await one.subjects == ["Add new.md (+1)", "Rename the brief", "Say more", "Begin"])
      let people = try await one.git("log", "--format=%an <%ae> %aI", "main~1").output
      #expect(
        people == """
          Ada <Ada@example.org> 2024-05-04T12:00:00+01:00
          Grace <Grace@example.org> 2024-04-02T11:00:00-05:00
          Ada <Ada@example.org> 2024-03-01T10:00:00+01:00

          """)
      #expect(try await one.git("ls-tree", "-r", "--name-only", "main").output == "new.md\nprojectbrief.md\n")
      let log = try await one.membank("log", "projectbrief.md")
      #expect(log.output.split(separator: "\n").count == 3, "\(log.text)")
      #expect(try await one.membank("show", "HEAD~3:brief.md").output.hasPrefix("# Brief"))
      #expect(try await run(["git", "-C", project, "status", "--porcelain"]).output.contains("memory-bank/"))
      let two = try stage.machine("two")
      #expect(try await two.membank("join", "--project", "shop").status == 0)
      #expect(try await two.head == one.head)
    }
  }

  @Test("where there is no past to import, that is said")
  func nothingToImport() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      let outcome = try await one.membank("init", "--import")
      #expect(outcome.status == 2, "\(outcome.text)")
      #expect(outcome.complaint.contains("no git repository"))
    }
  }

  @Test("nothing of the user's git settings changes a byte")
  func gitSettings() async throws {
    try await play { stage in
      let one = try stage.machine()
      let settings = """
        [core]
        \tautocrlf = true
        \thooksPath = \(one.root.path)/home/hooks
        [commit]
        \tgpgSign = true
        [user]
        \tname = Configured User
        \temail = user@example.org
        [filter "x"]
        \tclean = tr a b

        """
      try Data(settings.utf8).write(to: URL(filePath: one.root.path + "/home/.gitconfig"))
      one.environment["MEMBANK_AGENT"] = nil
      try one.write(".gitattributes", "*.md filter=x text eol=crlf\n")
      try one.write("a.md", "a\r\na\n")
      try await one.sync()
      #expect(try await one.git("show", "main:a.md").output == "a\r\na\n")
      #expect(
        try await one.git("log", "-1", "--format=%an <%ae>", "main").output == "Configured User <user@example.org>\n")
      #expect(try stage.document("a.md") == "a\r\na\n")
    }
  }

  @Test("log, show, diff and git tell the history")
  func commands() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "one\n")
      try await one.sync()
      try one.write("a.md", "two\n")
      try await one.sync()
      try one.write("b.md", "b\n")
      try await one.sync()
      let log = try await one.membank("log")
      #expect(
        log.output.split(separator: "\n").map { $0.split(separator: "  ").last } == [
          "Add b.md (+1)", "Update a.md (+1 −1)", "Add a.md (+1)",
        ])
      #expect(try await one.membank("log", "-n", "1", "--json").json.elements?.count == 1)
      #expect(try await one.membank("log", "a.md").output.split(separator: "\n").count == 2)
      let show = try await one.membank("show", "HEAD~1")
      #expect(show.output.contains("-one\n+two\n"), "\(show.text)")
      #expect(try await one.membank("show", "HEAD~2:a.md").output == "one\n")
      #expect(try await one.membank("show", try await one.head.prefix(7) + ":a.md").output == "two\n")
      let diff = try await one.membank("diff", "HEAD~2", "HEAD")
      #expect(diff.status == 1 && diff.output.contains("+two") && diff.output.contains("+b"))
      #expect(try await one.membank("diff", "HEAD~2", "HEAD", "--path", "b.md").output.contains("two") == false)
      #expect(try await one.membank("diff", "HEAD", "HEAD").status == 0)
      #expect(try await one.membank("git", "rev-list", "--count", "main").output == "3\n")
      #expect(try await one.membank("git", "no-such-command").status == 1)
      for name in ["HEAD~9", "zzzz", "--", "HEAD:nothing.md"] {
        let outcome = try await one.membank("show", "--", name)
        #expect(outcome.status == 2 && outcome.output.isEmpty, "\(name): \(outcome.text)")
      }
      // A reader that goes away ends it quietly.
      let piped = try await run(
        ["/bin/sh", "-c", "\"$0\" show HEAD~2:a.md | true", membankPath], environment: one.environment, in: one.bank)
      #expect(piped.complaint.isEmpty)
    }
  }

  @Test("the whole history can be rebuilt by git alone from the packs in Redis")
  func rebuilt() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      // A moment without any file: git knows the empty tree, and yet misses it.
      try one.remove("shared.md")
      try await one.sync()
      try await two.sync()
      for round in 1...6 {
        try one.write("one.md", "round \(round)\n")
        try two.write("sub/two.md", "round \(round)\n")
        try await one.sync()
        try await two.sync()
      }
      try await one.sync()
      let redis = try #require(stage.redis)
      let place = try TemporaryDirectory()
      let script = """
        set -e
        git init -q --bare clone.git
        for key in $(redis-cli -s "$1" --raw keys 'membank:{bank}:pack:*'); do
          redis-cli -s "$1" --raw get "$key" | head -c -1 | git -C clone.git unpack-objects -q
        done
        git -C clone.git update-ref refs/heads/main "$(redis-cli -s "$1" --raw hget 'membank:{bank}:head' commit)"
        git -C clone.git fsck --strict --full --no-dangling
        git -C clone.git rev-list --objects main | sort
        """
      let rebuilt = try await run(["/bin/sh", "-c", script, "rebuild", redis.socket], in: place.path)
      #expect(rebuilt.status == 0, "\(rebuilt.text)")
      let own = try await one.git("rev-list", "--objects", "main").output.split(separator: "\n").sorted()
      #expect(rebuilt.output.split(separator: "\n").filter { $0.count >= 40 }.sorted() == own)
    }
  }
}
