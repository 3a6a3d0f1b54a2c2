public import Support

/// A pattern in gitignore syntax that names files: `*.log`, `journal/**`, `decisions/`.
public struct PathPattern: Hashable, Sendable {
  private let pattern: IgnorePattern

  /// A pattern; nil for what names no file, such as an empty one or one that takes another back.
  public init?(_ text: String) {
    guard let pattern = IgnorePattern(text), !pattern.isNegated else { return nil }
    self.pattern = pattern
  }

  /// Whether it names this file, or a directory that the file is below.
  public func matches(_ path: BankPath) -> Bool {
    matches(path.bytes, isDirectory: false) || path.ancestors.contains { matches($0.bytes, isDirectory: true) }
  }

  private func matches(_ path: [UInt8], isDirectory: Bool) -> Bool {
    let start = (path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
    return pattern.matches(path, nameStart: start, isDirectory: isDirectory)
  }
}
