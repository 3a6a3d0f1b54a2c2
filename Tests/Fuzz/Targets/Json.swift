import Support

extension FuzzTarget {
  /// JSON from the control socket and from files.
  static let json = FuzzTarget(
    "json",
    words: [
      "{", "}", "[", "]", ":", ",", "\"", "\\u", "\\ud83d\\ude00", "\\ud800", "true", "false", "null", "-0", "1e308",
      "1e309", "5e-324", "9223372036854775807", "9223372036854775808", "0.1", "\\\\", "\\/",
    ],
    seeds: [
      #"{"a":[1,-0,2.5e-3,true,false,null,"x\n\u0041\ud83d\ude00"],"b":{}}"#, " [ ] ", "123456789012345678901234567890",
      "{\"command\":\"status\"}\n",
    ]
  ) { input in
    let bytes = input.rest()
    do {
      let value = try JSONValue.parse(bytes)
      for pretty in [false, true] {
        let again = try JSONValue.parse(value.renderedBytes(pretty: pretty))
        try hold(isSame(value, again), "another value after a round trip: \(value) \(again)")
      }
      // A value must not look like the end of a line, which ends a request or an answer.
      try hold(!value.renderedBytes().contains { $0 < 0x20 || $0 == 0x7f }, "a control character in the text")
    } catch let error as JSONError {
      try hold((0...bytes.count).contains(error.offset), "\(error) is outside the text")
      try holdPrintable(error.description, "the error")
    }
  }

  /// Whether two values are the same to the byte: `==` takes the forms of a letter for equal, and -0 for 0.
  private static func isSame(_ one: JSONValue, _ other: JSONValue) -> Bool {
    switch (one, other) {
    case (.string(let one), .string(let other)), (.bigInteger(let one), .bigInteger(let other)):
      one.utf8.elementsEqual(other.utf8)
    case (.double(let one), .double(let other)): one.bitPattern == other.bitPattern
    case (.array(let one), .array(let other)): one.count == other.count && zip(one, other).allSatisfy { isSame($0, $1) }
    case (.object(let one), .object(let other)):
      one.count == other.count
        && zip(one, other).allSatisfy { $0.name.utf8.elementsEqual($1.name.utf8) && isSame($0.value, $1.value) }
    default: one == other
    }
  }
}
