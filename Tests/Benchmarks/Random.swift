import Glibc

/// Seeded random numbers (SplitMix64), so that every run has the same corpus and the same saves.
struct Random: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A number between 0 and 1, 0 excluded.
  mutating func fraction() -> Double { (Double(next() >> 11) + 1) / Double(UInt64(1) << 53) }

  /// A normally distributed number (Box and Muller).
  mutating func normal() -> Double { (-2 * log(fraction())).squareRoot() * cos(2 * .pi * fraction()) }

  /// A lognormally distributed number with that median.
  mutating func lognormal(median: Double, sigma: Double) -> Double { median * exp(sigma * normal()) }
}
