import Glibc
public import Support

/// Random numbers that a seed decides: xoshiro256**, its state drawn by splitmix64.
public final class SeededRandom: RandomSource {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// The numbers of one purpose in one run; two purposes draw independently, so that dropping an operation from a story
  /// leaves the others as they are.
  public init(seed: UInt64, purpose: UInt64) {
    var mixer = seed &* 0x9e37_79b9_7f4a_7c15 ^ (purpose &+ 1) &* 0xd1b5_4a32_d192_ed03
    func word() -> UInt64 {
      mixer &+= 0x9e37_79b9_7f4a_7c15
      var word = mixer
      word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
      word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
      return word ^ word >> 31
    }
    state = (word(), word(), word(), word())
  }

  /// The next 64 bits.
  public func next() -> UInt64 {
    let product = state.1 &* 5
    let result = (product << 7 | product >> 57) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = state.3 << 45 | state.3 >> 19
    return result
  }

  /// A number from 0 up to `bound`, which isn't among them.
  func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(max(bound, 1))).high) }

  func between(_ low: Int64, _ high: Int64) -> Int64 { low + Int64(below(Int(max(high - low, 0)) + 1)) }

  func chance(_ probability: Double) -> Bool { fraction() < probability }

  func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

  /// A waiting time with this mean.
  func exponential(_ mean: Double) -> Double { -log(1 - fraction()) * mean }
}
