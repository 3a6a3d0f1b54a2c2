import FoundationEssentials
import Glibc
import Support
import TestSupport
import Testing

@Suite("Bad input: backups")
struct BadBackupProcessTests {
  /// A text that hardly compresses.
  static func noise(_ lines: Int, _ seed: UInt64 = 1) -> String {
    var noise: UInt64 = 88_172_645_463_325_252 &* seed
    return (0..<lines).map { _ in
      noise ^= noise << 13
      noise ^= noise >> 7
      noise ^= noise << 17
      return String(noise, radix: 36)
    }.joined(separator: "\n")
  }

  @Test("a bundle that was cut short or changed: named, and the bank is as it was", arguments: ["cut", "changed"])
  func damaged(_ how: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", Self.noise(500))
      try await one.sync()
      let directory = try await one.addTarget()
      try await one.backUp()
      let path = "\(directory)/\(try #require(one.bundles(directory).first))"
      if how == "cut" {
        #expect(truncate(path, 1000) == 0)
      } else {
        var bytes = Array(try #require(FileManager.default.contents(atPath: path)))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(filePath: path))
      }
      try one.write("a.md", "newer\n")
      try await one.sync()
      let (head, files) = (try await one.head, one.files)
      let wanted = how == "cut" ? "it was cut short" : "its checksum is wrong"
      var commands = [["verify"], ["restore", path, "--into", one.root.path + "/new"]]
      // What the bank's own history has is not read from the bundle.
      if how == "cut" { commands.append(["restore", path]) }
      for command in commands {
        let outcome = try await one.membank(["backup"] + command)
        #expect(outcome.status == 1, "\(command): \(outcome.text)")
        #expect(outcome.complaint.contains(path) && outcome.complaint.contains(wanted), "\(outcome.text)")
      }
      if how == "cut" {
        let listed = try await one.membank("backup", "list")
        #expect(listed.status == 1 && listed.output.contains("DAMAGED"), "\(listed.text)")
      }
      #expect(try await one.head == head)
      #expect(one.files == files)
      #expect(!FileManager.default.fileExists(atPath: one.root.path + "/new"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: one.root.path + "/state/membank").count == 1)
    }
  }

  @Test("a backup of another bank is refused, and named")
  func anotherBank() async throws {
    try await play { stage in
      let (one, two) = (try stage.machine("one"), try stage.machine("two"))
      for machine in [one, two] { try machine.write("a.md", "a\n") }
      #expect(try await one.membank("init", "--project", "first").status == 0)
      #expect(try await two.membank("init", "--project", "second").status == 0)
      for machine in [one, two] { try await machine.sync() }
      let directory = try await one.addTarget()
      try await one.backUp()
      let outcome = try await two.membank("backup", "restore", "--from", directory)
      #expect(outcome.status == 2, "\(outcome.text)")
      #expect(outcome.complaint.contains("is a backup of another bank (first,"), "\(outcome.text)")
      #expect(outcome.complaint.contains("--into"))
      #expect(two.files == ["a.md": "a\n"])
    }
  }

