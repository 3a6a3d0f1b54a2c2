import Support

/// Time and what is to happen in it: one thread, one queue, no clock but this.
final class World {
  static let second: Int64 = 1_000_000_000
  static let millisecond: Int64 = 1_000_000

  /// Nanoseconds since the beginning.
  private(set) var now: Int64 = 0
  private(set) var events = 0
  private var queue: [Event] = []
  private var sequence: UInt64 = 0

  private struct Event {
    let time: Int64
    let sequence: UInt64
    let body: () -> Void

    func isBefore(_ other: Event) -> Bool { (time, sequence) < (other.time, other.sequence) }
  }

  /// Has something happen at a time; what was asked for first goes first.
  func at(_ time: Int64, _ body: @escaping () -> Void) {
    sequence += 1
    queue.append(Event(time: max(time, now), sequence: sequence, body: body))
    var child = queue.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard queue[child].isBefore(queue[parent]) else { break }
      queue.swapAt(child, parent)
      child = parent
    }
  }

  func after(_ wait: Int64, _ body: @escaping () -> Void) { at(now + wait, body) }

  /// Lets time pass, with all that happens in it.
  ///
  /// It may be called from what happens: a program that waits for an answer lets the others go on meanwhile.
  func run(until end: Int64) {
    while let first = queue.first, first.time <= end {
      removeFirst()
      now = max(now, first.time)
      events += 1
      first.body()
    }
    now = max(now, end)
  }

  /// Drops all that was to happen.
  func end() { queue = [] }

  private func removeFirst() {
    queue.swapAt(0, queue.count - 1)
    queue.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < queue.count && queue[child].isBefore(queue[least]) {
        least = child
      }
      if least == parent { return }
      queue.swapAt(parent, least)
      parent = least
    }
  }
}

/// The clock of one machine, which may be wrong, and be set.
final class MachineClock: Clock {
  /// 2026-01-01, in milliseconds since 1970.
  static let beginning: Int64 = 1_767_225_600_000

  private let world: World
  /// How wrong it is.
  var error: Int64 = 0
  /// When the machine was started, in the world's time.
  var bootedAt: Int64 = -3_600_000_000_000

  init(_ world: World) { self.world = world }

  var wallMilliseconds: Int64 { Self.beginning + error + world.now / World.millisecond }
  var monotonicNanoseconds: Int64 { world.now - bootedAt }
  /// The time that files are stamped with.
  var wallNanoseconds: Int64 { (Self.beginning + error) * World.millisecond + world.now }
}
