/// What happened in a run: always as a number, in which every effect takes part, and as text where somebody reads it.
public final class Trace {
  /// How much of it is kept as text.
  public enum Detail: Int, Comparable, Sendable {
    /// Nothing.
    case none
    /// What people, the network and the machines did, and what the replicas made of it.
    case story
    /// Every effect.
    case effects

    /// More is more.
    public static func < (left: Detail, right: Detail) -> Bool { left.rawValue < right.rawValue }
  }

  /// The number: two runs that differ in anything differ in it.
  public private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  /// The text, a line each.
  public private(set) var lines: [String] = []
  let detail: Detail
  /// The time, in nanoseconds since the beginning of the run.
  var now: () -> Int64 = { 0 }

  init(_ detail: Detail) { self.detail = detail }

  func mix(_ number: UInt64) {
    hash = (hash ^ number) &* 0x9fb2_1c65_1e98_df25
    hash ^= hash >> 29
  }

  func mix(_ number: Int64) { mix(UInt64(bitPattern: number)) }

  func mix(_ bytes: [UInt8]) {
    mix(UInt64(bytes.count))
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset + 8 <= buffer.count {
        mix(buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset += 8
      }
      while offset < buffer.count {
        mix(UInt64(buffer[offset]))
        offset += 1
      }
    }
  }

  /// Something that a reader of the story wants to know.
  func tell(_ who: String, _ text: @autoclosure () -> String) {
    if detail >= .story { add(who, text()) }
  }

  /// An effect; `number` is what it is known by.
  func effect(_ number: UInt64, _ who: String, _ text: @autoclosure () -> String) {
    mix(now())
    mix(number)
    if detail >= .effects { add(who, text()) }
  }

  private func add(_ who: String, _ text: String) {
    let time = now()
    let seconds = String(time / 1_000_000_000)
    let thousandths = String(1000 + time / 1_000_000 % 1000).dropFirst()
    let left = String(repeating: " ", count: max(0, 6 - seconds.count)) + seconds + "." + thousandths
    lines.append("\(left)  \(who)\(String(repeating: " ", count: max(1, 9 - who.count)))\(text)")
  }
}
