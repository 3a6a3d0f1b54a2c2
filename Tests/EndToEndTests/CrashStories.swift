import Glibc
import Support
import TestSupport
import Testing

/// The stories of the ordinary cycle.
extension CrashStory {
  /// The victim's own edits go out.
  static let edit = CrashStory(
    provoke: { crash in
      try crash.write(crash.one, "shared.md", firstEdited)
      try crash.write(crash.one, "notes/new.md", "# New\n")
      try crash.one.remove("old.md")
    },
    expected: ["shared.md": firstEdited, "notes/new.md": "# New\n"])

  /// More new files at once than are written as single objects.
  static let bulk = CrashStory(
    provoke: { crash in
      for number in 1...510 { try crash.write(crash.one, "bulk/note-\(number).md", "# Note \(number)\n") }
    })

  /// A change, a new file below new directories, a new mode and a deletion come in.
  static let receive = CrashStory(
    provoke: { crash in
      try crash.write(crash.two, "shared.md", lastEdited)
      try crash.write(crash.two, "deep/er/new.md", "# New\n")
      try crash.two.remove("old.md")
      try await crash.two.sync()
    },
    expected: ["shared.md": lastEdited, "deep/er/new.md": "# New\n"])

  /// The same on a file system that can't swap names; `links`: but has hard links.
  static func receiveInSteps(links: Bool) -> CrashStory {
    var story = receive
    let prepare = story.prepare
    let lacking = links ? "renameat2" : "renameat2,linkat"
    story.prepare = { crash in
      try await prepare(crash)
      crash.one.wrapper = [
        "strace", "-f", "-o", "/dev/null", "-e", "trace=\(lacking)", "-e", "inject=\(lacking):error=EINVAL",
      ]
    }
    return story
  }

  /// Somebody makes a file executable.
  static let mode = CrashStory(
    provoke: { crash in
      chmod(crash.two.bank + "/old.md", 0o755)
      try await crash.two.sync()
    },
    expected: ["shared.md": shared, "old.md": "# Old\n"])

  /// So many files come in that their pack stays one.
  static let receiveMany = CrashStory(
    provoke: { crash in
      for number in 1...120 { try crash.write(crash.two, "bulk/note-\(number).md", "# Note \(number)\n") }
      try await crash.two.sync()
    })

  /// Both have edited a file.
  static let merge = CrashStory(
    provoke: { crash in
      try crash.write(crash.two, "shared.md", lastEdited)
      try await crash.two.sync()
      try crash.write(crash.one, "shared.md", firstEdited)
    },
    atOnce: true,
    expected: ["shared.md": bothEdited, "old.md": "# Old\n"])

  /// Something is edited after a crash that left half of what came in unwritten.
  static let editBeforeTarget = CrashStory(
    provoke: { crash in
      try await receive.provoke(crash)
      crash.one.environment["MEMBANK_FAIL_AT"] = "\(Failpoint.applyPath.rawValue)"
      #expect(try await crash.one.membank("sync", "--once").status == 128 + SIGKILL)
      try crash.write(crash.one, "mine.md", "# Mine\n")
    },
    expected: ["shared.md": lastEdited, "deep/er/new.md": "# New\n", "mine.md": "# Mine\n"])

  /// An editor saves between the look at a file and its replacement.
  static let raceReplacement = CrashStory(
    provoke: { crash in
      try crash.write(crash.two, "shared.md", lastEdited)
      try await crash.two.sync()
    },
    strike: { crash in
      try await crash.strike(stoppedAt: .applyChecked) { try crash.write(crash.one, "shared.md", firstEdited) }
    },
    expected: ["shared.md": bothEdited, "old.md": "# Old\n"])

  /// Any client writes a value.
  static let foreign = CrashStory(
    provoke: { try $0.set("shared.md", lastEdited) },
    expected: ["shared.md": lastEdited, "old.md": "# Old\n"])

  /// Somebody puts another type under a document's key.
  static let wrongType = CrashStory(
    provoke: { crash in
      try crash.stage.redis?.run("DEL", crash.stage.key("doc:shared.md"))
      try crash.stage.redis?.run("SADD", crash.stage.key("doc:shared.md"), "a member")
      try crash.stage.redis?.run("EXPIRE", crash.stage.key("doc:shared.md"), "1000")
      try crash.write(crash.one, "shared.md", firstEdited)
    },
    expected: ["shared.md": firstEdited, "old.md": "# Old\n"])

  /// The last publication before the list of packs is folded.
  static let compact = CrashStory(
    prepare: { crash in
      try await crash.share(["shared.md": shared, "old.md": "# Old\n"])
      let daemon = try await crash.one.daemon()
      for round in 1...31 {
        try crash.write(crash.one, "log.md", "round \(round)\n")
        #expect(try await eventually { try crash.stage.document("log.md") == "round \(round)\n" })
      }
      daemon.signal(SIGTERM)
      #expect(try await daemon.end().status == 0)
    },
    provoke: { try $0.write($0.one, "log.md", "the last round\n") },
    expected: ["shared.md": shared, "old.md": "# Old\n", "log.md": "the last round\n"])

