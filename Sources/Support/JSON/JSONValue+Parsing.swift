extension JSONValue {
  /// Reads one JSON value (RFC 8259), blanks around it allowed and nothing else.
  ///
  /// - Throws: ``JSONError`` for anything that is not JSON, not UTF-8, half of a surrogate pair, or nested more than
  ///   128 deep.
  public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    // Checked once and whole, so that strings can be cut out of it without looking again.
    guard String(validating: bytes, as: UTF8.self) != nil else { throw JSONError(offset: 0, message: "not UTF-8") }
    return try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
      var parser = JSONParser(bytes: buffer)
      let value = try parser.value(depth: 0)
      parser.skipBlanks()
      guard parser.atEnd else { throw parser.error("something follows the value") }
      return value
    }
  }

  /// Reads one JSON value from text.
  ///
  /// - Throws: ``JSONError``.
  public static func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(Array(text.utf8)) }
}

private struct JSONParser {
  static let depthLimit = 128

  let bytes: UnsafeBufferPointer<UInt8>
  var index = 0

  init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var atEnd: Bool { index == bytes.count }

  func error(_ message: String) -> JSONError { JSONError(offset: index, message: message) }

  /// The byte at the cursor, 0 at the end: no JSON text has a NUL outside a string.
  private var current: UInt8 { index < bytes.count ? bytes[index] : 0 }

  mutating func skipBlanks() {
    while index < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[index]) { index += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    index += 1
    return true
  }

  mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= Self.depthLimit else { throw error("nested too deep") }
    skipBlanks()
    switch current {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw error(atEnd ? "ends too early" : "no value")
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let count = text.utf8CodeUnitCount
    guard bytes.count - index >= count,
      (0..<count).allSatisfy({ bytes[index + $0] == text.utf8Start[$0] })
    else { throw error("no value") }
    index += count
    return value
  }

  private mutating func object(_ depth: Int) throws(JSONError) -> JSONValue {
    index += 1
    var members: [JSONMember] = []
    skipBlanks()
    if take(UInt8(ascii: "}")) { return .object([]) }
    while true {
      skipBlanks()
      guard current == UInt8(ascii: "\"") else { throw error(atEnd ? "ends too early" : "no member name") }
      let name = try string()
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw error(atEnd ? "ends too early" : "no ':'") }
      members.append(JSONMember(name, try value(depth: depth + 1)))
      skipBlanks()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw error(atEnd ? "ends too early" : "no ',' or '}'") }
    }
  }

  private mutating func array(_ depth: Int) throws(JSONError) -> JSONValue {
    index += 1
    var elements: [JSONValue] = []
    skipBlanks()
    if take(UInt8(ascii: "]")) { return .array([]) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipBlanks()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw error(atEnd ? "ends too early" : "no ',' or ']'") }
    }
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = index
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    if isInteger {
      // -0 is a number of its own, which no integer can be.
      if text == "-0" { return .double(-0.0) }
      return Int64(text).map { .integer($0) } ?? .bigInteger(text)
    }
    guard let value = Double(text), value.isFinite else {
      throw JSONError(offset: start, message: "a number that doesn't fit")
    }
    return .double(value)
  }

  private mutating func digits() throws(JSONError) {
    guard Digits.isDigit(current) else { throw error(atEnd ? "ends too early" : "no digit") }
    while Digits.isDigit(current) { index += 1 }
  }

  private mutating func string() throws(JSONError) -> String {
    index += 1
    var start = index
    var text: [UInt8] = []
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        defer { index += 1 }
        if text.isEmpty { return String(decoding: bytes[start..<index], as: UTF8.self) }
        text += bytes[start..<index]
        return String(decoding: text, as: UTF8.self)
      } else if byte == UInt8(ascii: "\\") {
        text += bytes[start..<index]
        index += 1
        try escape(into: &text)
        start = index
      } else if byte < 0x20 {
        throw error("a control character in a string")
      } else {
        index += 1
      }
    }
    throw error("ends too early")
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    let letter = current
    index += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      let first = try codeUnit()
      var value = UInt32(first)
      if (0xd800..<0xdc00).contains(first) {
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw error("half of a surrogate pair") }
        let second = try codeUnit()
        guard (0xdc00..<0xe000).contains(second) else { throw error("half of a surrogate pair") }
        value = 0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(value) else { throw error("half of a surrogate pair") }
      text += UTF8.encode(scalar).map { Array($0) } ?? []
    default:
      index -= 1
      throw error(atEnd ? "ends too early" : "an unknown escape")
    }
  }

  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    guard bytes.count - index >= 4,
      let value = UInt16(String(decoding: bytes[index..<(index + 4)], as: UTF8.self), radix: 16),
      // `UInt16` would also read a sign.
      Digits.isDigit(bytes[index]) || bytes[index] >= UInt8(ascii: "A")
    else { throw error("no four hexadecimal digits") }
    index += 4
    return value
  }
}
