import Bank
import Glibc
import History
import Support
import SyncEngine
import TestSupport
import Testing

/// A cycle around a replica without remotes, whose clock stands until it is moved.
private final class CycleBench {
  let replica: TestReplica
  let cycle: Cycle
  let watch: any DirectoryWatch
  private let reported: Reported

  /// What the cycle reported, by what it is about.
  var reports: [String] { reported.keys }

  init(_ replica: TestReplica, watch: (TestReplica) throws -> any DirectoryWatch) throws {
    self.replica = replica
    let reported = Reported()
    self.reported = reported
    self.watch = try watch(replica)
    let root = RootGuard(replica.engine, directory: replica.bankPath, notes: NotesInMemory()) { true }
    cycle = Cycle(
      replica.engine, root: root, watch: self.watch, remotes: NoRemotes(), rescanSeconds: 600, clock: replica.clock,
      random: SystemRandom()
    ) { _, _, key in reported.keys.append(key ?? "") }
    try cycle.rescan()
  }

  /// Lets time pass, and work be done when it is due.
  func pass(seconds: Int64) {
    for _ in 0..<seconds {
      replica.clock.advance(seconds: 1)
      cycle.takeChanges()
      cycle.work()
    }
  }

  private final class Reported { var keys: [String] = [] }

  private final class NoRemotes: RemoteAsking {
    let count = 0
    func ask(_ call: RemoteCall, of index: Int) {}
  }
}

/// The kernel's events of a replica's directory.
private final class KernelWatch: DirectoryWatch {
  private let watcher: Watcher
  init(_ replica: TestReplica) throws {
    watcher = try Watcher(root: replica.bankPath, rules: replica.engine.bank.rules)
  }
  var needsPolling: Bool { false }
  func drain() -> WatchReport { watcher.drain() }
  func rewatch() { watcher.rewatch() }
  func reopen() throws {}
}

/// A watch that tells what a test has it tell, and counts the looks at everything.
private final class ToldWatch: DirectoryWatch {
  var next = WatchReport()
  var looks = 0
  var needsPolling: Bool { false }
  func drain() -> WatchReport {
    defer { next = WatchReport() }
    return next
  }
  func rewatch() { looks += 1 }
  func reopen() throws {}

  func lose() {
    next.overflowed = true
    next.hints = [.directory(nil)]
  }
}

@Suite("The cycle and its directory")
struct CycleTests {
  private let replica: TestReplica

  init() throws {
    replica = try TestReplica()
    try replica.write("a.md", "1\n")
  }

  @Test("finds what raised no event with the next full look")
  func silent() throws {
    let outside = replica.root.path + "/outside"
    #expect(link(replica.bankPath + "/a.md", outside) == 0)
    let bench = try CycleBench(replica) { try KernelWatch($0) }
    bench.pass(seconds: 3)
    // A write through another name of the file: the kernel tells of it there, not here.
    let file = try #require(fopen(outside, "a"))
    fputs("2\n", file)
    fclose(file)
    bench.pass(seconds: 60)
    #expect(try replica.text("a.md") == "1\n")
    bench.pass(seconds: 800)
    #expect(try replica.text("a.md") == "1\n2\n")
  }

  @Test("keeps what comes between the first look and the first events")
  func between() throws {
    let bench = try CycleBench(replica) { replica in
      let watch = try KernelWatch(replica)
      try replica.write("before.md", "x\n")
      return watch
    }
    try replica.write("after.md", "y\n")
    bench.pass(seconds: 3)
    #expect(try replica.names == ["a.md", "after.md", "before.md"])
  }

  @Test("takes its own writes for no edit")
  func echo() throws {
    let bench = try CycleBench(replica) { try KernelWatch($0) }
    let main = try #require(replica.engine.main)
    let blob = try replica.engine.history.writeBlob(Array("theirs\n".utf8))
    let theirs = try replica.engine.foreignCommit(parent: main, path: try BankPath("a.md"), blob: blob)
    try replica.engine.integrate(theirs)
    #expect(replica.read("a.md") == "theirs\n")
    bench.pass(seconds: 700)
    #expect(replica.engine.main == theirs)
  }