  /// There are enough loose objects for the history to be packed.
  static let repack = CrashStory(
    provoke: { crash in
      // A pack that is folded in with them.
      #expect(try await crash.one.git("repack", "-dq").status == 0)
      let place = try TemporaryDirectory()
      let script = """
        for number in $(seq 3100); do echo "$number" >"$number"; done
        ls -1 | git --git-dir "$1/history.git" hash-object -w --stdin-paths >/dev/null
        """
      let made = try await run(["/bin/sh", "-c", script, "sh", crash.one.state], in: place.path)
      #expect(made.status == 0, "\(made.text)")
      try crash.write(crash.one, "shared.md", firstEdited)
    },
    expected: ["shared.md": firstEdited, "old.md": "# Old\n"])
}

extension CrashStory {
  /// The same for a daemon, which finds them when it starts.
  static let repackAtStart = CrashStory(
    prepare: { crash in
      try await crash.share(["shared.md": shared, "old.md": "# Old\n"])
      try await repack.provoke(crash)
    },
    expected: repack.expected)
}

/// The stories that are told less often.
extension CrashStory {
  // Put together here, so that nothing that scans this repository finds it.
  private static let secret = "aws_access_key_id = " + "AKIA" + "Q7RZ3LNV5XKD2WTB" + "\n"

  /// A version that may not leave, until its user takes the secret out.
  static let hold = CrashStory(
    provoke: { try $0.write($0.one, "shared.md", shared + secret) },
    afterwards: { crash in
      try await crash.one.sync(expecting: 1)
      #expect(try crash.stage.document("shared.md") == shared)
      #expect(crash.one.read("shared.md") == shared + secret)
      #expect(try await !crash.one.git("for-each-ref", "refs/membank/held").output.isEmpty)
      try crash.write(crash.one, "shared.md", firstEdited)
    },
    expected: ["shared.md": firstEdited, "old.md": "# Old\n"])

  /// The secret is taken out.
  static let release = CrashStory(
    provoke: { crash in
      try crash.write(crash.one, "shared.md", shared + secret)
      try await crash.one.sync(expecting: 1)
      try crash.write(crash.one, "shared.md", firstEdited)
    },
    afterwards: { crash in
      try await crash.one.sync()
      #expect(try await crash.one.git("for-each-ref", "refs/membank/held").output.isEmpty)
    },
    expected: ["shared.md": firstEdited, "old.md": "# Old\n"])

  /// An editor wrote into a file that a guarded write had replaced, and a crash left it there.
  static let displaced = CrashStory(
    provoke: { crash in
      let mark = ObjectID.blob(of: Array("shared.md".utf8)).short(8)
      try crash.write(crash.one, ".mb-tmp-\(mark)-0123456789abcdef", firstEdited)
    },
    expected: ["shared.md": firstEdited, "old.md": "# Old\n"])

  /// Files that were ignored until now are taken up.
  static let reveal = CrashStory(
    prepare: { crash in
      try await crash.share(["shared.md": shared])
      let marker = try #require(crash.one.read(".membank"))
      try crash.write(crash.one, ".membank", marker + "[membank]\n\tignore = drafts/\n")
      try await crash.one.sync()
      try crash.write(crash.one, "drafts/plan.md", "# Plan\n\nmine\n")
      try crash.write(crash.two, "drafts/plan.md", "# Plan\n\nmine\n\nand more\n")
      try await crash.two.sync()
      try await crash.one.sync()
      try crash.write(crash.one, ".membank", marker)
    },
    expected: ["shared.md": shared, "drafts/plan.md": "# Plan\n\nmine\n\nand more\n"])

  /// A power cut has emptied files.
  static let restore = CrashStory(
    provoke: { crash in
      for name in ["shared.md", "old.md"] {
        try crash.one.write(name, "")
        #expect(try await run(["touch", "-d", "3 days ago", "\(crash.one.bank)/\(name)"]).status == 0)
      }
      let other = "00000000-0000-4000-8000-000000000000"
      #expect(try await run(["/bin/sh", "-c", "echo \(other) >\"$1/boot\"", "sh", crash.one.state]).status == 0)
    },
    expected: ["shared.md": shared, "old.md": "# Old\n"])

  /// A directory becomes a bank, and a second machine joins it.
  static let first = CrashStory(
    prepare: { try $0.write($0.one, "shared.md", shared) },
    afterwards: { crash in
      try await crash.one.sync()
      #expect(try await crash.two.membank("join", "--project", "bank").status == 0)
    },
    expected: ["shared.md": shared])

