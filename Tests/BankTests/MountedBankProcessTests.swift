import Bank
import Glibc
import Support
import TestSupport
import Testing

/// Banks on a small file system of their own, which only root can mount.
@Suite("A bank on a file system", .enabled(if: Ability.mounting, "this machine can't mount a file system"))
struct MountedBankProcessTests {
  let test: TestBank

  init() throws {
    test = try TestBank()
    let mounted = try run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=755", "none", test.root], in: "/")
    try #require(mounted.status == 0)
  }

  private func withMount(_ body: () throws -> Void) throws {
    defer { _ = try? run(["umount", "-l", test.root], in: "/") }
    try body()
  }

  @Test("that is full keeps its old files")
  func full() throws {
    try withMount {
      test.write("a.md", "old")
      let bank = try test.bank()
      let large = String(repeating: "x", count: 1 << 20)
      for (name, old) in [("a.md", "old"), ("d/new.md", nil)] as [(String, String?)] {
        guard case .failed(let error) = bank.apply(test.change(name, old, large), inHistory: { _ in true }) else {
          Issue.record("not failed")
          continue
        }
        #expect(error.code == ENOSPC)
      }
      #expect(test.text("a.md") == "old")
      #expect(test.names() == ["a.md"])
    }
  }

  @Test("that is read-only is left as it is")
  func readOnly() throws {
    try withMount {
      test.write("a.md", "old")
      _ = try run(["mount", "-o", "remount,ro", test.root], in: "/")
      let bank = try test.bank()
      for new in ["new", nil] {
        guard case .failed(let error) = bank.apply(test.change("a.md", "old", new), inHistory: { _ in true }) else {
          Issue.record("not failed")
          continue
        }
        #expect(error.code == EROFS)
      }
      #expect(bank.scan().files.count == 1)
    }
  }

  @Test("that is unmounted is unknown, not empty")
  func unmounted() throws {
    try withMount {
      test.write("a.md", "old")
      let bank = try test.bank()
      let watcher = try Watcher(root: test.root, rules: IgnoreRules(patterns: []))
      _ = try run(["umount", "-l", test.root], in: "/")
      #expect(watcher.drain().rootLost)
      #expect(bank.scan().rootUnknown)
      #expect(bank.look(at: [path("a.md")]).rootUnknown)
    }
  }

  @Test("that is unmounted below the root is looked at again")
  func unmountedBelow() throws {
    try withMount {
      let outer = try TestBank()
      outer.makeDirectory("d")
      _ = try run(["mount", "--bind", test.root, outer.at("d")], in: "/")
      defer { _ = try? run(["umount", "-l", outer.at("d")], in: "/") }
      let watcher = try Watcher(root: outer.root, rules: IgnoreRules(patterns: []))
      _ = try run(["umount", outer.at("d")], in: "/")
      _ = try run(["umount", "-l", test.root], in: "/")
      let report = watcher.drain()
      #expect(!report.rootLost)
      #expect(report.hints.contains(.directory(path("d"))))
    }
  }
}

/// What an ordinary user may not read.
@Suite("A bank of another user's files", .enabled(if: geteuid() == 0, "only root can give files away"))
struct PermissionProcessTests {
  @Test("keeps the owner of a file that root replaces")
  func owner() throws {
    let test = try TestBank()
    test.write("a.md", "old")
    chown(test.at("a.md"), 12345, 12345)
    chmod(test.at("a.md"), 0o600)
    _ = try test.bank().apply(test.change("a.md", "old", "new"), inHistory: { _ in true })
    var status = stat()
    stat(test.at("a.md"), &status)
    #expect(status.st_uid == 12345 && status.st_gid == 12345 && status.st_mode & 0o7777 == 0o600)
  }
}
