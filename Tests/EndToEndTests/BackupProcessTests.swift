import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

/// What the tests of backups do again and again.
extension Machine {
  /// Makes a backup; its id.
  @discardableResult
  func backUp(sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
    let outcome = try await membank("backup", "create", "--json")
    #expect(outcome.status == 0, "\(outcome.text)", sourceLocation: sourceLocation)
    return try #require(try outcome.json["backups"]?.elements?.last?["id"]?.text, sourceLocation: sourceLocation)
  }

  /// Adds a target to the settings and lets it in; its directory.
  func addTarget(_ name: String = "nightly", _ settings: String = "", approve: Bool = true) async throws -> String {
    let directory = root.path + "/backups"
    let text = try #require(read(".membank"))
    try write(".membank", text + "[backup \"\(name)\"]\n\tdirectory = \(directory)\n\(settings)")
    if approve { try await approveSettings() }
    return directory
  }

  func approveSettings() async throws {
    let plan = try await status()["halts"]?.elements?.last?["plan"]?.text ?? "none"
    let outcome = try await membank("approve", plan)
    #expect(outcome.status == 0, "\(outcome.text)")
  }

  /// The names of bundles in a directory.
  func bundles(_ directory: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).filter { $0.hasSuffix(".bundle") }
      .sorted()
  }
}

