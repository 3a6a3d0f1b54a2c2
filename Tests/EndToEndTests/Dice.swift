/// A small generator (xorshift64), so that a seed that fails fails again as far as timing lets it.
struct Dice {
  private var state: UInt64

  init(seed: UInt64) { state = (seed &* 0x9e37_79b9_7f4a_7c15) | 1 }

  mutating func roll(_ sides: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(sides))
  }

  mutating func pick<T>(_ choices: [T]) -> T { choices[roll(choices.count)] }
}
