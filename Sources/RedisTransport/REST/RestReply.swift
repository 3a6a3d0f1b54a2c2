import FoundationEssentials
import Support

/// What a REST endpoint answered: values, or the refusal of the whole request.
enum RestReply {
  case values([RedisValue])
  case refusal(String)
  /// Something that is not JSON, or not of the shape that the interface has.
  case nonsense

  /// Reads the body of an answer to `count` commands.
  init(_ body: [UInt8], _ form: RestRequest.Form, count: Int) {
    guard let json = try? JSONValue.parse(body) else {
      self = .nonsense
      return
    }
    if let members = json.members {
      let value = members.count == 1 ? Self.item(members) : nil
      switch (form, value) {
      case (.single, .some(let value)): self = .values([value])
      case (_, .error(let text)): self = .refusal(text)
      default: self = Self.whole(json)
      }
      return
    }
    guard form != .single, let elements = json.elements, elements.count == count else {
      self = .nonsense
      return
    }
    var values: [RedisValue] = []
    values.reserveCapacity(count)
    for element in elements {
      guard let members = element.members, members.count == 1, let value = Self.item(members) else {
        self = .nonsense
        return
      }
      values.append(value)
    }
    self = .values(values)
  }

  /// An error with more beside it.
  private static func whole(_ json: JSONValue) -> RestReply {
    json["error"]?.text.map { .refusal($0) } ?? .nonsense
  }

  private static func item(_ members: [JSONMember]) -> RedisValue? {
    guard let member = members.first else { return nil }
    switch member.name {
    case "error": return member.value.text.map { .error($0) }
    case "result": return value(member.value)
    default: return nil
    }
  }

  /// A value of an answer in which strings are base64, all but the status `OK`.
  private static func value(_ json: JSONValue) -> RedisValue? {
    switch json {
    case .null: return .null
    case .integer(let number): return .integer(number)
    case .bool(let flag): return .integer(flag ? 1 : 0)
    case .bigInteger(let digits): return .bulk(Array(digits.utf8))
    case .double(let number): return .bulk(Array(number.description.utf8))
    case .string(let text):
      // Padded base64 never has two characters, so the status can't be mistaken; other statuses may come plain.
      guard text.utf8.count.isMultiple(of: 4), let data = Data(base64Encoded: text) else { return .status(text) }
      return .bulk(Array(data))
    case .array(let elements):
      var values: [RedisValue] = []
      values.reserveCapacity(elements.count)
      for element in elements {
        guard let value = value(element) else { return nil }
        values.append(value)
      }
      return .array(values)
    case .object: return nil
    }
  }
}
