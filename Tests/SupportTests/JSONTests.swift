import Support
import Testing

@Suite("JSON")
struct JSONTests {
  @Test(
    "is read and written back as it was",
    arguments: [
      "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1.5",
      "-0.25", "\"\"", "\"a\\\"b\\\\c\\n\\t\\u0001/é😀\"", "[]", "{}", "[1,[2,{}],null]",
      #"{"b":1,"a":{"c":[true]},"b":2}"#,
    ])
  func roundTrip(text: String) throws {
    let value = try JSONValue.parse(text)
    #expect(value.rendered() == text)
    #expect(try JSONValue.parse(value.rendered(pretty: true)) == value)
  }

  @Test(
    "is understood",
    arguments: [
      (" [ 1 , 2 ]\n", JSONValue.array([1, 2])), ("1e3", .double(1_000)), ("-0", .double(-0.0)),
      ("1E-2", .double(0.01)),
      (#""\u0041\ud83d\ude00\/\b\f\r""#, "A😀/\u{8}\u{c}\r"), (#"{"a" : null}"#, .object([JSONMember("a", .null)])),
    ])
  func understood(text: String, value: JSONValue) throws {
    #expect(try JSONValue.parse(text) == value)
  }

  @Test(
    "is refused",
    arguments: [
      "", " ", "nul", "truex", "01", "-", "1.", ".5", "1e", "+1", "[1,]", "[1 2]", "[", "{\"a\"}", "{\"a\":}", "{a:1}",
      "{\"a\":1,}", "\"", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
      "\"\n\"",
      "1 2", "NaN", "1e999", "'a'", "// x", String(repeating: "[", count: 200),
    ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try JSONValue.parse(text) }
  }

  @Test("is refused when it is not UTF-8, or ends in the middle, wherever that is")
  func damaged() throws {
    #expect(throws: JSONError.self) { try JSONValue.parse([0x22, 0xff, 0x22]) }
    let text = Array(#"{"a":[1.5e3,"x\u00e9\ud83d\ude00",true,null]}"#.utf8)
    for end in 0..<text.count { #expect(throws: JSONError.self) { try JSONValue.parse(Array(text[..<end])) } }
  }

  @Test("says where it is wrong")
  func place() {
    let error = #expect(throws: JSONError.self) { try JSONValue.parse("[1, x]") }
    #expect(error?.description == "no value at byte 4")
  }

  @Test("is laid out for people")
  func pretty() {
    let value: JSONValue = ["head": "abc", "counts": [1, 2], "none": [], "object": [:]]
    let text = """
      {
        "head": "abc",
        "counts": [
          1,
          2
        ],
        "none": [],
        "object": {}
      }
      """
    #expect(value.rendered(pretty: true) == text)
  }

  @Test("is asked by name, the last member counting, names by their bytes")
  func members() throws {
    let value = try JSONValue.parse(#"{"a":1,"e\u0301":2,"a":3,"n":12345678901234567890,"t":"x"}"#)
    #expect(value["a"]?.integer == 3)
    #expect(value["\u{e9}"] == nil)
    #expect(value["e\u{301}"]?.integer == 2)
    #expect(value["n"]?.integer == nil)
    #expect(value["t"]?.text == "x")
    #expect(value["t"]?["x"] == nil)
    #expect(JSONValue.double(.infinity).rendered() == "null")
  }
}
