public import Support

/// Which names in the bank's directory are none of the bank's business.
///
/// The syntax is that of gitignore: the last pattern that matches decides, and nothing can be taken back below an
/// ignored directory. The built-in defaults come before every pattern.
public struct IgnoreRules: Sendable, Equatable {
  private let patterns: [IgnorePattern]
  private let include: [IgnorePattern]

  /// Rules from lines of gitignore syntax.
  ///
  /// - Parameters:
  ///   - patterns: What to ignore; comments and empty lines are allowed.
  ///   - include: When not empty, every file is ignored that none of these patterns matches, itself or a directory
  ///     above it; what the defaults ignore stays ignored.
  public init(patterns: [String], include: [String] = []) {
    self.patterns = patterns.compactMap(IgnorePattern.init)
    self.include = include.compactMap(IgnorePattern.init)
  }

  /// The built-in patterns, in gitignore syntax.
  public static var defaults: [String] { IgnoreDefaults.lines }

  /// Whether a path is ignored, by itself or with a directory above it.
  public func ignores(_ path: BankPath, isDirectory: Bool) -> Bool {
    var nameStart = 0
    for index in path.bytes.indices where path.bytes[index] == UInt8(ascii: "/") {
      if excludes(Array(path.bytes[..<index]), nameStart: nameStart, isDirectory: true) { return true }
      nameStart = index + 1
    }
    return ignoresEntry(path.bytes, nameStart: nameStart, isDirectory: isDirectory)
  }

  /// Whether something is ignored whose directory isn't.
  func ignoresEntry(_ path: [UInt8], nameStart: Int, isDirectory: Bool) -> Bool {
    excludes(path, nameStart: nameStart, isDirectory: isDirectory) || (!isDirectory && !includes(path))
  }

  private func excludes(_ path: [UInt8], nameStart: Int, isDirectory: Bool) -> Bool {
    let last = patterns.last { $0.matches(path, nameStart: nameStart, isDirectory: isDirectory) }
    if let last { return !last.isNegated }
    return IgnoreDefaults.compiled.matches(path, nameStart: nameStart, isDirectory: isDirectory)
  }

  // What is nearest to the file decides: `docs/` with `!docs/private/` leaves the private ones out.
  private func includes(_ path: [UInt8]) -> Bool {
    guard !include.isEmpty else { return true }
    var end = path.count
    while end > 0 {
      let level = Array(path[..<end])
      let slash = level.lastIndex(of: UInt8(ascii: "/"))
      let nameStart = (slash ?? -1) + 1
      let last = include.last { $0.matches(level, nameStart: nameStart, isDirectory: end < path.count) }
      if let last { return !last.isNegated }
      end = slash ?? 0
    }
    return false
  }

  /// Whether a name is passed over in silence though no document can have it: git's, membank's own.
  public static func isSilent(_ name: some Collection<UInt8>) -> Bool {
    if name.starts(with: PathProblem.temporaryPrefix.utf8) { return true }
    guard name.first == UInt8(ascii: "."), name.count == 4 || name.count == 8 else { return false }
    let lower = name.map { (0x41...0x5a).contains($0) ? $0 + 32 : $0 }
    return lower.elementsEqual(".git".utf8) || lower.elementsEqual(".membank".utf8)
  }
}
