import Glibc

/// The path of a document inside a bank: bytes of valid UTF-8, components separated by `/`.
///
/// Two paths are the same only when their bytes are: `String` would take the composed and the decomposed
/// form of a letter for equal, and two files for one. The order is that of the bytes, as in git's index.
public struct BankPath: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The path's bytes, without a slash at either end.
  public let bytes: [UInt8]

  /// Takes bytes from disk, git or Redis and refuses what must never be written to or read from.
  ///
  /// - Throws: ``PathProblem``, naming what is wrong.
  public init(_ bytes: some Sequence<UInt8>) throws(PathProblem) {
    let bytes = Array(bytes)
    try PathProblem.check(bytes)
    self.bytes = bytes
  }

  /// The same for an array, which is taken as it is.
  public init(_ bytes: [UInt8]) throws(PathProblem) {
    try PathProblem.check(bytes)
    self.bytes = bytes
  }

  /// Takes a path written as text.
  ///
  /// - Throws: ``PathProblem``, naming what is wrong.
  public init(_ text: String) throws(PathProblem) {
    try self.init(Array(text.utf8))
  }

  private init(trusted bytes: [UInt8]) { self.bytes = bytes }

  /// The path as text; exact, since the bytes are valid UTF-8.
  public var description: String { String(decoding: bytes, as: UTF8.self) }

  /// The last component.
  public var name: String {
    String(decoding: bytes[((bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...], as: UTF8.self)
  }

  /// The directory that holds it, nil at the bank's root.
  public var parent: BankPath? {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return BankPath(trusted: Array(bytes[..<slash]))
  }

  /// Every directory above it, outermost first.
  public var ancestors: [BankPath] {
    bytes.indices.filter { bytes[$0] == UInt8(ascii: "/") }.map { BankPath(trusted: Array(bytes[..<$0])) }
  }

  /// Whether it is `directory` or lies below it.
  public func isInside(_ directory: BankPath) -> Bool {
    bytes.starts(with: directory.bytes)
      && (bytes.count == directory.bytes.count || bytes[directory.bytes.count] == UInt8(ascii: "/"))
  }

  /// The path one component further down.
  ///
  /// - Throws: ``PathProblem``, naming what is wrong with the component or the sum.
  public func appending(_ name: some Collection<UInt8>) throws(PathProblem) -> BankPath {
    try appending(Array(name)[...])
  }

  /// The same for a slice of an object's or a listing's bytes.
  public func appending(_ name: ArraySlice<UInt8>) throws(PathProblem) -> BankPath {
    // What stands above it has been checked: reading a tree makes one path after another from the same directory.
    try PathProblem.check(name)
    guard bytes.count + 1 + name.count <= 4095 else { throw .tooLong }
    var sum: [UInt8] = []
    sum.reserveCapacity(bytes.count + 1 + name.count)
    sum += bytes
    sum.append(UInt8(ascii: "/"))
    sum += name
    try PathProblem.checkDepth(sum[...])
    return BankPath(trusted: sum)
  }

  /// Byte order.
  public static func < (left: BankPath, right: BankPath) -> Bool {
    left.bytes.withUnsafeBytes { left in
      right.bytes.withUnsafeBytes { right in
        // Large banks are sorted several times in a pass: the C library compares sixteen bytes at a time.
        guard let one = left.baseAddress, let other = right.baseAddress else { return left.count < right.count }
        let order = memcmp(one, other, min(left.count, right.count))
        return order == 0 ? left.count < right.count : order < 0
      }
    }
  }

  /// Whether the bytes are the same.
  public static func == (left: BankPath, right: BankPath) -> Bool {
    left.bytes.withUnsafeBytes { left in
      right.bytes.withUnsafeBytes { right in
        guard left.count == right.count, let one = left.baseAddress, let other = right.baseAddress else {
          return left.count == right.count
        }
        return one == other || memcmp(one, other, left.count) == 0
      }
    }
  }

  /// Feeds all bytes at once; the derived one feeds them one by one, which takes ten times as long.
  public func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

/// Why some bytes are not the path of a document.
public enum PathProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nothing, or an empty component (`a//b`, `/a`, `a/`).
  case empty
  /// `.` or `..` as a component.
  case dots
  /// Not UTF-8.
  case notUTF8
  /// A control character, NUL included.
  case controlCharacter
  /// A name that belongs to git or to membank: `.git`, `.membank`, a temporary file of ours.
  case reserved(String)
  /// A component over 255 bytes or a path over 4,095.
  case tooLong
  /// More than ``deepest`` components.
  case tooDeep

  /// The prefix of the temporary files that guarded writes make; random digits follow.
  public static let temporaryPrefix = ".mb-tmp-"

  /// So many components a path may have: walks through trees and directories go as deep as that, and the stack ends
  /// somewhere.
  public static let deepest = 128

  /// What is wrong, as the end of a sentence that begins with the name.
  public var description: String {
    switch self {
    case .empty: "has an empty component"
    case .dots: "has a component '.' or '..'"
    case .notUTF8: "is not UTF-8"
    case .controlCharacter: "has a control character"
    case .reserved(let name): "uses the reserved name '\(name)'"
    case .tooLong: "is too long"
    case .tooDeep: "lies in more than \(Self.deepest - 1) directories"
    }
  }

  static func check(_ bytes: [UInt8]) throws(PathProblem) { try check(bytes[...]) }

  static func check(_ bytes: ArraySlice<UInt8>) throws(PathProblem) {
    guard bytes.count <= 4095 else { throw .tooLong }
    try checkDepth(bytes)
    if try !checkPlainText(bytes) { try checkText(bytes) }
    var start = bytes.startIndex
    while start <= bytes.endIndex {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
      guard end > start else { throw .empty }
      guard end - start <= 255 else { throw .tooLong }
      // Every name that must not be begins with a dot.
      if bytes[start] == UInt8(ascii: ".") { try checkDotName(bytes[start..<end]) }
      start = end + 1
    }
  }

  static func checkDepth(_ bytes: ArraySlice<UInt8>) throws(PathProblem) {
    // Most paths are too short for it.
    guard bytes.count > deepest, bytes.count(where: { $0 == UInt8(ascii: "/") }) >= deepest else { return }
    throw .tooDeep
  }

  /// - Returns: Whether all of it is ASCII: then nothing more is to be known of the text.
  private static func checkPlainText(_ bytes: ArraySlice<UInt8>) throws(PathProblem) -> Bool {
    var isASCII = true
    for byte in bytes {
      if byte < 0x20 || byte == 0x7f { throw .controlCharacter }
      if byte >= 0x80 { isASCII = false }
    }
    return isASCII
  }

  private static func checkText(_ bytes: ArraySlice<UInt8>) throws(PathProblem) {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
    // C1 controls (U+0080–U+009F) steer terminals as the ASCII ones do.
    guard !text.unicodeScalars.contains(where: { (0x80...0x9f).contains($0.value) }) else { throw .controlCharacter }
  }

  private static func checkDotName(_ component: ArraySlice<UInt8>) throws(PathProblem) {
    guard !(component.count <= 2 && component.allSatisfy { $0 == UInt8(ascii: ".") }) else { throw .dots }
    let name = String(decoding: component, as: UTF8.self)
    // Case is folded because `.GIT` is `.git` on a file system that folds it.
    // By bytes: to `String` an accent that follows the prefix belongs to its last letter.
    guard ![".git", ".membank"].contains(name.lowercased()), !component.starts(with: temporaryPrefix.utf8) else {
      throw .reserved(name)
    }
  }
}
