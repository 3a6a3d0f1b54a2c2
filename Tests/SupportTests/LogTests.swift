import CLinux
import Glibc
import Support
import Synchronization
import Testing

@Suite("The log")
struct LogTests {
  /// A log into a pipe, with a clock that is moved by hand.
  final class Fixture: Sendable {
    let log: Log
    let reader: Int32
    let writer: Int32
    let now: Now

    final class Now: Sendable {
      let nanoseconds = Atomic<Int64>(0)
    }

    init(level: LogLevel = .debug, journal: Bool = false) throws {
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { throw SystemError("pipe", "log") }
      (reader, writer) = (ends[0], ends[1])
      var status = stat()
      fstat(writer, &status)
      let now = Now()
      self.now = now
      log = Log(
        level: level, journalStream: journal ? "\(status.st_dev):\(status.st_ino)" : "1:2", descriptor: writer,
        monotonic: { now.nanoseconds.load(ordering: .relaxed) }, wallSeconds: { 1_790_000_000 })
    }

    deinit {
      close(reader)
      close(writer)
    }

    func lines() -> [String] {
      let count = Int(membank_readable_bytes(reader))
      guard count > 0 else { return [] }
      var bytes = [UInt8](repeating: 0, count: count)
      guard read(reader, &bytes, count) == count else { return [] }
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
  }

  @Test("writes time and level to a terminal or file")
  func plain() throws {
    let fixture = try Fixture()
    fixture.log.warning("disk is full")
    let line = try #require(fixture.lines().first)
    #expect(line.hasSuffix(" warning: disk is full"))
    #expect(line.hasPrefix("2026-09-2"))
  }

  @Test(
    "writes sd-daemon prefixes to the journal",
    arguments: [(LogLevel.error, "<3>x"), (.warning, "<4>x"), (.notice, "<5>x"), (.info, "<6>x"), (.debug, "<7>x")])
  func journal(level: LogLevel, line: String) throws {
    let fixture = try Fixture(journal: true)
    fixture.log.write(level, "x")
    #expect(fixture.lines() == [line])
  }

  @Test("leaves out what is less important than its level, without making the text")
  func level() throws {
    let fixture = try Fixture(level: .warning, journal: true)
    let made = Atomic(false)
    func text() -> String {
      made.store(true, ordering: .relaxed)
      return "no"
    }
    fixture.log.notice(text())
    let wasMade = made.load(ordering: .relaxed)
    #expect(!wasMade)
    fixture.log.level = .notice
    fixture.log.notice("yes")
    #expect(fixture.lines() == ["<5>yes"])
  }

  @Test("counts what comes again and again, and tells the count")
  func repeats() throws {
    let fixture = try Fixture(journal: true)
    for attempt in 1...20 { fixture.log.error("attempt \(attempt) failed", key: "attempt") }
    fixture.log.info("something else")
    #expect(fixture.lines().count == 6)
    fixture.now.nanoseconds.store(61_000_000_000, ordering: .relaxed)
    fixture.log.info("later")
    #expect(fixture.lines() == ["<3>attempt 20 failed (15 more like this)", "<6>later"])
    fixture.log.error("attempt 21 failed", key: "attempt")
    #expect(fixture.lines() == ["<3>attempt 21 failed"])
  }

  @Test("tells the rest of the count at the end")
  func flush() throws {
    let fixture = try Fixture(journal: true)
    for _ in 1...7 { fixture.log.error("again") }
    _ = fixture.lines()
    fixture.log.flush()
    fixture.log.flush()
    #expect(fixture.lines() == ["<3>again (2 more like this)"])
  }

  @Test(
    "never shows a secret or a control character",
    arguments: [
      ("to redis://user:pass@host:6379/0 now", "to redis://user:***@host:6379/0 now"),
      ("redis://:hunter2@[::1]/", "redis://:***@[::1]/"), ("plain redis://host:6379/0", "plain redis://host:6379/0"),
      ("got Zebra-9-secret!", "got ***"), ("got Zebra-9-secret%21 too", "got *** too"),
      ("AUTH ghp_k3PzQ8vRt1XyW5mN7bLs2JdFh9GcAeUoI0T4", "AUTH ***"), ("token=abcdef123", "token=***"),
      ("REDIS_PASSWORD=letmein now", "REDIS_PASSWORD=*** now"),
      ("a\nb\t\u{1b}[31m\u{9b}\u{202e}c", "a\\nb\\t\\u{1b}[31m\\u{9b}\\u{202e}c"), ("größe 5 µs", "größe 5 µs"),
    ])
  func redaction(message: String, line: String) throws {
    let fixture = try Fixture(journal: true)
    fixture.log.hide("Zebra-9-secret!")
    fixture.log.hide("e")
    fixture.log.notice(message)
    #expect(fixture.lines() == ["<5>" + line])
  }

  @Test("goes on when nobody reads any more")
  func closedReader() throws {
    let fixture = try Fixture()
    // Its number stays taken: a test beside this one would get it.
    let nothing = open("/dev/null", O_RDONLY)
    #expect(dup2(nothing, fixture.reader) == fixture.reader)
    close(nothing)
    for number in 0..<100 { fixture.log.error("line \(number)") }
  }

  @Test("drops lines rather than wait for a reader that doesn't read, and says so")
  func fullPipe() throws {
    let fixture = try Fixture(journal: true)
    let long = String(repeating: "x", count: 4_000)
    for number in 0..<40 { fixture.log.error("\(number) \(long)") }
    let first = fixture.lines()
    #expect(first.count < 40)
    fixture.log.error("read again")
    let lines = fixture.lines()
    #expect(lines.first?.hasPrefix("<4>") == true)
    #expect(lines.first?.hasSuffix("lines of this log could not be written") == true)
    #expect(lines.last == "<3>read again")
  }

  @Test("takes lines from many threads whole")
  func threads() async throws {
    let fixture = try Fixture(journal: true)
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask { for number in 0..<20 { fixture.log.info("task \(task) line \(number)") } }
      }
    }
    let lines = fixture.lines()
    #expect(lines.count == 160)
    #expect(lines.allSatisfy { $0.hasPrefix("<6>task ") })
  }

  @Test(
    "knows the names of levels",
    arguments: [("error", LogLevel.error), ("WARN", .warning), ("Info", .info), ("loud", nil)] as [(String, LogLevel?)])
  func levels(text: String, level: LogLevel?) {
    #expect(LogLevel(text) == level)
  }
}
