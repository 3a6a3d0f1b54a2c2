/// A reply of a Redis server, as RESP2 has it.
public enum RedisValue: Hashable, Sendable {
  /// No value: a missing key, field or element.
  case null
  /// A number.
  case integer(Int64)
  /// A short line, such as `OK`.
  case status(String)
  /// Bytes of any kind.
  case bulk([UInt8])
  /// Several values.
  case array([RedisValue])
  /// A refusal; its first word is the code (`WRONGTYPE`, `NOSCRIPT`, …).
  case error(String)

  /// Whether it is ``null``.
  public var isNull: Bool { self == .null }

  /// The bytes of a bulk or status reply.
  public var bytes: [UInt8]? {
    switch self {
    case .bulk(let bytes): bytes
    case .status(let line): Array(line.utf8)
    default: nil
    }
  }

  /// The text of a bulk or status reply; nil when the bytes are not UTF-8.
  public var text: String? {
    switch self {
    case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
    case .status(let line): line
    default: nil
    }
  }

  /// The number of an integer reply, or of a bulk reply that is one in decimal.
  public var integer: Int64? {
    switch self {
    case .integer(let number): number
    case .bulk(let bytes): Int64(String(decoding: bytes, as: UTF8.self))
    default: nil
    }
  }

  /// The elements of an array.
  public var array: [RedisValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The server's words when it refused.
  public var error: String? {
    if case .error(let message) = self { message } else { nil }
  }

  /// The fields of a hash, as `HGETALL` gives them: names and values by turns.
  public var fields: [[UInt8]: [UInt8]]? {
    guard let elements = array, elements.count.isMultiple(of: 2) else { return nil }
    var result: [[UInt8]: [UInt8]] = [:]
    for index in stride(from: 0, to: elements.count, by: 2) {
      guard let name = elements[index].bytes, let value = elements[index + 1].bytes else { return nil }
      result[name] = value
    }
    return result
  }
}
