/// One command: its name and arguments, all bytes.
public struct RedisCommand: Sendable, Hashable, ExpressibleByArrayLiteral {
  /// The command's name, then its arguments.
  public var arguments: [[UInt8]]

  /// A command of bytes.
  public init(_ arguments: [[UInt8]]) { self.arguments = arguments }

  /// A command of texts.
  public init(_ arguments: String...) { self.arguments = arguments.map { Array($0.utf8) } }

  /// A command of texts, followed by arguments that may be any bytes.
  public init(_ texts: String..., bytes: [[UInt8]]) { arguments = texts.map { Array($0.utf8) } + bytes }

  /// A command of texts.
  public init(arrayLiteral elements: String...) { arguments = elements.map { Array($0.utf8) } }

  /// The name in upper case, for messages; never the arguments, which may be documents or secrets.
  public var name: String { String(decoding: arguments.first ?? [], as: UTF8.self).uppercased() }

  /// The first key it touches; nil for a command without keys.
  ///
  /// It knows the commands that this program uses; what it doesn't know has its key right after the name,
  /// as almost all commands do.
  public var firstKey: [UInt8]? {
    switch name {
    case "EVAL", "EVALSHA":
      arguments.count > 3 && arguments[2] != [UInt8(ascii: "0")] ? arguments[3] : nil
    case "OBJECT", "MEMORY", "XINFO":
      arguments.count > 2 ? arguments[2] : nil
    case "ACL", "ASKING", "AUTH", "BGSAVE", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DBSIZE", "DEBUG", "ECHO", "EXEC",
      "FLUSHALL", "FLUSHDB", "HELLO", "INFO", "KEYS", "LATENCY", "MULTI", "PING", "PSUBSCRIBE", "PUBLISH", "QUIT",
      "READONLY", "SCAN", "SCRIPT", "SELECT", "SUBSCRIBE", "TIME", "WAIT":
      nil
    default:
      arguments.count > 1 ? arguments[1] : nil
    }
  }

  /// Appends the command as RESP.
  func encode(into output: inout [UInt8]) {
    Self.append(header: UInt8(ascii: "*"), arguments.count, to: &output)
    for argument in arguments {
      Self.append(header: UInt8(ascii: "$"), argument.count, to: &output)
      output += argument
      output.append(13)
      output.append(10)
    }
  }

  private static func append(header: UInt8, _ count: Int, to output: inout [UInt8]) {
    output.append(header)
    output += String(count).utf8
    output.append(13)
    output.append(10)
  }
}
