/// A command that was refused, in the words of the real server.
struct Refusal: Error, Hashable {
  let message: String

  init(_ message: String) { self.message = message }

  /// The message as it is sent: one line.
  var line: String { String(message.map { $0.isNewline ? " " : $0 }) }

  static let wrongType = Refusal("WRONGTYPE Operation against a key holding the wrong kind of value")
  static let notInteger = Refusal("ERR value is not an integer or out of range")
  static let syntax = Refusal("ERR syntax error")
  static let noSuchKey = Refusal("ERR no such key")
  static let full = Refusal("OOM command not allowed when used memory > 'maxmemory'.")
  static let readOnly = Refusal("READONLY You can't write against a read only replica.")
  static let streamID = Refusal("ERR Invalid stream ID specified as stream command argument")

  static func arity(_ command: String) -> Refusal { Refusal("ERR wrong number of arguments for '\(command)' command") }

  static func expiry(_ command: Bytes) -> Refusal {
    Refusal("ERR invalid expire time in '\(text(command).lowercased())' command")
  }

  /// The real server shows at most 128 characters of arguments.
  static func unknown(_ arguments: [Bytes]) -> Refusal {
    var shown = ""
    for argument in arguments.dropFirst() where shown.utf8.count < 128 {
      shown += "'" + String(text(argument).prefix(128 - shown.utf8.count)) + "' "
    }
    return Refusal("ERR unknown command '\(text(arguments[0]).prefix(128))', with args beginning with: \(shown)")
  }
}

func text(_ bytes: Bytes) -> String { String(decoding: bytes, as: UTF8.self) }

/// A whole number as Redis reads one: no blanks, no plus sign, no leading zeros.
func wholeNumber(_ argument: Bytes) throws(Refusal) -> Int64 {
  let digits = argument.first == UInt8(ascii: "-") ? argument.dropFirst() : argument[...]
  guard let first = digits.first, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
    first != UInt8(ascii: "0") || argument.count == 1, let number = Int64(text(argument))
  else { throw .notInteger }
  return number
}

/// Whether an argument is this word, in any case.
func isWord(_ argument: Bytes, _ word: StaticString) -> Bool {
  guard argument.count == word.utf8CodeUnitCount else { return false }
  for (offset, byte) in argument.enumerated() {
    let upper = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 32 : byte
    if upper != word.utf8Start[offset] { return false }
  }
  return true
}

/// What two positions, counted from the end when they are negative, include of `count` elements; nil: nothing.
func inclusiveRange(_ first: Int64, _ last: Int64, of count: Int) -> ClosedRange<Int>? {
  let count = Int64(count)
  let start = max(0, first < 0 ? first &+ count : first)
  let end = min(count - 1, last < 0 ? last &+ count : last)
  return start <= end && end >= 0 ? Int(start)...Int(end) : nil
}
