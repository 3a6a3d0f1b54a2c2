/// What a text consists of, for telling how much of it another has: its lines, long ones in pieces of 64 bytes.
///
/// The measure is that of git's rename detection.
struct Similarity {
  private var weights: [ArraySlice<UInt8>: Int] = [:]
  private let size: Int

  init(_ bytes: [UInt8]) {
    size = bytes.count
    var start = 0
    for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") || index - start == 63 {
      weights[bytes[start...index], default: 0] += index + 1 - start
      start = index + 1
    }
    if start < size { weights[bytes[start...], default: 0] += size - start }
  }

  /// How many percent of the larger text both have; 0 when it can't be `least`.
  func percent(_ other: Similarity, least: Int) -> Int {
    guard max(size, other.size) > 0 else { return 100 }
    // Cheap, and enough for most pairs.
    guard min(size, other.size) * 100 / max(size, other.size) >= least else { return 0 }
    let (few, many) = weights.count < other.weights.count ? (self, other) : (other, self)
    let common = few.weights.reduce(0) { $0 + min($1.value, many.weights[$1.key] ?? 0) }
    return common * 100 / max(size, other.size)
  }
}
