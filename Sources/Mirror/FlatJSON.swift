/// A reader for JSON objects whose members of interest are plain strings, numbers and truth values.
///
/// An inspection reads one such object per document, ten thousand in a row; a general decoder takes ten times as long
/// for the same.
enum FlatJSON {
  /// The scalar members as text, nested ones and texts with escapes left out; nil when it is no object.
  static func members(_ bytes: [UInt8]) -> [String: String]? {
    var reader = Reader(bytes: bytes)
    guard reader.take("{") else { return nil }
    var result: [String: String] = [:]
    if reader.take("}") { return reader.isAtEnd ? result : nil }
    repeat {
      guard let (name, plainName) = reader.string(), reader.take(":") else { return nil }
      guard let (value, plainValue) = reader.value() else { return nil }
      if plainName, plainValue { result[name] = value }
    } while reader.take(",")
    return reader.take("}") && reader.isAtEnd ? result : nil
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
      while let byte = next, byte == 32 || (9...13).contains(byte) { position += 1 }
    }

    var isAtEnd: Bool {
      mutating get {
        skipBlanks()
        return next == nil
      }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      skipBlanks()
      guard next == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    /// A string, and whether it had no escapes (they stand undecoded).
    mutating func string() -> (String, Bool)? {
      guard take("\"") else { return nil }
      let start = position
      var plain = true
      while let byte = next {
        if byte == UInt8(ascii: "\"") {
          position += 1
          return (String(decoding: bytes[start..<(position - 1)], as: UTF8.self), plain)
        }
        if byte == UInt8(ascii: "\\") {
          plain = false
          position += 1
        }
        position += 1
      }
      return nil
    }

    /// Any value as text, and whether it is a scalar without escapes.
    mutating func value() -> (String, Bool)? {
      skipBlanks()
      switch next {
      case UInt8(ascii: "\""): return string()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        var depth = 0
        while let byte = next {
          switch byte {
          case UInt8(ascii: "\""):
            guard string() != nil else { return nil }
            continue
          case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
          case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
          default: break
          }
          position += 1
          if depth == 0 { return ("", false) }
        }
        return nil
      default:
        let start = position
        while let byte = next, !",}] \t\r\n".utf8.contains(byte) { position += 1 }
        return start == position ? nil : (String(decoding: bytes[start..<position], as: UTF8.self), true)
      }
    }
  }
}
