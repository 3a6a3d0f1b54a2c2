public import Support

/// How long a path must be left alone before it is taken; all in nanoseconds.
public struct SettleTiming: Hashable, Sendable {
  /// A name never seen before: a temporary file is renamed within this time.
  public var newName: Int64 = 100_000_000
  /// A deletion: editors delete and make anew.
  public var deletion: Int64 = 2_000_000_000
  /// A file that has become empty: editors truncate and write.
  public var emptied: Int64 = 2_000_000_000
  /// A rename: the old name may be made anew.
  public var rename: Int64 = 300_000_000
  /// A file that is written to: so long nothing must happen to it.
  public var quiet: Int64 = 400_000_000
  /// The longest that a file which is written to all the while waits.
  public var longest: Int64 = 5_000_000_000

  /// The default times.
  public init() {}
}

/// What stands at a path when it is due.
public enum Observation: Hashable, Sendable {
  /// Nothing, or a directory.
  case absent
  /// A file of no bytes.
  case empty(wasEmptyBefore: Bool)
  /// A file that nobody has open for writing, as far as can be told.
  case file
  /// A file that somebody has open for writing.
  case beingWritten
  /// Something that can't be read or represented.
  case unknown
}

/// Decides when what was hinted at is settled, and so may be taken into history.
///
/// It reads no clock and no file; times are monotonic nanoseconds.
public struct Settler: Sendable {
  private enum State: Hashable {
    /// Closed, or never open: its time is short.
    case closed
    case changing
    case removed
    /// Renamed to another path, with which it settles.
    case movedAway(to: BankPath)
  }

  private struct Pending {
    var state: State
    var deadline: Int64
    var first: Int64
    var last: Int64
    var isTracked: Bool
    var absentSince: Int64?
    /// The tracked path that was renamed to this one.
    var origin: BankPath?
  }

  private let timing: SettleTiming
  private var pending: [BankPath: Pending] = [:]
  private var directories: Set<BankPath?> = []

  /// A settler with nothing to settle.
  public init(_ timing: SettleTiming = SettleTiming()) { self.timing = timing }

  /// Whether nothing waits.
  public var isEmpty: Bool { pending.isEmpty && directories.isEmpty }

  /// The next time at which ``due(at:observe:)`` is worth a call; nil when nothing waits.
  public var nextDeadline: Int64? { pending.values.lazy.map(\.deadline).min() }

  // MARK: Hints

  /// Takes a hint.
  ///
  /// A ``WatchHint/directory(_:)`` does nothing by itself: after the last hint of a report,
  /// ``Bank/expandDirectories(of:at:known:isChanged:)`` notes what it stands for.
  public mutating func note(_ hint: WatchHint, at now: Int64, isTracked: (BankPath) -> Bool) {
    switch hint {
    case .written(let path): noteClosed(path, now, isTracked(path))
    case .changing(let path):
      update(path, now, isTracked(path)) { $0.state = .changing }
      postpone(path, now)
    case .movedIn(let path, nil): noteClosed(path, now, isTracked(path))
    case .movedIn(let path, let from?): noteRename(from, path, now, isTracked)
    case .removed(let path): noteRemoved(path, now, isTracked(path))
    case .directory(let path): directories.insert(path)
    }
  }

  /// The directories hinted at since the last call, to be looked at now; nil among them is the whole bank.
  public mutating func takeDirectories() -> [BankPath?] {
    defer { directories = [] }
    if directories.contains(nil) { return [nil] }
    let paths = directories.compactMap(\.self).sorted()
    // What lies below another one is looked at with that.
    return paths.filter { path in !path.ancestors.contains { directories.contains($0) } }
  }

  private mutating func noteClosed(_ path: BankPath, _ now: Int64, _ isTracked: Bool) {
    let pairDeadline = pending[path].flatMap { $0.origin == nil ? nil : $0.deadline }
    update(path, now, isTracked) { $0.state = .closed }
    let wait = isTracked ? 0 : timing.newName
    setDeadline(path, max(min(now + wait, longest(path, now)), pairDeadline ?? now))
  }

