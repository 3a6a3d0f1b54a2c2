/// Three texts in one run of bytes, as a fuzzer's input: the first two end where these separators stand.
public struct ThreeTexts: Equatable, Sendable {
  /// What both sides came from.
  public var base: [UInt8]
  /// What one side made of it.
  public var one: [UInt8]
  /// What the other made of it.
  public var other: [UInt8]

  /// A line that no text of the generator has.
  private static let separator = Array("%%%%\n".utf8)

  /// Three texts.
  public init(base: [UInt8], one: [UInt8], other: [UInt8]) { (self.base, self.one, self.other) = (base, one, other) }

  /// Takes them apart; what is missing is empty.
  public init(_ bytes: [UInt8]) {
    let places = bytes[...].ranges(of: Self.separator)
    let ends = [places.first?.lowerBound, places.dropFirst().first?.lowerBound].map { $0 ?? bytes.count }
    let starts = [places.first?.upperBound, places.dropFirst().first?.upperBound].map { $0 ?? bytes.count }
    base = Array(bytes[..<ends[0]])
    one = starts[0] <= ends[1] ? Array(bytes[starts[0]..<ends[1]]) : []
    other = Array(bytes[starts[1]...])
  }

  /// All three as one run of bytes.
  public var bytes: [UInt8] { base + Self.separator + one + Self.separator + other }
}