  @Test("looks at everything when events were lost; when that goes on, from time to time until it ends")
  func storm() throws {
    let watch = ToldWatch()
    let bench = try CycleBench(replica) { _ in watch }
    bench.pass(seconds: 1)
    for number in 1...2 {
      watch.lose()
      bench.pass(seconds: 1)
      #expect(watch.looks == number)
    }
    for _ in 0..<60 {
      watch.lose()
      bench.pass(seconds: 1)
    }
    #expect(bench.reports == ["overflow"])
    #expect((20...42).contains(watch.looks), "\(watch.looks)")
    #expect(replica.engine.counts.overflows == 62)
    // An edit in the middle of it is found all the same.
    watch.lose()
    try replica.write("a.md", "2\n")
    bench.pass(seconds: 5)
    #expect(try replica.text("a.md") == "2\n")
    // A minute later events are relied on again.
    bench.pass(seconds: 62)
    let looks = watch.looks
    bench.pass(seconds: 300)
    #expect(watch.looks == looks)
    watch.lose()
    bench.pass(seconds: 1)
    #expect(watch.looks == looks + 1)
  }

  @Test("looks at everything after time has passed unnoticed", arguments: ["asleep", "frozen", "clock set back"])
  func gap(_ how: String) throws {
    let watch = ToldWatch()
    let bench = try CycleBench(replica) { _ in watch }
    bench.pass(seconds: 5)
    #expect(watch.looks == 0)
    try replica.write("a.md", "2\n")
    switch how {
    case "asleep": replica.clock.wallMilliseconds += 8 * 3_600_000
    case "frozen": replica.clock.advance(seconds: 3600)
    default: replica.clock.wallMilliseconds -= 86_400_000
    }
    bench.cycle.work()
    #expect(watch.looks == 1)
    #expect(bench.reports == ["gap"])
    bench.pass(seconds: 3)
    #expect(watch.looks == 1)
    #expect(try replica.text("a.md") == "2\n")
  }

  @Test(
    "tells of a version in which nearly every file changed",
    arguments: [(12, 11, true), (12, 10, false), (9, 9, false)])
  func rewrite(files: Int, changed: Int, isTold: Bool) throws {
    try replica.remove("a.md")
    for number in 0..<files { try replica.write("\(number).md", "one\ntwo\n") }
    try replica.pass()
    for number in 0..<changed { try replica.write("\(number).md", "one\r\ntwo\r\n") }
    try replica.pass()
    #expect(replica.engine.rewrites.count == (isTold ? 1 : 0))
    guard let rewrite = replica.engine.rewrites.first else { return }
    #expect(rewrite.message.hasPrefix("\(changed) of \(files) files changed at once"))
    #expect(rewrite.commit == replica.engine.main)
    // It is a version like any other.
    #expect(try replica.text("0.md") == "one\r\ntwo\r\n")
  }
}

extension CycleTests {
  private func theirs(_ replica: TestReplica, _ text: String) throws -> ObjectID {
    let blob = try replica.engine.history.writeBlob(Array(text.utf8))
    return try replica.engine.foreignCommit(
      parent: replica.engine.main, path: try BankPath("a.md"), blob: blob)
  }

  @Test("tries again to write what the disk had no room for")
  func full() throws {
    let replica = try TestReplica(hooked: true)
    try replica.write("a.md", "1\n")
    let bench = try CycleBench(replica) { try KernelWatch($0) }
    let commit = try theirs(replica, "theirs\n")
    var tries = 0
    replica.fileSystem?.before = { (step) throws(SystemError) in
      guard step == .create else { return }
      tries += 1
      if tries < 4 { throw SystemError("write", "a.md", code: ENOSPC) }
    }
    try replica.engine.integrate(commit)
    #expect(replica.engine.main != commit)
    bench.pass(seconds: 30)
    #expect(tries == 4)
    #expect(replica.engine.main == commit)
    #expect(replica.read("a.md") == "theirs\n")
    // Nothing is owed any more.
    bench.pass(seconds: 30)
    #expect(tries == 4)
  }

  @Test("looks at the directory of a join when the bank's own files have come")
  func joining() throws {
    let replica = try TestReplica(joins: true)
    try replica.write("a.md", "1\n")
    let bench = try CycleBench(replica) { try KernelWatch($0) }
    bench.pass(seconds: 3)
    #expect(!replica.engine.joins)
    #expect(try replica.names == ["a.md"])
  }
}