  private mutating func noteRemoved(_ path: BankPath, _ now: Int64, _ isTracked: Bool) {
    // Another name had been renamed to this one: it is gone, then, and not only renamed.
    if let origin = pending[path]?.origin, pending[origin]?.state == .movedAway(to: path) {
      pending[origin]?.state = .removed
      setDeadline(origin, now)
    }
    guard isTracked else {
      pending[path] = nil
      return
    }
    // Missed in a look at its old directory: that is known, and where it went too.
    if case .movedAway = pending[path]?.state { return }
    update(path, now, true) {
      $0.state = .removed
      $0.absentSince = $0.absentSince ?? now
      $0.origin = nil
    }
    // Looked at once: if it is there again, it waits as a file does.
    setDeadline(path, now)
  }

  private mutating func noteRename(
    _ from: BankPath, _ path: BankPath, _ now: Int64, _ isTracked: (BankPath) -> Bool
  ) {
    // The first of several renames in a row counts: `a` to `b` to `c` is `a` to `c`.
    var origin = pending[from]?.origin
    if isTracked(from) { origin = from } else { pending[from] = nil }
    guard let origin, origin != path else {
      noteClosed(path, now, isTracked(path))
      return
    }
    update(path, now, isTracked(path)) {
      $0.state = .closed
      $0.origin = origin
    }
    update(origin, now, true) {
      $0.state = .movedAway(to: path)
      $0.absentSince = $0.absentSince ?? now
    }
    setDeadline(path, now + timing.rename)
    setDeadline(origin, now + timing.rename)
  }

  private mutating func update(
    _ path: BankPath, _ now: Int64, _ isTracked: Bool, _ change: (inout Pending) -> Void
  ) {
    var entry = pending[path] ?? Pending(state: .closed, deadline: now, first: now, last: now, isTracked: isTracked)
    entry.isTracked = isTracked
    entry.last = now
    if entry.state == .removed { entry.absentSince = nil }
    change(&entry)
    pending[path] = entry
  }

  private func longest(_ path: BankPath, _ now: Int64) -> Int64 {
    max(now, (pending[path]?.first ?? now) + timing.longest)
  }

  private mutating func setDeadline(_ path: BankPath, _ deadline: Int64) { pending[path]?.deadline = deadline }

  private mutating func postpone(_ path: BankPath, _ now: Int64) {
    setDeadline(path, min(now + timing.quiet, longest(path, now)))
  }

  // MARK: Settling

  /// Takes out what is settled.
  ///
  /// - Parameters:
  ///   - now: The time.
  ///   - observe: Asked about a path whose time has come: where it turns out absent, emptied or still being written
  ///     to, it waits its longer time.
  /// - Returns: The paths that are settled, in order; they are no longer waited for.
  public mutating func due(at now: Int64, observe: (BankPath) -> Observation) -> [BankPath] {
    var settled: [BankPath] = []
    for path in pending.keys.filter({ (pending[$0]?.deadline ?? .max) <= now }).sorted() {
      guard let entry = pending[path], isSettled(path, entry, now, observe) else { continue }
      pending[path] = nil
      settled.append(path)
    }
    return settled
  }

  /// Everything that waits, settled or not, in order: for a barrier.
  public mutating func takeAll() -> [BankPath] {
    defer { pending = [:] }
    return pending.keys.sorted()
  }

  private mutating func isSettled(
    _ path: BankPath, _ entry: Pending, _ now: Int64, _ observe: (BankPath) -> Observation
  ) -> Bool {
    switch observe(path) {
    case .unknown, .empty(wasEmptyBefore: true): return true
    case .empty(wasEmptyBefore: false):
      setDeadline(path, entry.last + timing.emptied)
      return now >= entry.last + timing.emptied
    case .absent: return isSettledAbsent(path, entry, now, observe)
    case .file where entry.state == .closed || entry.state == .changing: return true
    case .beingWritten where entry.state == .changing: return true
    case .file, .beingWritten:
      // Made anew, or opened again, and its event is still on the way.
      if now >= entry.first + timing.longest { return true }
      pending[path]?.state = .changing
      pending[path]?.absentSince = nil
      postpone(path, now)
      return false
    }
  }

  private mutating func isSettledAbsent(
    _ path: BankPath, _ entry: Pending, _ now: Int64, _ observe: (BankPath) -> Observation
  ) -> Bool {
    guard entry.isTracked else {
      // It came and went.
      pending[path] = nil
      return false
    }
    if case .movedAway(let target) = entry.state, observe(target) != .absent {
      guard let other = pending[target], other.deadline > now else { return true }
      setDeadline(path, other.deadline)
      return false
    }
    let since = entry.absentSince ?? now
    pending[path]?.absentSince = since
    setDeadline(path, since + timing.deletion)
    return now >= since + timing.deletion
  }
}