  @Test("a directory that can't be written: loud until it can", .enabled(if: Unprivileged.isPossible))
  func unwritable() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let directory = try await one.addTarget("nightly", "\tschedule = daily\n")
      mkdir(directory, 0o555)
      let outcome = try await one.withoutPrivileges(["backup", "create"])
      #expect(outcome.status == 1, "\(outcome.text)")
      #expect(
        outcome.complaint.contains(directory) && outcome.complaint.contains("Permission denied"), "\(outcome.text)")
      let status = try await one.membank("status")
      #expect(status.status == 1 && status.output.contains("backup 'nightly' failed since"), "\(status.text)")
      let doctor = try await one.membank("doctor")
      #expect(doctor.status == 1 && doctor.output.contains("bad\tbackup\tbackup 'nightly' failed"), "\(doctor.text)")
      // It is tried again later, not all the time.
      #expect(try await one.membank("backup", "create", "--due").output == "nothing is due\n")
      chmod(directory, 0o755)
      try await one.backUp()
      #expect(try await one.membank("status").status == 0)
    }
  }

  @Test(
    "a disk that fills half-way: said, nothing left behind, the earlier backup good",
    .enabled(if: Ability.mounting, "this machine can't mount a file system"))
  func fullDisk() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let directory = try await one.addTarget()
      let disk = try await SmallDisk(at: directory, kilobytes: 512)
      let id = try await one.backUp()
      let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
      for number in 1...4 { try one.write("large-\(number).md", Self.noise(40_000, UInt64(number))) }
      let full = try await one.membank("backup", "create")
      #expect(full.status == 1, "\(full.text)")
      #expect(full.complaint.contains("no room is left") && full.complaint.contains(directory), "\(full.text)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == names)
      #expect(try await one.membank("backup", "verify", id).status == 0)
      try await disk.grow(kilobytes: 8192)
      try await one.backUp()
      #expect(one.bundles(directory).count == 2)
    }
  }

  @Test(
    "a disk that fills during a check or a restore: said, and finished when there is room",
    .enabled(if: Ability.mounting, "this machine can't mount a file system"))
  func fullScratch() async throws {
    try await play { stage in
      let one = try stage.machine()
      let disk = try await SmallDisk(at: one.root.path + "/disk", kilobytes: 3000)
      one.environment["XDG_STATE_HOME"] = disk.path + "/state"
      for number in 1...2 { try one.write("large-\(number).md", Self.noise(60_000, UInt64(number))) }
      try await one.sync()
      let directory = try await one.addTarget()
      let full = try await one.membank("backup", "create")
      #expect(full.status == 1, "\(full.text)")
      #expect(full.complaint.contains("no room is left"), "\(full.text)")
      #expect(one.bundles(directory) == [])
      try await disk.grow(kilobytes: 20_000)
      try await one.backUp()

      let small = try await SmallDisk(at: one.root.path + "/small", kilobytes: 1000)
      let target = small.path + "/bank"
      let half = try await one.membank("backup", "restore", "--into", target)
      #expect(half.status == 1, "\(half.text)")
      #expect(half.text.contains("No space left"), "\(half.text)")
      try await small.grow(kilobytes: 8192)
      let rest = try await one.membank("backup", "restore", "--into", target)
      #expect(rest.status == 0, "\(rest.text)")
      var found = contents(of: target)
      found[".membank"] = nil
      #expect(found == one.files)
    }
  }

  /// Runs membank and has it killed at a step.
  private func killed(_ one: Machine, at step: String, _ arguments: [String]) async throws {
    var environment = one.environment
    environment["MEMBANK_FAIL_AT"] = step
    let outcome = try await run([membankPath] + arguments, environment: environment, in: one.bank)
    #expect(outcome.status == 128 + SIGKILL, "\(outcome.text)")
  }

  @Test(
    "a restore that is killed half-way is finished by the same command, or by sync",
    arguments: ["fetch.placed", "fetch.loose:7", "init.marked", "merge.begun", "apply.placed:7", "apply.finished"],
    [true, false])
  func killedElsewhere(at step: String, again: Bool) async throws {
    try await play { stage in
      let one = try stage.machine()
      // More than what becomes loose objects, or fewer.
      try one.write(notes: step == "fetch.placed" ? 120 : 20)
      try await one.sync()
      try await one.backUp()
      let target = one.root.path + "/target"
      let command = ["backup", "restore", "--into", target]
      try await killed(one, at: step, command)
      // Before it has its marker it is no bank that sync could go on with.
      let isBank = FileManager.default.fileExists(atPath: target + "/.membank") && step != "init.marked"
      let outcome = try await one.membank(again || !isBank ? command : ["sync", "--once", target])
      #expect(outcome.status == 0, "\(outcome.text)")
      var found = contents(of: target)
      found[".membank"] = nil
      #expect(found == one.files)
      #expect(try await one.membank(["sync", "--once", target]).status == 0)
    }
  }

  @Test(
    "killed while it restores into the bank: nothing is lost, and the next pass goes on",
    arguments: ["ref.moved", "merge.begun", "apply.exchanged:5", "apply.finished", "apply.moved"])
  func killedInTheBank(at step: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write(notes: 12)
      try await one.sync()
      try await one.backUp()
      let backedUp = one.files
      for number in 1...12 { try one.write("note-\(number).md", "# Note \(number), edited\n") }
      try await one.sync()
      let (newest, edited) = (try await one.head, one.files)
      try await killed(one, at: step, ["backup", "restore"])
      try await one.sync()
      // Killed before the target was noted, it has done nothing; after that it is done.
      #expect(one.files == (step == "ref.moved" ? edited : backedUp))
      #expect(try await one.git("merge-base", "--is-ancestor", newest, "main").status == 0)
      let checkpoints = try await one.git("for-each-ref", "refs/membank/checkpoints").output
      #expect(checkpoints.contains(newest), "\(checkpoints)")
      #expect(try await one.membank("backup", "restore").status == 0)
      #expect(one.files == backedUp)
    }
  }

  @Test("a schedule that can't be understood keeps that target back, and nothing else")
  func badSchedule() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      _ = try await one.addTarget("nightly", "\tschedule = Mon..Xyz 03:30\n")
      for command in [["backup", "create"], ["backup", "create", "nightly"], ["backup", "prune"]] {
        let outcome = try await one.membank(command)
        #expect(outcome.status == 2, "\(command): \(outcome.text)")
        #expect(outcome.complaint.contains("[backup \"nightly\"] schedule: 'Mon..Xyz 03:30'"), "\(outcome.text)")
        #expect(outcome.complaint.contains("at character 6") && outcome.complaint.contains("Mon..Fri 03:30"))
      }
      let status = try await one.membank("status")
      #expect(status.status == 1 && status.output.contains("backup 'nightly' can't be made"), "\(status.text)")
      try one.write("a.md", "still in sync\n")
      try await one.sync()
      #expect(try stage.document("a.md") == "still in sync\n")
      let wrong = try await one.membank("backup", "schedule", "25:00")
      #expect(wrong.status == 2 && wrong.complaint.contains("hour 25 is not from 0 to 23"), "\(wrong.text)")
    }
  }

  @Test("a disk that is not mounted: scheduled runs don't begin anew beside it")
  func notMounted() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let directory = try await one.addTarget("nightly", "\tschedule = every 1m\n")
      try await one.backUp()
      try FileManager.default.removeItem(atPath: directory)
      let gone = try await one.membank("backup", "create")
      #expect(gone.status == 1 && gone.complaint.contains("Mount the disk"), "\(gone.text)")
      #expect(!FileManager.default.fileExists(atPath: directory))
      mkdir(directory, 0o755)
      try await one.backUp()
      #expect(one.bundles(directory).count == 1)
    }
  }
}
