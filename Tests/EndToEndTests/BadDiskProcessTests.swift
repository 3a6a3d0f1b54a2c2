import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Bad input: disks and modes")
struct BadDiskProcessTests {
  @Test(
    "a file or directory that can't be read is unknown, never deleted",
    .enabled(if: Unprivileged.isPossible, "root sees past modes, and setpriv is missing"))
  func unreadable() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("locked.md", "locked\n")
      try one.write("closed/in.md", "in\n")
      try one.write("open.md", "open\n")
      try await one.sync()
      chmod(one.bank + "/locked.md", 0)
      chmod(one.bank + "/closed", 0)
      defer { chmod(one.bank + "/closed", 0o755) }
      try one.write("open.md", "open, edited\n")
      // The mode is looked at when the file was touched; so it must be read again.
      utimes(one.bank + "/locked.md", nil)
      let outcome = try await one.withoutPrivileges(["sync", "--once", "--json"])
      #expect(outcome.status == 1, "\(outcome.text)")
      let problems = try outcome.json["problems"]?.elements ?? []
      #expect(Set(problems.compactMap { $0["path"]?.text }) == ["locked.md", "closed"], "\(outcome.text)")
      #expect(try stage.document("locked.md") == "locked\n")
      #expect(try stage.document("closed/in.md") == "in\n")
      #expect(try stage.document("open.md") == "open, edited\n")
      #expect(try await one.git("ls-tree", "-r", "--name-only", "main").output == "closed/in.md\nlocked.md\nopen.md\n")
      // What others write there waits until it can be applied, and is not lost.
      try stage.redis?.run("SET", stage.key("doc:closed/in.md"), "from outside\n", "EX", "1000")
      let second = try await one.withoutPrivileges(["sync", "--once", "--json"])
      #expect(second.status == 1, "\(second.text)")
      chmod(one.bank + "/closed", 0o755)
      chmod(one.bank + "/locked.md", 0o644)
      #expect(one.read("closed/in.md") == "in\n")
      try await one.sync()
      #expect(one.read("closed/in.md") == "from outside\n")
      #expect(one.read("locked.md") == "locked\n")
    }
  }

  @Test(
    "a directory that can't be written to: the edit waits, the file stands",
    .enabled(if: Unprivileged.isPossible, "root sees past modes, and setpriv is missing"))
  func readOnlyDirectory() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("sub/a.md", "a\n")
      try await one.sync()
      chmod(one.bank + "/sub", 0o555)
      defer { chmod(one.bank + "/sub", 0o755) }
      try stage.redis?.run("SET", stage.key("doc:sub/a.md"), "from outside\n", "EX", "1000")
      let outcome = try await one.withoutPrivileges(["sync", "--once"])
      #expect(outcome.status == 1, "\(outcome.text)")
      #expect(outcome.text.contains("sub/a.md") && outcome.text.contains("Permission denied"), "\(outcome.text)")
      #expect(one.read("sub/a.md") == "a\n")
      chmod(one.bank + "/sub", 0o755)
      try await one.sync()
      #expect(one.read("sub/a.md") == "from outside\n")
    }
  }

  @Test(
    "a full disk under the bank: the old file stands, and the new one comes when there is room",
    .enabled(if: Ability.mounting, "this machine can't mount a file system"))
  func fullBank() async throws {
    try await play { stage in
      let one = try stage.machine()
      let disk = try await SmallDisk(at: one.root.path + "/disk", kilobytes: 1024)
      one.bank = disk.path + "/bank"
      try one.write("a.md", "a\n")
      try await one.sync()
      disk.fill("ballast")
      let text = String(repeating: "a line of text\n", count: 20_000)
      try stage.redis?.run("SET", stage.key("doc:a.md"), text, "EX", "1000")
      try stage.redis?.run("SET", stage.key("doc:new/b.md"), text, "EX", "1000")
      let full = try await one.membank("sync", "--once")
      #expect(full.status == 1, "\(full.text)")
      #expect(full.text.contains("a.md") && full.text.contains("No space left"), "\(full.text)")
      #expect(one.files["a.md"] == "a\n")
      #expect(try stage.document("a.md") == text)
      try await disk.grow(kilobytes: 4096)
      try await one.sync()
      #expect(one.read("a.md") == text)
      #expect(one.read("new/b.md") == text)
    }
  }

  @Test(
    "a full disk under the state: nothing is lost, and it is said",
    .enabled(if: Ability.mounting, "this machine can't mount a file system"))
  func fullState() async throws {
    try await play { stage in
      let one = try stage.machine()
      let disk = try await SmallDisk(at: one.root.path + "/disk", kilobytes: 1024)
      one.environment["XDG_STATE_HOME"] = disk.path + "/state"
      try one.write("a.md", "a\n")
      try await one.sync()
      disk.fill("ballast")
      var noise: UInt64 = 88_172_645_463_325_252
      let text = (0..<40_000).map { _ in
        noise ^= noise << 13
        noise ^= noise >> 7
        noise ^= noise << 17
        return String(noise, radix: 36)
      }.joined(separator: "\n")
      try one.write("b.md", text)
      let full = try await one.membank("sync", "--once")
      #expect([1, 2].contains(full.status), "\(full.text)")
      #expect(full.text.contains("No space left"), "\(full.text)")
      #expect(one.read("b.md") == text)
      try await disk.grow(kilobytes: 8192)
      try await one.sync()
      #expect(try stage.document("b.md") == text)
      let history = try #require(
        try FileManager.default.subpathsOfDirectory(atPath: disk.path).first { $0.hasSuffix("history.git") })
      let check = try await run(["git", "--git-dir", "\(disk.path)/\(history)", "fsck", "--strict", "--no-dangling"])
      #expect(check.status == 0, "\(check.text)")
    }
  }

  @Test(
    "a file system that became read-only: what comes in waits, what stands there stands",
    .enabled(if: Ability.mounting, "this machine can't mount a file system"), arguments: [true, false])
  func readOnly(inDaemon: Bool) async throws {
    try await play { stage in
      let one = try stage.machine()
      let disk = try await SmallDisk(at: one.root.path + "/disk", kilobytes: 1024)
      one.bank = disk.path + "/bank"
      for name in ["a.md", "gone.md"] { try one.write(name, "# \(name)\n") }
      try await one.sync()
      let two = try stage.machine("two")
      #expect(try await two.membank("join", "--project", "bank").status == 0)
      let daemon = inDaemon ? try await one.daemon() : nil
      try await disk.allowWriting(false)
      try two.write("a.md", "from elsewhere\n")
      try two.write("deep/b.md", "new\n")
      try two.remove("gone.md")
      try await two.sync()
      if let daemon {
        #expect(try await eventually { daemon.complaint.contains("Read-only file system") }, "\(daemon.complaint)")
      } else {
        let outcome = try await one.membank("sync", "--once")
        #expect(outcome.status == 1 && outcome.text.contains("Read-only file system"), "\(outcome.text)")
      }
      #expect(one.files == ["a.md": "# a.md\n", "gone.md": "# gone.md\n"])
      #expect(try stage.document("a.md") == "from elsewhere\n")
      try await disk.allowWriting(true)
      if inDaemon { #expect(try await one.comesInSync()) } else { try await one.sync() }
      #expect(one.files == two.files)
      #expect(try await one.head == two.head)
      daemon?.signal(SIGTERM)
      _ = try await daemon?.end()
    }
  }

  @Test(
    "a state directory that can't be made is named",
    .enabled(if: Unprivileged.isPossible, "root sees past modes, and setpriv is missing"))
  func stateCantBeMade() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      chmod(one.root.path + "/state", 0o500)
      defer { chmod(one.root.path + "/state", 0o700) }
      let outcome = try await one.withoutPrivileges(["sync", "--once", one.bank])
      #expect(outcome.status == 2, "\(outcome.text)")
      #expect(outcome.complaint.contains(one.root.path + "/state"))
      // Nothing half-made: with the mode put right the same command works.
      chmod(one.root.path + "/state", 0o700)
      try await one.sync()
    }
  }
}
