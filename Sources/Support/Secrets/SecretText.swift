/// A document's bytes, with what every matcher asks of them.
///
/// Each matcher looks a bounded way around the place that it is asked about, or to the end of what it then takes:
/// that keeps the whole scan linear on any input.
struct SecretText {
  let bytes: UnsafeBufferPointer<UInt8>
  var count: Int { bytes.count }

  func starts(with prefix: [UInt8], at start: Int) -> Bool {
    guard count - start >= prefix.count else { return false }
    for index in prefix.indices where bytes[start + index] != prefix[index] { return false }
    return true
  }

  /// Compares with letters that are small in `prefix`.
  func startsIgnoringCase(_ prefix: StaticString, at start: Int) -> Bool {
    let length = prefix.utf8CodeUnitCount
    guard count - start >= length else { return false }
    for index in 0..<length {
      let byte = bytes[start + index]
      guard (ByteSet.upper.contains(byte) ? byte | 0x20 : byte) == prefix.utf8Start[index] else { return false }
    }
    return true
  }

  /// The end of the run of bytes in `set` that begins at `start`, at most `limit` bytes on.
  func run(of set: ByteSet, from start: Int, limit: Int) -> Int {
    let bound = min(count, start + limit)
    var end = start
    while end < bound, set.contains(bytes[end]) { end += 1 }
    return end
  }

  /// Whether a key may begin at `start`: in the middle of a word it is a piece of something else.
  func isBoundary(_ start: Int) -> Bool {
    guard start > 0, ByteSet.urlSafe.contains(bytes[start - 1]) else { return true }
    // `\n`, `\t`, `\r` in quoted text.
    guard start > 1, bytes[start - 2] == UInt8(ascii: "\\") else { return false }
    return ByteSet("ntr").contains(bytes[start - 1])
  }
}
