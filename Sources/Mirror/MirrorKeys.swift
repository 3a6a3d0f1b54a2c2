public import Support

/// The names of a bank's keys: `P = <prefix>:{<project>}`, and what follows it.
///
/// The braces are a cluster hash tag: all keys of a bank share a slot, so that one script can touch them all.
public struct MirrorKeys: Hashable, Sendable {
  /// The prefix, before the braces.
  public let prefix: String
  /// The project's name, inside the braces.
  public let project: String
  /// `P`, as text.
  public let root: String

  /// `P:head`, a hash: what the bank's newest commit is.
  public let head: [UInt8]
  /// `P:index`, a hash: path to index entry.
  public let index: [UInt8]
  /// `P:changes`, a stream of changes.
  public let changes: [UInt8]
  /// `P:cache:memory-bank:index`, a string: what agents read first.
  public let cacheIndex: [UInt8]
  /// `P:doc:`, what the key of every document begins with.
  public let documentPrefix: [UInt8]
  /// `P:events`, the channel (not a key) on which each publication's commit is announced.
  public let events: [UInt8]

  /// Checks both names and puts the keys together.
  ///
  /// - Throws: ``MirrorNameError``.
  public init(prefix: String, project: String) throws(MirrorNameError) {
    guard (1...128).contains(prefix.utf8.count),
      prefix.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "}") })
    else { throw .prefix(prefix) }
    guard (1...64).contains(project.utf8.count), project.utf8.allSatisfy(Self.isAllowed) else {
      throw .project(project)
    }
    self.prefix = prefix
    self.project = project
    root = "\(prefix):{\(project)}"
    head = Array("\(root):head".utf8)
    index = Array("\(root):index".utf8)
    changes = Array("\(root):changes".utf8)
    cacheIndex = Array("\(root):cache:memory-bank:index".utf8)
    documentPrefix = Array("\(root):doc:".utf8)
    events = Array("\(root):events".utf8)
  }

  /// `P:doc:<path>`, a string: the document's text.
  public func document(_ path: BankPath) -> [UInt8] { documentPrefix + path.bytes }

  /// `P:pack:<id>`, a string: a git pack.
  public func pack(_ id: String) -> [UInt8] { Array("\(root):pack:\(id)".utf8) }

  /// `P:replica:<id>`, a hash: a replica's sign of life.
  public func replica(_ id: String) -> [UInt8] { Array("\(root):replica:\(id)".utf8) }

  /// `P:snap:<path>:<unix-ms>`, a string: that version.
  public func snapshot(_ path: BankPath, milliseconds: Int64) -> [UInt8] {
    Array("\(root):snap:".utf8) + path.bytes + Array(":\(milliseconds)".utf8)
  }

  /// The path that a document's key names; nil for another key and for a name that must not be a path.
  public func path(ofDocumentKey key: [UInt8]) -> BankPath? {
    guard key.starts(with: documentPrefix) else { return nil }
    do throws(PathProblem) {
      return try BankPath(key[documentPrefix.count...])
    } catch {
      return nil
    }
  }

  /// The kind of a key under `P` (`doc`, `head`, `task`, …): what follows `P:` up to the next colon; nil for others.
  public func kind(ofKey key: [UInt8]) -> String? {
    let start = Array("\(root):".utf8)
    guard key.starts(with: start) else { return nil }
    return String(decoding: key[start.count...].prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
  }

  /// The glob pattern that matches every key beginning with `text`, whatever it holds.
  static func pattern(beginningWith text: [UInt8]) -> [UInt8] {
    var pattern: [UInt8] = []
    for byte in text {
      if #"*?[]\^"#.utf8.contains(byte) { pattern.append(UInt8(ascii: "\\")) }
      pattern.append(byte)
    }
    return pattern + [UInt8(ascii: "*")]
  }

  var everythingPrefix: [UInt8] { Array("\(root):".utf8) }
  var documentPattern: [UInt8] { Self.pattern(beginningWith: documentPrefix) }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

/// A name that can't be part of a key.
public enum MirrorNameError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The prefix.
  case prefix(String)
  /// The project's name.
  case project(String)

  /// What is wrong and what is allowed.
  public var description: String {
    switch self {
    case .prefix(let text):
      "the key prefix '\(escaped(Array(text.utf8)))' must be 1 to 128 printable characters without blanks and braces"
    case .project(let text):
      "the project name '\(escaped(Array(text.utf8)))' must be 1 to 64 of A-Z a-z 0-9 . _ -"
    }
  }
}

/// Bytes as printable text: what is not printable ASCII or valid UTF-8 stands as `\xhh`.
func escaped(_ bytes: [UInt8]) -> String {
  let text = String(validating: bytes, as: UTF8.self)
  if let text, !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }) {
    return text
  }
  var result = ""
  for byte in bytes {
    if (0x20..<0x7f).contains(byte) {
      result.unicodeScalars.append(Unicode.Scalar(byte))
    } else {
      result += "\\x" + hexadecimal([byte])
    }
  }
  return result
}
