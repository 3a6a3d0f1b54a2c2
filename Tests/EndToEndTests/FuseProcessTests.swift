import CLinux
import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

/// A file system that can't swap two names in one step, and tells nothing of what is changed behind its back: that is
/// what a bank on a network share or in a virtual machine's shared folder lives on.
@Suite("A bank on a FUSE mount", .enabled(if: Ability.fuse, "this machine can't mount through FUSE, or has no bindfs"))
struct FuseProcessTests {
  /// A directory mounted a second time through bindfs; unmounted when the value goes away.
  private final class Mirrored {
    /// Where programs that don't go through the mount write.
    let behind: String
    let path: String

    init(in directory: String) async throws {
      behind = directory + "/behind"
      path = directory + "/mounted"
      mkdir(behind, 0o755)
      mkdir(path, 0o755)
      // No caches: what is changed behind it shows at once.
      let made = try await run([
        "bindfs", "-o", "attr_timeout=0,entry_timeout=0,negative_timeout=0,ac_attr_timeout=0", behind, path,
      ])
      guard made.status == 0 else { throw MountError(text: made.text) }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    func write(_ name: String, _ text: String) throws {
      try Data(text.utf8).write(to: URL(filePath: "\(behind)/\(name)"))
    }
  }

  @Test("lacks what the guarded write would use, or this suite would show nothing")
  func lacks() async throws {
    try await play { stage in
      let one = try stage.machine()
      let mount = try await Mirrored(in: one.root.path)
      for name in ["a", "b"] { try mount.write(name, name) }
      #expect(renameExchange("\(mount.path)/a", "\(mount.path)/b") != 0)
      #expect(renameExchange("\(mount.behind)/a", "\(mount.behind)/b") == 0)
    }
  }

  @Test("gets and gives what was edited, replaced, moved and deleted")
  func passes() async throws {
    try await play { stage in
      let one = try stage.machine()
      let mount = try await Mirrored(in: one.root.path)
      one.bank = mount.path
      for name in ["a.md", "gone.md", "sub/moved.md"] { try one.write(name, "# \(name)\n") }
      try await one.sync()
      let two = try stage.machine("two")
      #expect(try await two.membank("join", "--project", "mounted").status == 0)
      try two.write("a.md", "# a.md\n\nfrom elsewhere\n")
      try two.remove("gone.md")
      try FileManager.default.moveItem(atPath: two.bank + "/sub/moved.md", toPath: two.bank + "/sub/new.md")
      try await two.sync()
      try one.write("b.md", "# b.md\n")
      try await one.sync()
      try await two.sync()
      #expect(one.files == two.files)
      #expect(one.files.keys.sorted() == ["a.md", "b.md", "sub/new.md"])
      #expect(one.read("a.md") == "# a.md\n\nfrom elsewhere\n")
      #expect(try await one.head == two.head)
      // An edit that comes while the bank has a newer version meets it in a merge, as anywhere.
      try two.write("a.md", "# a.md\n\nfrom elsewhere\n\nadded there\n")
      try await two.sync()
      try one.write("a.md", "# a.md\n\nintroduction\n\nfrom elsewhere\n")
      try await one.sync()
      #expect(one.read("a.md") == "# a.md\n\nintroduction\n\nfrom elsewhere\n\nadded there\n")
    }
  }

  @Test("is looked at from time to time by the daemon, which says so")
  func daemon() async throws {
    try await play { stage in
      let one = try stage.machine()
      let mount = try await Mirrored(in: one.root.path)
      one.bank = mount.path
      try one.write("a.md", "# a.md\n")
      try await one.sync()
      let daemon = try await one.daemon()
      // Behind the mount: no event tells of it.
      try mount.write("a.md", "# a.md\n\nwritten behind it\n")
      try mount.write("b.md", "# b.md\n")
      #expect(
        try await eventually {
          try stage.redis?.run("GET", "membank:{mounted}:doc:a.md").text == "# a.md\n\nwritten behind it\n"
        }, "\(daemon.complaint)")
      #expect(try await eventually { try stage.redis?.run("GET", "membank:{mounted}:doc:b.md").text == "# b.md\n" })
      try stage.redis?.run("SET", "membank:{mounted}:doc:b.md", "# b.md\n\nfrom Redis\n", "EX", "600")
      #expect(try await eventually { one.read("b.md") == "# b.md\n\nfrom Redis\n" }, "\(daemon.complaint)")
      try await one.flush()
      #expect(!one.holdsTemporaries)
    }
  }

  private func renameExchange(_ one: String, _ other: String) -> Int32 {
    membank_rename(AT_FDCWD, one, AT_FDCWD, other, UInt32(MEMBANK_RENAME_EXCHANGE))
  }
}
