import Bank
import CLinux
import Glibc
import Support
import Testing

@Suite("A guarded write")
struct GuardedWriteTests {
  let test: TestBank
  let bank: Bank

  init() throws {
    test = try TestBank()
    bank = try test.bank()
  }

  private func apply(_ change: GuardedChange) -> GuardedOutcome {
    bank.apply(change) { test.history.contains($0) }
  }

  @Test("makes a document, and the directories above it")
  func creates() {
    guard case .applied(let stamp?) = apply(test.change("a/b/c.md", nil, "new")) else {
      Issue.record("not applied")
      return
    }
    #expect(stamp.size == 3)
    #expect(test.text("a/b/c.md") == "new")
    #expect(test.names(in: "a/b") == ["c.md"])
  }

  @Test("replaces one and keeps its permissions")
  func replaces() {
    test.write("a.md", "old")
    chmod(test.at("a.md"), 0o640)
    guard case .applied = apply(test.change("a.md", "old", "new")) else {
      Issue.record("not applied")
      return
    }
    #expect(test.text("a.md") == "new")
    #expect(test.mode("a.md") == 0o640)
    #expect(test.names() == ["a.md"])
  }

  @Test("keeps the access list and the attributes of a file that it replaces")
  func attributes() throws {
    test.write("a.md", "old")
    // Its owner may read and write it, user 12345 may read it, as may its group; the fields of acl(5), little-endian.
    let entries: [(tag: UInt8, allowed: UInt8, user: UInt32)] = [
      (0x01, 6, .max), (0x02, 4, 12345), (0x04, 4, .max), (0x10, 4, .max), (0x20, 0, .max),
    ]
    let list: [UInt8] =
      [2, 0, 0, 0]
      + entries.flatMap { [$0.tag, 0, $0.allowed, 0] + withUnsafeBytes(of: $0.user.littleEndian, Array.init) }
    let values = ["user.source": Array("interview".utf8), "system.posix_acl_access": list]
    var kept: [String: [UInt8]] = [:]
    // Not every file system has both.
    for (name, value) in values where setxattr(test.at("a.md"), name, value, value.count, 0) == 0 { kept[name] = value }
    guard case .applied = apply(test.change("a.md", "old", "new", executable: true)) else {
      Issue.record("not applied")
      return
    }
    #expect(test.text("a.md") == "new")
    for (name, value) in kept where name != "system.posix_acl_access" { #expect(attribute(name, of: "a.md") == value) }
    guard kept["system.posix_acl_access"] != nil else { return }
    // Who may read it may execute it now: in the owner's entry and in the mask.
    let found = attribute("system.posix_acl_access", of: "a.md")
    #expect(found.count == list.count)
    #expect(found.count > 34 && found[6] == 7 && found[8...15] == list[8...15])
    #expect(test.mode("a.md").map { $0 & 0o700 } == 0o700)
  }

  private func attribute(_ name: String, of file: String) -> [UInt8] {
    var value = [UInt8](repeating: 0, count: 256)
    let count = getxattr(test.at(file), name, &value, value.count)
    return Array(value.prefix(max(0, count)))
  }

  @Test("writes a document whose name is as long as a name may be")
  func longName() {
    let name = String(repeating: "é", count: 126) + ".md"
    guard case .applied = apply(test.change(name, nil, "old")) else {
      Issue.record("not applied")
      return
    }
    #expect(apply(test.change(name, "old", nil)) == .applied(nil))
    #expect(test.names() == [])
  }

  @Test("deletes one, and the directories that became empty")
  func deletes() {
    test.makeDirectory("a")
    test.makeDirectory("a/b")
    test.write("a/b/c.md", "old")
    test.write("a/x.tmp", "ignored")
    #expect(apply(test.change("a/b/c.md", "old", nil)) == .applied(nil))
    #expect(test.names() == ["a"])
    #expect(test.names(in: "a") == ["x.tmp"])
  }

  @Test("never removes the root")
  func keepsRoot() {
    test.write("a.md", "old")
    #expect(apply(test.change("a.md", "old", nil)) == .applied(nil))
    #expect(test.names() == [])
    #expect(throws: Never.self) { try bank.rootIdentity() }
  }

  @Test(
    "leaves what isn't expected",
    arguments: [
      ("live", nil, "new"), ("live", "old", "new"), ("live", "old", nil), (nil, "old", "new"), ("live", nil, nil),
    ] as [(String?, String?, String?)])
  func refuses(live: String?, old: String?, new: String?) {
    if let live { test.write("a.md", live) }
    #expect(apply(test.change("a.md", old, new)) == .refused)
    #expect(test.text("a.md") == live)
    #expect(test.names() == (live == nil ? [] : ["a.md"]))
  }

  @Test(
    "knows what is there already",
    arguments: [("new", nil, "new"), ("new", "old", "new"), (nil, "old", nil), (nil, nil, nil)]
      as [(String?, String?, String?)])
  func alreadyThere(live: String?, old: String?, new: String?) {
    if let live { test.write("a.md", live) }
    guard case .alreadyThere(let stamp) = apply(test.change("a.md", old, new)) else {
      Issue.record("not already there")
      return
    }
    #expect((stamp == nil) == (live == nil))
  }

  @Test("changes the permission to execute alone")
  func executable() {
    test.write("a.md", "same")
    chmod(test.at("a.md"), 0o644)
    guard case .applied(let stamp?) = apply(test.change("a.md", "same", "same", executable: true)) else {
      Issue.record("not applied")
      return
    }
    #expect(stamp.isExecutable)
    #expect(test.mode("a.md") == 0o755)
    guard case .applied = apply(test.change("a.md", "same", "other", executable: false)) else {
      Issue.record("not applied")
      return
    }
    #expect(test.mode("a.md") == 0o644)
  }

  @Test("does not go through a symbolic link", arguments: ["link.md", "linked/a.md"])
  func links(name: String) throws {
    let outside = try TestBank()
    outside.write("a.md", "outside")
    symlink(outside.at("a.md"), test.at("link.md"))
    symlink(outside.root, test.at("linked"))
    for change in [test.change(name, "outside", "new"), test.change(name, nil, "new")] {
      guard case .failed(let error) = apply(change) else {
        Issue.record("not failed")
        continue
      }
      #expect(error.code == ELOOP)
    }
    #expect(outside.text("a.md") == "outside")
    #expect(outside.names() == ["a.md"])
  }

  @Test("puts a file where an empty directory stands, never where one with anything in it does")
  func directoryInTheWay() {
    test.makeDirectory("empty.md")
    test.makeDirectory("full.md")
    test.write("full.md/x.tmp", "ignored")
    guard case .applied = apply(test.change("empty.md", nil, "new")) else {
      Issue.record("not applied")
      return
    }
    guard case .failed(let error) = apply(test.change("full.md", nil, "new")) else {
      Issue.record("not failed")
      return
    }
    #expect(error.code == EISDIR)
    #expect(test.text("full.md/x.tmp") == "ignored")
  }

  @Test("makes no directory where a file stands")
  func fileInTheWay() {
    test.write("a", "file")
    guard case .failed(let error) = apply(test.change("a/b.md", nil, "new")) else {
      Issue.record("not failed")
      return
    }
    #expect(error.code == ENOTDIR)
    #expect(test.text("a") == "file")
  }

  @Test("does nothing in another directory than the one it began with")
  func rootReplaced() {
    rename(test.root, test.root + ".away")
    mkdir(test.root, 0o755)
    guard case .failed(let error) = apply(test.change("a.md", nil, "new")) else {
      Issue.record("not failed")
      return
    }
    #expect(error.code == ESTALE)
    #expect(test.names() == [])
  }

  @Test(
    "leaves the old file whole when it fails",
    arguments: [ENOSPC, EDQUOT, EROFS, EACCES, EIO],
    [TweakedFileSystem.Call.create, .exchange, .displace])
  func failure(code: Int32, call: TweakedFileSystem.Call) throws {
    test.write("a.md", "old")
    let fileSystem = try TweakedFileSystem(test)
    fileSystem.failing[call] = code
    let bank = Bank(fileSystem: fileSystem, rules: IgnoreRules(patterns: []), random: SystemRandom())
    let change = test.change("a.md", "old", call == .displace ? nil : "new")
    guard case .failed(let error) = bank.apply(change, inHistory: { _ in true }) else {
      Issue.record("not failed")
      return
    }
    #expect(error.code == code)
    #expect(test.text("a.md") == "old")
    #expect(test.names() == ["a.md"])
  }

  @Test("takes back the directories it made when it fails")
  func failureInNewDirectory() throws {
    let fileSystem = try TweakedFileSystem(test)
    fileSystem.failing[.create] = ENOSPC
    let bank = Bank(fileSystem: fileSystem, rules: IgnoreRules(patterns: []), random: SystemRandom())
    _ = bank.apply(test.change("a/b/c.md", nil, "new"), inHistory: { _ in true })
    #expect(test.names() == [])
  }

  @Test("refuses a name that folds to another's where case is folded")
  func foldedCase() throws {
    test.write("A.md", "one")
    let fileSystem = try TweakedFileSystem(test)
    fileSystem.folds = true
    let bank = Bank(fileSystem: fileSystem, rules: IgnoreRules(patterns: []), random: SystemRandom())
    #expect(bank.look(at: [path("A.md"), path("a.md")]).files.keys.sorted() == [path("A.md")])
    guard case .failed(let error) = bank.apply(test.change("a.md", nil, "two"), inHistory: { _ in true }) else {
      Issue.record("not failed")
      return
    }
    #expect(error.code == EEXIST)
    #expect(bank.apply(test.change("a.md", "one", nil), inHistory: { _ in true }) == .alreadyThere(nil))
    #expect(bank.apply(test.change("a.md", "one", "two"), inHistory: { _ in true }) == .refused)
    #expect(test.text("A.md") == "one")
    #expect(test.names() == ["A.md"])
  }
}
