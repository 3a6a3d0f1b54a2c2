import Bank
import Glibc
import Support
import Testing

@Suite("The watcher")
struct WatcherTests {
  let test: TestBank

  init() throws { test = try TestBank() }

  private func watcher(_ patterns: [String] = [], budget: Int = .max) throws -> Watcher {
    try Watcher(root: test.root, rules: IgnoreRules(patterns: patterns), budget: budget)
  }

  @Test("tells how a file was written")
  func writing() throws {
    let watcher = try watcher()
    test.write("a.md", "text")
    #expect(watcher.drain().hints == [.changing(path("a.md")), .written(path("a.md"))])
    test.remove("a.md")
    #expect(watcher.drain().hints == [.removed(path("a.md"))])
    #expect(watcher.drain().hints == [])
    #expect(watcher.mode == .events)
  }

  @Test("pairs the halves of a rename")
  func rename() throws {
    test.write("a.md", "a")
    test.makeDirectory("d")
    let watcher = try watcher()
    test.rename("a.md", "d/b.md")
    #expect(watcher.drain().hints == [.movedIn(path("d/b.md"), from: path("a.md"))])
    test.rename("d/b.md", "d/b.md~")
    #expect(watcher.drain().hints == [.removed(path("d/b.md"))])
    test.rename("d/b.md~", "d/b.md")
    #expect(watcher.drain().hints == [.movedIn(path("d/b.md"), from: nil)])
    Glibc.rename(test.at("d/b.md"), test.root + ".out")
    #expect(watcher.drain().hints == [.removed(path("d/b.md"))])
    Glibc.rename(test.root + ".out", test.at("c.md"))
    #expect(watcher.drain().hints == [.movedIn(path("c.md"), from: nil)])
  }

  @Test("sees a file that was made in a new directory before that was watched")
  func newDirectory() throws {
    let watcher = try watcher()
    test.makeDirectory("d")
    test.makeDirectory("d/e")
    test.write("d/e/a.md", "a")
    #expect(watcher.drain().hints == [.directory(path("d"))])
    test.write("d/e/b.md", "b")
    #expect(watcher.drain().hints.last == .written(path("d/e/b.md")))
    #expect(watcher.watchCount == 3)
  }

  @Test("follows a directory that is moved in, within and out")
  func movedDirectory() throws {
    let outside = test.root + ".out"
    mkdir(outside, 0o755)
    mkdir(outside + "/e", 0o755)
    let watcher = try watcher()
    Glibc.rename(outside, test.at("d"))
    #expect(watcher.drain().hints == [.directory(path("d"))])
    test.write("d/e/a.md", "a")
    #expect(watcher.drain().hints.last == .written(path("d/e/a.md")))

    test.rename("d", "f")
    #expect(
      watcher.drain().hints == [
        .directory(path("d")), .movedIn(path("f/e/a.md"), from: path("d/e/a.md")), .directory(path("f")),
      ])
    test.write("f/e/a.md", "b")
    #expect(watcher.drain().hints.last == .written(path("f/e/a.md")))

