public import Support

/// Something in the bank that membank can't represent, read or write, for people to see.
public struct BankProblem: Hashable, Sendable {
  /// What kind of problem it is.
  public enum Kind: String, Hashable, Sendable {
    /// It can't be read, or listed if it is a directory.
    case unreadable
    /// Its name is not the name of a document: not UTF-8, reserved, too long.
    case badName
    /// It is a symbolic link; those are not followed and not mirrored.
    case symbolicLink
    /// It is a pipe, a socket or a device.
    case special
    /// It is over the size limit.
    case tooLarge
    /// Another name differs from it in upper and lower case only.
    case caseClash
    /// Another name is written with the same letters in another Unicode form.
    case normalisationClash
    /// It can't be written.
    case writeFailed
    /// The version in it may not leave this machine: a secret was found in it.
    case heldBack
  }

  /// The name relative to the root, printable: what isn't is escaped as `\xNN`.
  public let name: String
  /// The same as a path, nil when it can't be one.
  public let path: BankPath?
  /// What is wrong, as the end of a sentence that begins with the name.
  public let reason: String
  /// What kind of problem it is.
  public let kind: Kind

  /// A problem with a path.
  public init(_ kind: Kind, _ path: BankPath, _ reason: String) {
    self.init(kind, name: path.bytes, path: path, reason)
  }

  /// A problem with a name that may not be a path.
  public init(_ kind: Kind, name: [UInt8], path: BankPath?, _ reason: String) {
    self.name = printable(name)
    self.path = path
    self.reason = reason
    self.kind = kind
  }
}

/// The bytes as text that does no harm on a terminal: what isn't printable UTF-8 is escaped as `\xNN`.
public func printable(_ bytes: [UInt8]) -> String {
  let isPlain = bytes.allSatisfy { (0x20..<0x7f).contains($0) && $0 != UInt8(ascii: "\\") }
  if isPlain { return String(decoding: bytes, as: UTF8.self) }
  var text = ""
  var decoder = UTF8()
  var rest = bytes[...]
  while let byte = rest.first {
    var source = rest.makeIterator()
    // C1 controls steer terminals, bidirectional controls reorder what is shown.
    if case .scalarValue(let scalar) = decoder.decode(&source), scalar.value >= 0x20, scalar != "\\",
      !(0x7f...0x9f).contains(scalar.value), !(0x202a...0x202e).contains(scalar.value),
      !(0x2066...0x2069).contains(scalar.value)
    {
      text.unicodeScalars.append(scalar)
      rest = rest.dropFirst(UTF8.width(scalar))
    } else {
      text += "\\x" + hexadecimal([byte])
      rest = rest.dropFirst()
    }
    decoder = UTF8()
  }
  return text
}
