/// A JSON value; objects keep the order of their members, and integers are exact.
public enum JSONValue: Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction or exponent that fits 64 bits.
  case integer(Int64)
  /// Any other number that a double holds.
  case double(Double)
  /// An integer beyond 64 bits, in its digits.
  case bigInteger(String)
  /// Text.
  case string(String)
  /// Values in order.
  case array([JSONValue])
  /// Members in order.
  case object([JSONMember])

  /// An object of these members.
  public static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(members.map { JSONMember($0.key, $0.value) })
  }

  /// A number that may be missing.
  public static func integer(_ value: Int) -> JSONValue { .integer(Int64(value)) }

  /// Text, or `null`.
  public static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

  /// The last member of that name, as other readers have it; nil when there is none or this is no object.
  ///
  /// Names are compared by their bytes: to `String` the composed and the decomposed form of a letter are equal.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }

  /// The text, if it is text.
  public var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The integer, if it is one that fits.
  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

  /// The number as a double, if it is a number.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .double(let value): value
    case .bigInteger(let digits): Double(digits)
    default: nil
    }
  }

  /// The truth value, if it is one.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The elements, if it is an array.
  public var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

  /// The members, if it is an object.
  public var members: [JSONMember]? { if case .object(let members) = self { members } else { nil } }
}

/// A name and its value.
public struct JSONMember: Hashable, Sendable {
  /// The name.
  public var name: String
  /// The value.
  public var value: JSONValue

  /// A name and its value.
  public init(_ name: String, _ value: JSONValue) {
    self.name = name
    self.value = value
  }
}

/// Why some bytes are not JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The offset of the byte that is wrong.
  public let offset: Int
  /// What is wrong there.
  public let message: String

  /// What is wrong, and where.
  public var description: String { "\(message) at byte \(offset)" }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  /// Text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An integer.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object whose members stand in the order written.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { JSONMember($0.0, $0.1) })
  }
  /// `null`.
  public init(nilLiteral: ()) { self = .null }
}
