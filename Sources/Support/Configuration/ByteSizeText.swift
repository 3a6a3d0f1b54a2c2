/// Sizes as people write them: `512`, `64KiB`, `1MiB`, `8M`, `1.5GiB`, `10MB`.
///
/// As in git's own configuration, a bare `k`, `m` or `g` counts in 1,024s; so do `KiB`, `MiB` and `GiB`;
/// `kB`, `MB` and `GB` count in 1,000s.
public enum ByteSizeText {
  private static let units: [(name: String, bytes: Int64)] = [
    ("", 1), ("b", 1),
    ("k", 1 << 10), ("kib", 1 << 10), ("kb", 1_000),
    ("m", 1 << 20), ("mib", 1 << 20), ("mb", 1_000_000),
    ("g", 1 << 30), ("gib", 1 << 30), ("gb", 1_000_000_000),
  ]

  /// The bytes that `text` says; nil when it is no size or doesn't fit.
  public static func bytes(_ text: some StringProtocol) -> Int64? {
    let bytes = Array(text.utf8)
    let split = bytes.firstIndex { !Digits.isDigit($0) && $0 != UInt8(ascii: ".") } ?? bytes.count
    let suffix = bytes[split...].drop { $0 == UInt8(ascii: " ") }
    let name = String(decoding: suffix, as: UTF8.self).lowercased()
    guard let unit = units.first(where: { $0.name == name }) else { return nil }
    let parts = bytes[..<split].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard let first = parts.first, let whole = Digits.number(first) else { return nil }
    let product = whole.multipliedReportingOverflow(by: unit.bytes)
    guard !product.overflow else { return nil }
    if parts.count == 1 { return product.partialValue }
    // Half a byte is no size, so a fraction wants a unit.
    guard parts.count == 2, parts[1].count <= 6, unit.bytes > 1, let decimals = Digits.number(parts[1]) else {
      return nil
    }
    let scale = parts[1].reduce(Int64(1)) { scale, _ in scale * 10 }
    let sum = product.partialValue.addingReportingOverflow(decimals * unit.bytes / scale)
    return sum.overflow ? nil : sum.partialValue
  }

  /// The size in the largest unit of 1,024s that is exact, which ``bytes(_:)`` reads back.
  public static func text(_ bytes: Int64) -> String {
    guard bytes > 0 else { return "\(bytes)" }
    for (shift, name) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] where bytes & ((1 << shift) - 1) == 0 {
      return "\(bytes >> shift)\(name)"
    }
    return "\(bytes)"
  }
}
