import Glibc
import Support

/// Numbers that a seed determines (SplitMix64).
final class SeededRandom: RandomSource {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}

/// The machine's clock, moved on by as much as a test says.
final class MovedClock: Clock {
  private let system = SystemClock()
  /// Milliseconds.
  var offset: Int64 = 0

  var wallMilliseconds: Int64 { system.wallMilliseconds + offset }
  var monotonicNanoseconds: Int64 { system.monotonicNanoseconds + offset * 1_000_000 }
}

/// The seeds that a test takes; `MEMBANK_SEEDS=5000` tries more than a usual run has time for.
func seeds(usually count: Int) -> ClosedRange<Int> {
  1...max(1, getenv("MEMBANK_SEEDS").flatMap { Int(String(cString: $0)) } ?? count)
}
