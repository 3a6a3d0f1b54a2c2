import Glibc

/// Messages to standard error, or to the journal when systemd started us.
///
/// A line never holds a secret, control characters or a half of another line. Messages of one kind that come again
/// and again are counted, and the count is told later. A reader that is gone or doesn't read costs lines, not time.
public final class Log: Sendable {
  private struct State {
    var level: LogLevel
    var repeats = LogRepeats()
    var redaction = LogRedaction()
    let sink: LogSink
  }

  private let state: Lock<State>
  private let toJournal: Bool
  private let monotonic: @Sendable () -> Int64
  private let wallSeconds: @Sendable () -> Int64

  /// A log to standard error.
  ///
  /// - Parameters:
  ///   - level: The least important level that is written.
  ///   - journalStream: The value of `JOURNAL_STREAM`; where it names standard error, lines begin with `<N>` as
  ///     sd-daemon(3) says and bear no time of their own.
  public convenience init(level: LogLevel = .notice, journalStream: String? = nil) {
    self.init(level: level, journalStream: journalStream, descriptor: STDERR_FILENO)
  }

  /// A log to any descriptor; the clocks are for tests.
  public init(
    level: LogLevel, journalStream: String?, descriptor: Int32,
    monotonic: @escaping @Sendable () -> Int64 = { SystemClock().monotonicNanoseconds },
    wallSeconds: @escaping @Sendable () -> Int64 = { SystemClock().wallMilliseconds / 1_000 }
  ) {
    state = Lock(State(level: level, sink: LogSink(descriptor: descriptor)))
    toJournal = Self.isJournal(descriptor, journalStream)
    self.monotonic = monotonic
    self.wallSeconds = wallSeconds
  }

  /// The least important level that is written.
  public var level: LogLevel {
    get { state.withLock { $0.level } }
    set { state.withLock { $0.level = newValue } }
  }

  /// Never shows `secret` again, in any line.
  public func hide(_ secret: String) { state.withLock { $0.redaction.add(secret) } }

  /// Writes a message; `key` says what makes two messages of one kind, for counting (nil: their text).
  public func write(_ level: LogLevel, _ message: @autoclosure () -> String, key: String? = nil) {
    guard level <= self.level else { return }
    let text = message()
    let now = monotonic()
    state.withLock { state in
      for summary in state.repeats.summaries(at: now, all: false) { put(summary.level, summary.text, &state) }
      guard state.repeats.admits(key ?? text, level, text, at: now) else { return }
      put(level, text, &state)
    }
  }

  /// Tells what has been counted and not told; at the end of the program, and whenever a quiet moment comes.
  public func flush() {
    let now = monotonic()
    state.withLock { state in
      for summary in state.repeats.summaries(at: now, all: true) { put(summary.level, summary.text, &state) }
    }
  }

  /// Something failed that somebody must look at.
  public func error(_ message: @autoclosure () -> String, key: String? = nil) { write(.error, message(), key: key) }
  /// Something is not as it should be, and membank goes on.
  public func warning(_ message: @autoclosure () -> String, key: String? = nil) { write(.warning, message(), key: key) }
  /// Normal, and worth knowing.
  public func notice(_ message: @autoclosure () -> String, key: String? = nil) { write(.notice, message(), key: key) }
  /// What is being done.
  public func info(_ message: @autoclosure () -> String, key: String? = nil) { write(.info, message(), key: key) }
  /// What a developer wants to know.
  public func debug(_ message: @autoclosure () -> String, key: String? = nil) { write(.debug, message(), key: key) }

  private func put(_ level: LogLevel, _ message: String, _ state: inout State) {
    let lost = state.sink.dropped
    if lost > 0 { state.sink.write(line(.warning, "\(lost) lines of this log could not be written")) }
    state.sink.write(line(level, state.redaction.clean(message)))
  }

  private func line(_ level: LogLevel, _ message: String) -> [UInt8] {
    Array((toJournal ? "<\(level.rawValue)>\(message)\n" : "\(time()) \(level): \(message)\n").utf8)
  }

  /// Local time, as `2026-11-20T22:14:03+0100`.
  private func time() -> String {
    var seconds = time_t(wallSeconds())
    var parts = tm()
    localtime_r(&seconds, &parts)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 40) { buffer in
      guard let start = buffer.baseAddress else { return "" }
      let count = strftime(start, buffer.count, "%Y-%m-%dT%H:%M:%S%z", &parts)
      return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// Whether `stream` (`device:inode`) is what stands behind `descriptor`: a program that was started by a service
  /// inherits the variable even when its own standard error is a file or a terminal.
  private static func isJournal(_ descriptor: Int32, _ stream: String?) -> Bool {
    guard let stream else { return false }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return false }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }
}