    Glibc.rename(test.at("f"), outside)
    #expect(watcher.drain().hints == [.directory(path("f"))])
    let file = Glibc.open(outside + "/e/a.md", O_WRONLY | O_TRUNC)
    close(file)
    #expect(watcher.drain().hints == [])
    #expect(watcher.watchCount == 1)
  }

  @Test("keeps up with a directory that is moved and made anew before it is looked at")
  func swiftMoves() throws {
    let watcher = try watcher()
    test.makeDirectory("d")
    test.rename("d", "e")
    test.makeDirectory("d")
    test.makeDirectory("g")
    test.rename("e", "g/e")
    _ = watcher.drain()
    for name in ["d/a.md", "g/e/a.md"] {
      test.write(name, "a")
      #expect(watcher.drain().hints.last == .written(path(name)))
    }
    #expect(watcher.watchCount == 4)
  }

  @Test("forgets a directory that was removed")
  func removedDirectory() throws {
    test.makeDirectory("d")
    test.write("d/a.md", "a")
    let watcher = try watcher()
    test.remove("d/a.md")
    test.remove("d")
    #expect(watcher.drain().hints == [.removed(path("d/a.md")), .directory(path("d"))])
    #expect(watcher.watchCount == 1)
  }

  @Test("is silent about what is ignored and what is membank's own")
  func silent() throws {
    test.makeDirectory(".git")
    test.makeDirectory("node_modules")
    let watcher = try watcher(["*.log"])
    for name in [".mb-tmp-x", ".git/HEAD", "node_modules/a.md", "a.log", "a.md~", "4913"] { test.write(name, "x") }
    let report = watcher.drain()
    #expect(report.hints == [] && !report.markerTouched)
    #expect(watcher.watchCount == 1)
    test.write(".membank", "[bank]")
    #expect(watcher.drain().markerTouched)
  }

  @Test("tells of a name that can't be a document's through its directory")
  func badName() throws {
    let watcher = try watcher()
    test.write("a\u{1}b", "x")
    #expect(watcher.drain().hints == [.directory(nil)])
  }

  @Test("tells of permissions that change, a directory's too")
  func permissions() throws {
    test.write("a.md", "a")
    test.makeDirectory("d")
    let watcher = try watcher()
    chmod(test.at("a.md"), 0o755)
    chmod(test.at("d"), 0o700)
    #expect(watcher.drain().hints == [.written(path("a.md")), .directory(path("d"))])
  }

  @Test("watches by new rules when it gets them")
  func newRules() throws {
    test.makeDirectory("d")
    test.makeDirectory("e")
    let watcher = try watcher(["d"])
    watcher.updateRules(IgnoreRules(patterns: ["e"]))
    #expect(watcher.drain().hints == [.directory(nil)])
    test.write("d/a.md", "a")
    test.write("e/a.md", "a")
    #expect(watcher.drain().hints == [.changing(path("d/a.md")), .written(path("d/a.md"))])
  }

  @Test("asks for everything when events were lost, and is whole again then")
  func overflow() throws {
    test.makeDirectory("gone")
    let watcher = try watcher()
    // Two events that differ from their neighbours each time: the kernel joins equal ones.
    let limit = (readNumber("/proc/sys/fs/inotify/max_queued_events") ?? 16384)
    for _ in 0...(limit / 4) {
      test.rename("gone", "b")
      test.rename("b", "gone")
    }
    test.rename("gone", "d")
    test.makeDirectory("e")
    let report = watcher.drain()
    #expect(report.overflowed)
    #expect(report.hints == [.directory(nil)])
    for name in ["d/a.md", "e/a.md"] {
      test.write(name, "a")
      #expect(watcher.drain().hints.last == .written(path(name)))
    }
    #expect(watcher.watchCount == 3)
  }

  @Test("collapses a storm into one look at everything")
  func storm() throws {
    let watcher = try watcher()
    for index in 0..<6000 { test.write("\(index).md", "") }
    let report = watcher.drain()
    #expect(!report.overflowed)
    #expect(report.hints == [.directory(nil)])
  }

  @Test("tells when the root is renamed, deleted or replaced", arguments: [0, 1, 2])
  func rootLost(way: Int) throws {
    let watcher = try watcher()
    if way == 1 { rmdir(test.root) } else { Glibc.rename(test.root, test.root + ".away") }
    if way == 2 { mkdir(test.root, 0o755) }
    #expect(watcher.drain().rootLost)
  }

  @Test("names the limit and the command where it can't watch everything")
  func limit() throws {
    for name in ["a", "a/b", "c"] { test.makeDirectory(name) }
    let watcher = try watcher(budget: 2)
    let report = watcher.drain()
    guard case .limit(let limit) = report.problem, case .partial(let unwatched, limit) = watcher.mode else {
      Issue.record("\(watcher.mode)")
      return
    }
    #expect(limit.name == "fs.inotify.max_user_watches")
    #expect((limit.value ?? 0) > 0)
    #expect(limit.command.hasPrefix("sudo sysctl fs.inotify.max_user_watches="))
    #expect(unwatched.count == 1 || unwatched == [path("a"), path("c")])
    #expect(watcher.watchCount == 2)
    // Room is made by what goes.
    for name in ["a/b", "a", "c"] { test.remove(name) }
    _ = watcher.drain()
    watcher.rewatch()
    #expect(watcher.mode == .events)
  }

  @Test("polls where changes made elsewhere give no events")
  func eventless() throws {
    let watcher = try Watcher(root: "/proc/sys/fs/inotify", rules: IgnoreRules(patterns: []))
    guard case .polling(let reason) = watcher.mode else {
      Issue.record("\(watcher.mode)")
      return
    }
    #expect(reason.contains("proc"))
  }

  @Test("knows network file systems by their number", arguments: [0x6969, 0x0102_1997, 0x6573_5546, 0xff53_4d42])
  func magic(number: UInt32) {
    #expect(EventlessFileSystems.reason(magic: number) != nil)
    #expect(EventlessFileSystems.reason(magic: 0xef53) == nil)
  }

  @Test("can't begin where there is no directory")
  func missing() {
    #expect(throws: BankError.self) {
      _ = try Watcher(root: "/nonexistent/bank", rules: IgnoreRules(patterns: []))
    }
  }
}

private func readNumber(_ path: String) -> Int? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var buffer = [CChar](repeating: 0, count: 32)
  return fgets(&buffer, 32, file) == nil ? nil : atol(buffer)
}
