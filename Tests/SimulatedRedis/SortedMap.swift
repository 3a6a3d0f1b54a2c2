import Glibc

/// Names and values of Redis are bytes.
public typealias Bytes = [UInt8]

/// A map from byte strings, iterated in their order; small ones are what it is made for.
///
/// Nothing depends on hashes, so that a seed gives the same run in every process.
struct SortedMap<Value> {
  private(set) var keys: [Bytes] = []
  var values: [Value] = []

  var count: Int { keys.count }
  var isEmpty: Bool { keys.isEmpty }

  /// Where a key is, or would be.
  func find(_ key: Bytes) -> (position: Int, found: Bool) {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      let order = compare(keys[middle], key)
      if order == 0 { return (middle, true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  subscript(key: Bytes) -> Value? {
    let (position, found) = find(key)
    return found ? values[position] : nil
  }

  /// Returns whether the key is new.
  @discardableResult
  mutating func set(_ key: Bytes, to value: Value) -> Bool {
    let (position, found) = find(key)
    if found {
      values[position] = value
    } else {
      keys.insert(key, at: position)
      values.insert(value, at: position)
    }
    return !found
  }

  @discardableResult
  mutating func remove(_ key: Bytes) -> Value? {
    let (position, found) = find(key)
    return found ? remove(at: position) : nil
  }

  @discardableResult
  mutating func remove(at position: Int) -> Value {
    keys.remove(at: position)
    return values.remove(at: position)
  }
}

extension SortedMap: Equatable where Value: Equatable {}
extension SortedMap: Sendable where Value: Sendable {}

/// Negative, 0 or positive, as memcmp(3) and then the lengths have it.
func compare(_ left: Bytes, _ right: Bytes) -> Int {
  let common = min(left.count, right.count)
  let order = left.withUnsafeBufferPointer { left in
    right.withUnsafeBufferPointer { right in
      guard let a = left.baseAddress, let b = right.baseAddress else { return Int32(0) }
      return memcmp(a, b, common)
    }
  }
  return order == 0 ? left.count - right.count : Int(order)
}

func bytes(_ text: String) -> Bytes { Bytes(text.utf8) }