@Suite("Backups: the commands")
struct BackupProcessTests {
  @Test("what is restored into the bank is a new version; what is newer stays, or goes when told to")
  func intoTheBank() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "first\n")
      try one.write("sub/b.md", "b\n")
      try await one.sync()
      // What was saved a moment ago is in it, too.
      try one.write("a.md", "second\n")
      let id = try await one.backUp()
      let before = try await one.head
      try one.write("a.md", "third\n")
      try one.remove("sub/b.md")
      try one.write("new.md", "newer than the backup\n")
      try await one.sync()
      let newest = try await one.head

      let plan = try await one.membank("backup", "restore", id, "--dry-run", "--json")
      #expect(try plan.json["plan"]?["written"]?.elements == ["a.md", "sub/b.md"], "\(plan.text)")
      #expect(try plan.json["plan"]?["kept"]?.elements == ["new.md"])
      #expect(one.read("a.md") == "third\n")
      #expect(try await one.head == newest)

      let restored = try await one.membank("backup", "restore", "--json")
      #expect(restored.status == 0, "\(restored.text)")
      #expect(one.files == ["a.md": "second\n", "sub/b.md": "b\n", "new.md": "newer than the backup\n"])
      let checkpoint = try #require(try restored.json["checkpoint"]?.text)
      #expect(try await one.git("rev-parse", checkpoint).output == "\(newest)\n")
      #expect(try await one.git("rev-parse", "main^").output == "\(newest)\n")
      #expect(try await one.subjects.first?.hasPrefix("Restore the backup of ") == true)
      #expect(try stage.document("a.md") == "second\n")
      #expect(try await one.membank("backup", "restore").output.contains("nothing to restore"))

      let exact = try await one.membank("backup", "restore", "--exact")
      #expect(exact.status == 0, "\(exact.text)")
      #expect(one.files == ["a.md": "second\n", "sub/b.md": "b\n"])
      #expect(try await one.git("diff", "--stat", before, "main").output == "")
    }
  }

  @Test("files that vanished are put back, and a restore that deletes many asks nobody again, here or elsewhere")
  func massChanges() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      let small = try await one.backUp()
      try one.write(notes: 30)
      try await one.sync()
      try await two.sync()
      let large = try await one.backUp()
      for number in 1...25 { try one.remove("note-\(number).md") }
      #expect(try await one.sync(expecting: 4)["halts"]?.elements?.count == 1)
      let back = try await one.membank("backup", "restore", large)
      #expect(back.status == 0, "\(back.text)")
      #expect(one.files.count == 31)
      let exact = try await one.membank("backup", "restore", small, "--exact")
      #expect(exact.status == 0, "\(exact.text)")
      #expect(one.files.keys.sorted() == ["shared.md"])
      try await two.sync()
      #expect(two.files.keys.sorted() == ["shared.md"])
    }
  }

  @Test("into an empty directory: every file and every commit, also when nothing else is left of the bank")
  func everythingGone() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try one.write("über/ä b.md", "größer\r\n")
      try await one.sync()
      try one.write("a.md", "a, edited\n")
      try await one.sync()
      let directory = try await one.addTarget()
      try await one.backUp()
      let files = one.files
      let (head, commits) = (try await one.head, try await one.subjects)
      let bundle = "\(directory)/\(try #require(one.bundles(directory).first))"
      // Another place first, while the bank is still there.
      let elsewhere = one.root.path + "/elsewhere"
      let first = try await one.membank("backup", "restore", "--into", elsewhere)
      #expect(first.status == 0, "\(first.text)")
      var found = contents(of: elsewhere)
      found[".membank"] = nil
      #expect(found == files)
      let full = try await one.membank("backup", "restore", "--into", elsewhere)
      #expect(full.status == 2 && full.complaint.contains("is not empty"), "\(full.text)")

      try FileManager.default.removeItem(atPath: one.root.path + "/state")
      try FileManager.default.removeItem(atPath: one.bank)
      try FileManager.default.removeItem(atPath: elsewhere)
      try stage.redis?.run("FLUSHALL")
      let outcome = try await one.membank(
        ["backup", "restore", bundle, "--into", one.bank], in: one.root.path)
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(one.files == files)
      #expect(try await one.head == head)
      #expect(try await one.subjects == commits)
      try await one.sync()
      #expect(try stage.document("a.md") == "a, edited\n")
      #expect(try await one.head == head)
    }
  }

  @Test("the directory alone is gone: what is newer than the backup comes back, too, out of the history")
  func directoryGone() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let directory = try await one.addTarget()
      try await one.backUp()
      try one.write("a.md", "a, newer\n")
      try one.write(notes: 8)
      try await one.sync()
      let newest = try await one.head
      try FileManager.default.removeItem(atPath: one.bank)
      let bundle = "\(directory)/\(try #require(one.bundles(directory).first))"
      let outcome = try await one.membank(["backup", "restore", bundle, "--into", one.bank], in: one.root.path)
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(outcome.output.contains("refs/membank/checkpoints/"), "\(outcome.text)")
      #expect(one.read("a.md") == "a\n" && one.files.count == 9, "\(one.files.keys.sorted())")
      #expect(try await one.git("show", "\(newest):a.md").output == "a, newer\n")
      #expect(try await one.status()["halts"]?.elements == [])
      try await one.sync()
      #expect(one.files.count == 9)
    }
  }

  @Test("as it was at a time")
  func pointInTime() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "one day old\n")
      #expect(try await one.membank("init", "--project", "bank").status == 0)
      try await one.backUp()
      // Versions whose times differ by days.
      let now = SystemClock().wallMilliseconds / 1000
      var stream = "reset refs/heads/main\n"
      for (text, days) in [("five days old\n", 5), ("three days old\n", 3), ("one day old\n", 1)] as [(String, Int64)] {
        stream += "commit refs/heads/main\ncommitter Ada <ada@example.org> \(now - days * 86_400 - 3600) +0000\n"
        stream += "data 1\nx\nM 100644 inline a.md\ndata \(text.utf8.count)\n\(text)\n"
      }
      let made = try await run([
        "sh", "-c", "printf %s \"$0\" | git --git-dir \"$1\" fast-import --quiet --force", stream,
        "\(try one.state)/history.git",
      ])
      try #require(made.status == 0, "\(made.text)")
      try await one.sync()
      try await one.backUp()
      for (at, text) in [
        ("2 days ago", "three days old\n"), ("100 hours ago", "five days old\n"), ("now", "one day old\n"),
      ] {
        let outcome = try await one.membank("backup", "restore", "--at", at)
        #expect(outcome.status == 0, "\(outcome.text)")
        #expect(one.read("a.md") == text)
      }
      let early = try await one.membank("backup", "restore", "--at", "2001-01-01")
      #expect(early.status == 2 && early.complaint.contains("there is nothing as old as 2001-01-01"), "\(early.text)")
      let wrong = try await one.membank("backup", "restore", "--at", "the other day")
      #expect(wrong.status == 2 && wrong.complaint.contains("'2 days ago'"), "\(wrong.text)")
    }
  }

  @Test("to a remote that lost the bank")
  func toRemote() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try await one.backUp()
      let url = try #require(stage.redis?.url)
      try stage.redis?.run("FLUSHALL")
      let outcome = try await one.membank("backup", "restore", "--to", url)
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(try stage.document("a.md") == "a\n")
      #expect(try stage.redis?.run("HGET", stage.key("head"), "commit").text == (try await one.head))
      // What is newer there stays.
      try one.write("a.md", "newer\n")
      try await one.sync()
      #expect(try await one.membank("backup", "restore", "--to", url).status == 0)
      #expect(try stage.document("a.md") == "newer\n")
      let unknown = try await one.membank("backup", "restore", "--to", "nowhere")
      #expect(unknown.status == 2 && unknown.complaint.contains("nowhere"), "\(unknown.text)")
    }
  }

  @Test("two at once wait for each other")
  func atOnce() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let programs = try (0..<2).map { _ in
        try Program([membankPath, "backup", "create"], environment: one.environment, in: one.bank)
      }
      for program in programs {
        let outcome = try await program.end()
        #expect(outcome.status == 0, "\(outcome.text)")
      }
      #expect(try await one.membank("backup", "list", "--json").json.elements?.count == 2)
    }
  }

  @Test("the schedule, when there is one and when there is none")
  func schedule() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let none = try await one.membank("backup", "create", "--due")
      #expect(none.status == 2 && none.complaint.contains("no backup is scheduled"), "\(none.text)")
      let directory = try await one.addTarget("nightly", "\tschedule = Mon..Sun 03:30\n\tkeep-daily = 2\n")
      let due = try await one.membank("backup", "create", "--due")
      #expect(due.status == 0 && due.output.hasPrefix("nightly: "), "\(due.text)")
      #expect(try await one.membank("backup", "create", "--due").output == "nothing is due\n")
      #expect(one.bundles(directory).count == 1)
      let report = try await one.membank("backup", "schedule", "--json").json.elements?.first
      #expect(report?["state"] == "ok" && report?["retention"] == "keep 2 daily", "\(report?.rendered() ?? "")")
      #expect(try await one.status()["backups"]?.elements?.first?["name"] == "nightly")
      let next = try await one.membank("backup", "schedule", "Mon..Fri 03:30")
      #expect(next.output.split(separator: "\n").count == 5 && next.output.contains("03:30"))
      for _ in 0..<3 { try await one.backUp() }
      let plan = try await one.membank("backup", "prune", "--dry-run")
      #expect(plan.output.contains("nightly: keep 2 daily") && plan.output.contains("daily"), "\(plan.text)")
      // Of one day the newest stays, and, while there is room, the oldest.
      #expect(one.bundles(directory).count == 2)
    }
  }

  @Test("a daemon makes what is due, and restores while it runs")
  func daemon() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "first\n")
      try await one.sync()
      // What this machine did not write waits.
      let directory = try await one.addTarget("nightly", "\tschedule = daily\n", approve: false)
      let daemon = try await one.daemon()
      #expect(one.bundles(directory) == [])
      try await one.approveSettings()
      #expect(try await eventually { one.bundles(directory).count == 1 }, "\(daemon.complaint)")
      #expect(try await eventually { daemon.complaint.contains("backup 'nightly': made \(directory)/") })
      try one.write("a.md", "second\n")
      try one.write("b.md", "b\n")
      try await one.flush()
      let outcome = try await one.membank("backup", "restore")
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(one.files == ["a.md": "first\n", "b.md": "b\n"])
      try await one.flush()
      #expect(try stage.document("a.md") == "first\n")
      // And a backup has what was saved just before.
      try one.write("b.md", "b, saved just now\n")
      let id = try await one.backUp()
      #expect(try await one.membank("backup", "verify", id).status == 0)
      let head = try await one.membank("backup", "list", "--json").json.elements?.first?["head"]?.text
      #expect(try await one.git("show", "\(head ?? "none"):b.md").output == "b, saved just now\n")
    }
  }

  @Test("the units are sound", .enabled(if: access("/usr/bin/systemd-analyze", X_OK) == 0))
  func units() async throws {
    let root = try TemporaryDirectory()
    let package = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
    let prefix = root.path + "/usr"
    let made = try await run([
      "make", "-s", "-C", package, "install-files", "PREFIX=\(prefix)", "PROGRAM=\(membankPath)",
    ])
    #expect(made.status == 0, "\(made.text)")
    let units = try FileManager.default.contentsOfDirectory(atPath: prefix + "/share/systemd/user").sorted()
    #expect(units == ["membank-backup@.service", "membank-backup@.timer", "membank@.service"])
    try FileManager.default.createDirectory(atPath: root.path + "/run", withIntermediateDirectories: true)
    let verified = try await run(
      ["systemd-analyze", "--user", "verify"] + units.map { "\(prefix)/share/systemd/user/\($0)" },
      environment: ["PATH": "/usr/bin:/bin", "HOME": root.path, "XDG_RUNTIME_DIR": root.path + "/run"])
    #expect(verified.status == 0 && verified.text == "", "\(verified.text)")
  }
}
