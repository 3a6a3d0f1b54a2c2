import CLinux
import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite(
  "A disk that lost its power",
  .enabled(if: Ability.images, "this machine can't mount an image of a disk, or has no time namespaces"))
struct DiskImageProcessTests {
  /// A save as editors do it: the new text is flushed before it takes the name, and so is the name.
  private func save(_ name: String, _ text: String, _ machine: Machine) throws {
    let path = "\(machine.bank)/\(name)"
    let file = membank_open(path + "~", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard file >= 0 else { throw SystemError("open", path) }
    defer { close(file) }
    #expect(write(file, text, text.utf8.count) == text.utf8.count)
    #expect(fsync(file) == 0 && rename(path + "~", path) == 0)
    let directory = membank_open(machine.bank, O_RDONLY, 0)
    defer { close(directory) }
    #expect(fsync(directory) == 0)
  }

  /// A pass in a boot that began a moment ago: what was written before it is older than it.
  private func passAfterBoot(_ machine: Machine) async throws -> Outcome {
    try Data("00000000-0000-4000-8000-000000000000\n".utf8).write(to: URL(filePath: "\(try machine.state)/boot"))
    let uptime = String(
      decoding: FileManager.default.contents(atPath: "/proc/uptime") ?? Data(), as: UTF8.self)
    let seconds = try #require(uptime.split(separator: ".").first.flatMap { Int($0) })
    return try await run(
      ["unshare", "--time", "--boottime", "-\(seconds)", membankPath, "sync", "--once", "--json"],
      environment: machine.environment, in: machine.bank)
  }

  @Test("keeps all but the last moment's versions, and every file as the disk has it")
  func cut() async throws {
    try await play(.embedded) { stage in
      let one = try stage.machine()
      let disk = try await DiskImage(in: one.root.path)
      one.bank = disk.path + "/bank"
      one.environment["XDG_STATE_HOME"] = disk.path + "/state"
      // Versions only: a Redis on another disk would bring back what this one lost.
      one.environment["REDIS_URL"] = "unix://\(one.root.path)/nobody.sock"
      try one.write("lazy.md", "# Lazy\n")
      try one.write("log.md", "# Log\n")
      let first = try await one.membank("sync", "--once", one.bank)
      #expect(first.status == 3, "\(first.text)")
      let daemon = try await one.daemon()
      let clock = ContinuousClock()
      var saves: [(text: String, at: ContinuousClock.Instant)] = []
      let start = clock.now
      while clock.now < start + .seconds(4) {
        let text = "# Log\n\nsave \(saves.count)\n"
        try save("log.md", text, one)
        saves.append((text, clock.now))
        // Nobody flushes this one.
        try one.write("lazy.md", "# Lazy\n\nsave \(saves.count)\n")
        let head = try await one.flushed()
        #expect(head == 3)
      }
      daemon.signal(SIGSTOP)
      #expect(try await eventually { daemon.isStopped })
      let moment = clock.now
      let copy = try await disk.copy()
      daemon.signal(SIGKILL)
      _ = try await daemon.end()
      try await disk.replace(with: copy)

      let before = one.files
      #expect(before["log.md"] == saves.last?.text)
      let outcome = try await passAfterBoot(one)
      #expect(outcome.status == 3, "\(outcome.text)")
      let check = try await one.git("fsck", "--strict", "--no-dangling")
      #expect(check.status == 0, "\(check.text)")
      // What was flushed stands as it stood; what nobody flushed is a version that there was, never half of one.
      #expect(one.read("log.md") == saves.last?.text)
      let lazy = try #require(one.read("lazy.md"))
      #expect(lazy.hasPrefix("# Lazy\n"), "\(lazy)")
      var versions: Set<String> = []
      for line in try await one.git("rev-list", "--objects", "main").output.split(separator: "\n") {
        versions.insert(String(line.prefix(40)))
      }
      let older = saves.filter { $0.at < moment - .seconds(2) }
      #expect(older.count > 5)
      for save in older {
        let isKept = versions.contains(ObjectID.blob(of: Array(save.text.utf8)).description)
        #expect(isKept, "lost \(moment - save.at) before the cut: \(save.text)")
      }
      // It goes on as if nothing had happened.
      try one.write("log.md", "# Log\n\nafterwards\n")
      let last = try await one.membank("sync", "--once")
      #expect(last.status == 3, "\(last.text)")
      #expect(try await one.git("show", "main:log.md").output == "# Log\n\nafterwards\n")
    }
  }
}

extension Machine {
  /// Has the daemon take in what was written, wherever that is mirrored; the status.
  fileprivate func flushed() async throws -> Int32 { try await membank("flush", "--timeout", "1").status }
}
