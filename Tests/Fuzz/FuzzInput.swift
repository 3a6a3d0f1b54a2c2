/// An input, read from front to back as what a target needs; at its end everything is zero or empty.
struct FuzzInput {
  private var left: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { left = bytes[...] }

  var isEmpty: Bool { left.isEmpty }

  mutating func byte() -> UInt8 { left.popFirst() ?? 0 }

  mutating func flag() -> Bool { byte() & 1 == 1 }

  /// A number from 0 to below `limit`, which is at most 65,536.
  mutating func number(below limit: Int) -> Int {
    let value = limit > 256 ? Int(byte()) << 8 | Int(byte()) : Int(byte())
    return limit > 0 ? value % limit : 0
  }

  /// Any 64 bits, the extremes among them more often than chance would have them.
  mutating func wide() -> Int64 {
    switch byte() % 8 {
    case 0: return .min
    case 1: return .max
    case 2: return 0
    case 3: return -1
    case 4: return Int64(byte())
    default: return (0..<8).reduce(Int64(0)) { value, _ in value << 8 | Int64(byte()) }
    }
  }

  /// One of some choices; nil when there are none.
  mutating func one<C: RandomAccessCollection>(of choices: C) -> C.Element? {
    guard !choices.isEmpty else { return nil }
    return choices[choices.index(choices.startIndex, offsetBy: number(below: choices.count))]
  }

  /// Bytes with their number before them, at most 255.
  mutating func piece() -> [UInt8] { take(Int(byte())) }

  mutating func take(_ count: Int) -> [UInt8] {
    let taken = Array(left.prefix(count))
    left = left.dropFirst(count)
    return taken
  }

  /// A piece as text, repaired where it is not UTF-8.
  mutating func text() -> String { String(decoding: piece(), as: UTF8.self) }

  mutating func rest() -> [UInt8] {
    defer { left = [] }
    return Array(left)
  }

  /// The rest, parted at line feeds.
  mutating func lines() -> [[UInt8]] {
    rest().split(separator: 10, omittingEmptySubsequences: false).map { Array($0) }
  }
}
