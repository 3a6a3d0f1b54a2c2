extension JSONValue {
  /// The value as JSON text, without a newline at its end; `pretty`: one member or element a line, two spaces deeper.
  public func rendered(pretty: Bool = false) -> String {
    String(decoding: renderedBytes(pretty: pretty), as: UTF8.self)
  }

  /// The value as JSON in UTF-8, without a newline at its end.
  public func renderedBytes(pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    writer.write(self, depth: 0)
    return writer.bytes
  }
}

private struct JSONWriter {
  let pretty: Bool
  var bytes: [UInt8] = []

  mutating func write(_ value: JSONValue, depth: Int) {
    switch value {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += String(value).utf8
    // JSON has no infinities; Swift writes all others as JSON does.
    case .double(let value): bytes += (value.isFinite ? value.description : "null").utf8
    case .bigInteger(let digits): bytes += digits.utf8
    case .string(let text): write(text)
    case .array(let elements):
      list("[", "]", elements, depth) { writer, element in writer.write(element, depth: depth + 1) }
    case .object(let members):
      list("{", "}", members, depth) { writer, member in
        writer.write(member.name)
        writer.bytes += (writer.pretty ? ": " : ":").utf8
        writer.write(member.value, depth: depth + 1)
      }
    }
  }

  private mutating func list<T>(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ items: [T], _ depth: Int, _ item: (inout JSONWriter, T) -> Void
  ) {
    bytes.append(UInt8(ascii: open))
    for (index, element) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      newline(depth + 1)
      item(&self, element)
    }
    if !items.isEmpty { newline(depth) }
    bytes.append(UInt8(ascii: close))
  }

  private mutating func newline(_ depth: Int) {
    guard pretty else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes += repeatElement(UInt8(ascii: " "), count: depth * 2)
  }

  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += "\\\"".utf8
      case UInt8(ascii: "\\"): bytes += "\\\\".utf8
      case UInt8(ascii: "\n"): bytes += "\\n".utf8
      case UInt8(ascii: "\r"): bytes += "\\r".utf8
      case UInt8(ascii: "\t"): bytes += "\\t".utf8
      case 0..<0x20, 0x7f: bytes += ("\\u00" + hexadecimal([byte])).utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