  /// The victim joins.
  static let join = CrashStory(
    prepare: { crash in
      try crash.write(crash.two, "shared.md", shared)
      try await crash.two.sync()
      try crash.write(crash.two, "shared.md", lastEdited)
      try await crash.two.sync()
      // An old copy is no conflict.
      try crash.write(crash.one, "shared.md", shared)
      try crash.write(crash.one, "mine.md", "# Mine\n")
      crash.one.environment["REDIS_URL"] = nil
    },
    words: { ["join", "--project", "bank", "--remote", $0.stage.redis?.url ?? "", "--json"] },
    afterwards: { crash in
      let url = crash.stage.redis?.url ?? ""
      let again = try await crash.one.membank("join", "--project", "bank", "--remote", url)
      #expect(again.status == 0, "\(again.text)")
    },
    expected: ["shared.md": lastEdited, "mine.md": "# Mine\n"])

  /// The past is taken over from the project's repository.
  static let importPast = CrashStory(
    prepare: { crash in
      let project = crash.one.root.path + "/home/bank"
      crash.one.bank = project + "/memory-bank"
      try crash.write(crash.one, "brief.md", "# Brief\n")
      let script = """
        git init -q && git add -A && git commit -qm Begin && echo more >>memory-bank/brief.md && git commit -qam More
        """
      let person = ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"]
      let made = try await run(
        ["/bin/sh", "-c", script],
        environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"].merging(person.map { ($0, "ada@example.org") }) {
          $1
        }, in: project)
      #expect(made.status == 0, "\(made.text)")
    },
    words: { ["init", "--import", $0.one.bank] },
    afterwards: { crash in
      let again = try await crash.one.membank("init", "--import", crash.one.bank)
      #expect(again.status == 0 || again.complaint.contains("has versions already"), "\(again.text)")
      try await crash.one.sync()
      #expect(try await crash.one.subjects == ["More", "Begin"])
      #expect(try await crash.two.membank("join", "--project", "bank").status == 0)
    },
    expected: ["brief.md": "# Brief\nmore\n"])

  private static let mine = "# Shared\n\nas one has it\n"
  private static let theirs = "# Shared\n\nas two has it\n"

  /// A conflict is resolved.
  static let resolve = CrashStory(
    prepare: { crash in
      try await crash.share(["shared.md": "# Shared\n\nas both have it\n"])
      try crash.write(crash.one, "shared.md", mine)
      try crash.write(crash.two, "shared.md", theirs)
      try await crash.one.sync()
      try await crash.two.sync(expecting: 1)
      try await crash.one.sync(expecting: 1)
      // Which of the two kept the place depends on the clock.
      try #require([mine, theirs].contains(crash.one.read("shared.md")))
    },
    words: { _ in ["conflicts", "resolve", "shared.md", "--take", "both"] },
    afterwards: { crash in
      let again = try await crash.one.membank("conflicts", "resolve", "shared.md", "--take", "ours")
      #expect(again.status == 0 || again.complaint.contains("no conflict"), "\(again.text)")
      let text = crash.one.read("shared.md") ?? ""
      #expect([mine + "\nas two has it\n", theirs + "\nas one has it\n"].contains(text), "\(text)")
      #expect(crash.one.files.count == 1)
    })

  /// Deletions are let through.
  static let approve = CrashStory(
    prepare: { crash in
      try await crash.share(["shared.md": shared])
      for number in 1...10 { try crash.write(crash.one, "note-\(number).md", "# Note \(number)\n") }
      try await crash.one.sync()
      try await crash.two.sync()
      for number in 1...8 { try crash.one.remove("note-\(number).md") }
    },
    words: { ["approve", try await waitingPlan($0)] },
    afterwards: { crash in
      guard try await crash.one.membank("sync", "--once").status == 4 else { return }
      #expect(try await crash.one.membank("approve", try await waitingPlan(crash)).status == 0)
    },
    expected: ["shared.md": shared, "note-9.md": "# Note 9\n", "note-10.md": "# Note 10\n"])

  private static func waitingPlan(_ crash: CrashStage) async throws -> String {
    let report = try await crash.one.sync(expecting: 4)
    return try #require(report["halts"]?.elements?.first?["plan"]?.text)
  }

  /// A remote that came with the directory is let in.
  static let approveSettings = CrashStory(
    prepare: { crash in
      try await crash.share(["shared.md": shared])
      let marker = try #require(crash.one.read(".membank"))
      let url = crash.stage.redis?.url ?? ""
      try crash.write(crash.one, ".membank", marker + "[remote \"origin\"]\n\turl = \(url)\n")
      crash.one.environment["REDIS_URL"] = nil
    },
    words: { ["approve", try await pendingSettings($0)] },
    afterwards: { crash in
      // Taken up whether it is asked for again or not.
      let report = try await crash.one.sync()
      #expect(report["remotes"]?.elements?.map { $0["name"]?.text } == ["origin"])
    },
    expected: ["shared.md": shared])

  private static func pendingSettings(_ crash: CrashStage) async throws -> String {
    try #require(try await crash.one.status()["halts"]?.elements?.first?["plan"]?.text)
  }
}
