public import Support

/// The names of conflict copies: `<stem>.conflict-<hex of the blob>.<extension>`.
///
/// The name depends on the content alone, so that two replicas that set the same version aside make the same file.
public enum ConflictName {
  private static let infix = Array(".conflict-".utf8)
  private static let longestName = 255

  /// The name for the version `blob` of `path`, with `digits` hexadecimal digits of the blob's id.
  ///
  /// A copy of a copy is named after the original. The stem is cut, at a character's boundary, where the whole
  /// would be longer than a file name may be.
  public static func copy(of path: BankPath, blob: ObjectID, digits: Int = 8) -> BankPath? {
    let original = Self.original(of: path) ?? path
    let directory = original.parent.map { $0.bytes + [UInt8(ascii: "/")] } ?? []
    let (stem, suffix) = split(Array(original.name.utf8))
    let tail = infix + Array(blob.short(digits).utf8) + suffix
    var kept = stem.prefix(max(0, longestName - tail.count))
    while !kept.isEmpty, String(validating: kept, as: UTF8.self) == nil { kept = kept.dropLast() }
    return try? BankPath(directory + kept + tail)
  }

  /// The path that `path` is a conflict copy of, nil when it isn't one.
  ///
  /// A stem that was cut can't be told from a short one: the answer is then the cut name.
  public static func original(of path: BankPath) -> BankPath? {
    let name = Array(path.name.utf8)
    // The last that is one: an extension may begin in the same way.
    for start in name.indices.dropFirst().reversed() where name[start...].starts(with: infix) {
      let rest = name[(start + infix.count)...]
      let hex = rest.prefix { isHexadecimal($0) }
      let suffix = rest.dropFirst(hex.count)
      guard (8...40).contains(hex.count), suffix.isEmpty || suffix.first == UInt8(ascii: ".") else { continue }
      let directory = path.parent.map { $0.bytes + [UInt8(ascii: "/")] } ?? []
      return try? BankPath(directory + name[..<start] + suffix)
    }
    return nil
  }

  /// Splits a name before its extension; a leading dot belongs to the stem.
  private static func split(_ name: [UInt8]) -> (stem: [UInt8], suffix: [UInt8]) {
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0, name.count - dot <= 17 else { return (name, []) }
    return (Array(name[..<dot]), Array(name[dot...]))
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
