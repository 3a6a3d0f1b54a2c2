import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Limits and settings of the machine")
struct LimitProcessTests {
  /// Words that run a command as root of a user namespace of its own, after a line of shell.
  private static func alone(_ preparation: String, _ words: [String]) -> [String] {
    ["/usr/bin/unshare", "--user", "--map-root-user", "/bin/sh", "-ec", preparation + "; exec \"$@\"", "sh"] + words
  }

  @Test(
    "without a single inotify instance the daemon names the limit and polls",
    .enabled(if: Ability.ownLimits, "this machine has no user namespaces with limits of their own"))
  func instances() async throws {
    let preparation = "echo 0 > /proc/sys/user/max_inotify_instances"
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      var environment = one.environment
      environment["LOG_LEVEL"] = "info"
      let daemon = try Program(
        Self.alone(preparation, [membankPath, "sync"]), environment: environment, in: one.bank)
      #expect(try await eventually { daemon.complaint.contains("watching \(one.bank)") })
      #expect(
        try await eventually {
          daemon.complaint.contains("fs.inotify.max_user_instances")
            && daemon.complaint.contains("sudo sysctl fs.inotify.max_user_instances=")
        }, "\(daemon.complaint)")
      // Nobody tells of these; they are looked for.
      try one.write("a.md", "found by polling\n")
      #expect(try await eventually { try stage.document("a.md") == "found by polling\n" })
      try one.write("b.md", "flushed\n")
      try await one.flush()
      #expect(try stage.document("b.md") == "flushed\n")
      daemon.signal(SIGTERM)
      #expect(try await daemon.end().status == 0, "\(daemon.complaint)")
    }
  }

  @Test(
    "with too few inotify watches the daemon names the limit, and polls the directories that are left over",
    .enabled(if: Ability.ownLimits, "this machine has no user namespaces with limits of their own"))
  func watches() async throws {
    try await play { stage in
      let one = try stage.machine()
      let names = ["a.md"] + (1...6).map { "d\($0)/deep/note.md" }
      for name in names { try one.write(name, "# \(name)\n") }
      try await one.sync()
      var environment = one.environment
      environment["LOG_LEVEL"] = "info"
      let daemon = try Program(
        Self.alone("echo 5 > /proc/sys/user/max_inotify_watches", [membankPath, "sync"]), environment: environment,
        in: one.bank)
      #expect(try await eventually { daemon.complaint.contains("watching \(one.bank)") })
      #expect(
        try await eventually { daemon.complaint.contains("sudo sysctl fs.inotify.max_user_watches=") },
        "\(daemon.complaint)")
      // More than could be watched: some tell, the others are looked at.
      for name in names { try one.write(name, "# \(name)\n\nedited\n") }
      for name in names { #expect(try await eventually { try stage.document(name)?.hasSuffix("edited\n") == true }) }
      try one.write("new/er/file.md", "# In a new directory\n")
      #expect(try await eventually { try stage.document("new/er/file.md") != nil })
      daemon.signal(SIGTERM)
      #expect(try await daemon.end().status == 0, "\(daemon.complaint)")
    }
  }

  @Test("doctor names files with other names, a clock that is wrong, a server that drops keys")
  func doctor() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try one.write("b.md", "b\n")
      try await one.sync()
      let sound = try await one.membank("doctor")
      for word in ["hard links", "clock", "maxmemory-policy"] { #expect(!sound.output.contains(word), "\(sound.text)") }

      #expect(link(one.bank + "/b.md", one.root.path + "/home/other-name.md") == 0)
      try stage.redis?.run("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
      // As a machine would commit whose clock is three days ahead.
      let commit = try await run(
        [
          "git", "--git-dir", "\(try one.state)/history.git", "commit-tree", "-p", "main", "-m", "Later", "main^{tree}",
        ],
        environment: [
          "PATH": "/usr/bin:/bin", "GIT_AUTHOR_NAME": "hasty", "GIT_AUTHOR_EMAIL": "h@localhost",
          "GIT_COMMITTER_NAME": "hasty", "GIT_COMMITTER_EMAIL": "h@localhost",
          "GIT_COMMITTER_DATE": "@\(time(nil) + 259_300) +0000",
        ])
      #expect(commit.status == 0, "\(commit.text)")
      let id = commit.output.prefix(40)
      #expect(try await one.git("update-ref", "refs/heads/main", String(id)).status == 0)
      let ill = try await one.membank("doctor")
      #expect(ill.output.contains("b.md") && ill.output.contains("hard links"), "\(ill.text)")
      #expect(ill.output.contains("\(id.prefix(7))") && ill.output.contains("is dated 3d ahead"), "\(ill.text)")
      #expect(ill.output.contains("maxmemory-policy is allkeys-lru"), "\(ill.text)")
    }
  }

  @Test("what membank keeps of a bank is nobody else's to read")
  func modes() async throws {
    try await play(.embedded) { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try await one.daemon()
      try await one.flush()
      // Whoever may not enter the directory reads nothing in it.
      var status = stat()
      #expect(stat(try one.state, &status) == 0 && status.st_mode & 0o077 == 0)
      let sockets = try await run(["find", one.root.path + "/run", one.root.path + "/state", "-type", "s"])
      let names = sockets.output.split(separator: "\n").map(String.init)
      #expect(names.count >= 2, "\(sockets.text)")
      for name in names {
        #expect(stat(name, &status) == 0 && status.st_mode & 0o077 == 0, "\(name)")
      }
    }
  }

  @Test("a tool that goes over all files makes a version that a person is told of")
  func rewrite() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write(notes: 12)
      try await one.sync()
      for number in 1...12 { try one.write("note-\(number).md", "# Note \(number)\r\n") }
      let outcome = try await one.membank("sync", "--once")
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(outcome.complaint.contains("12 of 12 files changed at once"), "\(outcome.text)")
      #expect(try stage.document("note-1.md") == "# Note 1\r\n")
      let command = try #require(outcome.complaint.split(separator: "`").first { $0.hasPrefix("membank diff") })
      let diff = try await one.membank(command.split(separator: " ").dropFirst().map(String.init))
      #expect(diff.status == 1 && diff.output.contains("+# Note 12"), "\(diff.text)")
      #expect(!(try await one.membank("sync", "--once").complaint.contains("at once")))
    }
  }
}
