import Glibc

/// Where the engine reads the time from; the simulator brings its own.
public protocol Clock: AnyObject {
  /// Milliseconds since 1970, UTC. It may jump: for display and for what others read, never for intervals.
  var wallMilliseconds: Int64 { get }
  /// Nanoseconds since an arbitrary moment; never goes back.
  var monotonicNanoseconds: Int64 { get }
}

/// The machine's clocks.
public final class SystemClock: Clock {
  /// The machine's clocks; it has no state.
  public init() {}

  /// The corresponding C call is `clock_gettime(CLOCK_REALTIME)`.
  public var wallMilliseconds: Int64 { Self.read(CLOCK_REALTIME) / 1_000_000 }

  /// The corresponding C call is `clock_gettime(CLOCK_MONOTONIC)`.
  public var monotonicNanoseconds: Int64 { Self.read(CLOCK_MONOTONIC) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// Where the engine takes random numbers from; the simulator brings a seeded one.
public protocol RandomSource: AnyObject {
  /// The next 64 bits.
  func next() -> UInt64
}

/// The kernel's random numbers.
public final class SystemRandom: RandomSource {
  private var generator = SystemRandomNumberGenerator()

  /// The kernel's random numbers.
  public init() {}

  /// The next 64 bits.
  public func next() -> UInt64 { generator.next() }
}

extension RandomSource {
  /// A number between 0 and 1.
  public func fraction() -> Double { Double(next() >> 11) / Double(UInt64(1) << 53) }

  /// Lower-case hexadecimal text of `digits` digits (at most 16).
  public func hex(_ digits: Int) -> String {
    let text = String(next(), radix: 16)
    return String((String(repeating: "0", count: 16 - text.count) + text).suffix(digits))
  }
}
