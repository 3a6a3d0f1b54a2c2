/// One request of Upstash's REST interface, and how many commands it carries.
struct RestRequest {
  enum Form {
    /// One command, alone.
    case single
    /// Several, in order, with others' in between.
    case pipeline
    /// Several, all or nothing.
    case transaction
  }

  let form: Form
  let count: Int
  /// What follows the endpoint's address.
  let path: String
  let body: [UInt8]
  let contentType: String

  /// What becomes of some commands: a request, or a refusal that needs no server.
  enum Step {
    case request(RestRequest)
    case refusal(String)
  }

  /// A request's body stays below this, in bytes: a single command may have 10 MB.
  static let bodyLimit = 8 << 20
  /// As many commands as the official client puts into a pipeline.
  static let countLimit = 1000
  private static let pathLimit = 16 << 10

  /// The requests that carry out these commands, in order.
  ///
  /// JSON carries text alone. A command with other bytes in it goes by itself: its last such argument as the body, what
  /// stands before it in the path, pairs that follow as the query.
  static func steps(for commands: [RedisCommand]) -> [Step] {
    if commands.count > 1, commands.first?.name == "MULTI", commands.last?.name == "EXEC" {
      return [transaction(Array(commands[1..<(commands.count - 1)]))]
    }
    var steps: [Step] = []
    var batch: [UInt8] = []
    var count = 0
    func flush() {
      guard count > 0 else { return }
      steps.append(
        .request(count == 1 ? json(.single, 1, "/", batch) : json(.pipeline, count, "/pipeline", bracketed(batch))))
      batch = []
      count = 0
    }
    for command in commands {
      guard let text = JSONText.array(command.arguments) else {
        flush()
        steps.append(binary(command))
        continue
      }
      if count == countLimit || batch.count + text.count + 3 > bodyLimit { flush() }
      if count > 0 { batch.append(UInt8(ascii: ",")) }
      batch += text
      count += 1
    }
    flush()
    return steps
  }

  private static func transaction(_ commands: [RedisCommand]) -> Step {
    var body: [UInt8] = []
    for command in commands {
      guard let text = JSONText.array(command.arguments) else {
        return .refusal("ERR a transaction over REST carries text alone")
      }
      if !body.isEmpty { body.append(UInt8(ascii: ",")) }
      body += text
    }
    return .request(json(.transaction, commands.count, "/multi-exec", bracketed(body)))
  }

  private static func json(_ form: Form, _ count: Int, _ path: String, _ body: [UInt8]) -> RestRequest {
    RestRequest(form: form, count: count, path: path, body: body, contentType: "application/json")
  }

  private static func bracketed(_ text: [UInt8]) -> [UInt8] { [UInt8(ascii: "[")] + text + [UInt8(ascii: "]")] }

  private static func binary(_ command: RedisCommand) -> Step {
    let arguments = command.arguments
    let last = arguments.lastIndex { String(validating: $0, as: UTF8.self) == nil } ?? arguments.count - 1
    let after = arguments[(last + 1)...]
    // Pairs go into the query; what isn't pairs can only stand in the path, the body last and empty.
    let usesBody = after.count.isMultiple(of: 2) && last > 0
    let segments = usesBody ? arguments[..<last] : arguments[...]
    guard segments.allSatisfy({ !$0.isEmpty }) else {
      return .refusal("ERR an empty argument beside bytes that are no text can't be sent over REST")
    }
    var path = segments.map { "/" + percentEncoded($0) }.joined()
    if usesBody, !after.isEmpty {
      let pairs = stride(from: after.startIndex, to: after.endIndex, by: 2).map {
        percentEncoded(after[$0]) + "=" + percentEncoded(after[$0 + 1])
      }
      path += "?" + pairs.joined(separator: "&")
    }
    guard path.utf8.count <= pathLimit else {
      return .refusal("ERR too many arguments beside bytes that are no text for a request over REST")
    }
    return .request(
      RestRequest(
        form: .single, count: 1, path: path, body: usesBody ? arguments[last] : [],
        contentType: "application/octet-stream"))
  }

  static func percentEncoded(_ bytes: [UInt8]) -> String {
    var text = ""
    text.reserveCapacity(bytes.count)
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      // A dot is left alone by encoders, but two alone in a segment mean the one above.
      default:
        text += byte < 16 ? "%0" : "%"
        text += String(byte, radix: 16, uppercase: true)
      }
    }
    return text
  }
}

/// JSON written straight from bytes.
enum JSONText {
  /// An array of strings; nil when one of them is not UTF-8.
  static func array(_ strings: [[UInt8]]) -> [UInt8]? {
    var text: [UInt8] = []
    text.reserveCapacity(strings.reduce(2) { $0 + $1.count + 8 })
    text.append(UInt8(ascii: "["))
    for (index, string) in strings.enumerated() {
      guard String(validating: string, as: UTF8.self) != nil else { return nil }
      if index > 0 { text.append(UInt8(ascii: ",")) }
      append(string, to: &text)
    }
    text.append(UInt8(ascii: "]"))
    return text
  }

  private static let digits = Array("0123456789abcdef".utf8)

  private static func append(_ string: [UInt8], to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        text.append(UInt8(ascii: "\\"))
        text.append(byte)
      case UInt8(ascii: "\n"): text += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      case UInt8(ascii: "\t"): text += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
      case 0..<0x20, 0x7f:
        text += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
