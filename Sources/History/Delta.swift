/// git's delta format: two sizes, then copies from the base and literal bytes.
enum Delta {
  /// The sizes that a delta begins with, and where its instructions start.
  static func sizes(_ delta: ArraySlice<UInt8>) -> (base: Int, result: Int, start: Int)? {
    var offset = delta.startIndex
    func number() -> Int? {
      var value = 0
      var shift = 0
      while offset < delta.endIndex, shift < 56 {
        let byte = delta[offset]
        offset += 1
        value |= Int(byte & 0x7f) << shift
        if byte & 0x80 == 0 { return value }
        shift += 7
      }
      return nil
    }
    guard let base = number(), let result = number() else { return nil }
    return (base, result, offset)
  }

  /// What a delta makes of a base; nil when it doesn't fit.
  static func apply(_ delta: [UInt8], to base: [UInt8]) -> [UInt8]? {
    guard let (size, total, start) = sizes(delta[...]), size == base.count else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(min(total, 1 << 20))
    var offset = start
    while offset < delta.count {
      let instruction = delta[offset]
      offset += 1
      if instruction & 0x80 == 0 {
        let count = Int(instruction)
        guard count > 0, offset + count <= delta.count, result.count + count <= total else { return nil }
        result += delta[offset..<(offset + count)]
        offset += count
        continue
      }
      var from = 0
      var count = 0
      for bit in 0..<7 where instruction & (1 << UInt8(bit)) != 0 {
        guard offset < delta.count else { return nil }
        let byte = Int(delta[offset])
        offset += 1
        if bit < 4 { from |= byte << (8 * bit) } else { count |= byte << (8 * (bit - 4)) }
      }
      if count == 0 { count = 0x10000 }
      guard from + count <= base.count, result.count + count <= total else { return nil }
      result += base[from..<(from + count)]
    }
    return result.count == total ? result : nil
  }
}
