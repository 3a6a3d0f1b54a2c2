import Support

@testable import Mirror

extension FuzzTarget {
  /// Index entries, whose JSON anybody may have written.
  static let indexEntries = FuzzTarget(
    "index-entries", longest: 1024,
    words: [
      #"{"blob":""#, #"","size":"#, #","commit":""#, #","at":"#, #","stored":""#, #","withoutDocument":true"#, "}",
      String(repeating: "a", count: 40), "9223372036854775807", "-1", "1e5", "{", "[", "]", "null", "\\u0062", "\"",
    ],
    seeds: [
      #"{"blob":"\#(hex("a"))","size":12,"commit":"\#(hex("b"))","at":1700000000000}"#,
      #"{"blob":"\#(hex("a"))","size":12,"commit":"\#(hex("b"))","at":1,"stored":"\#(hex("c"))","withoutDocument":true}"#,
      #" { "commit" : "\#(hex("b"))" , "x":[1,{"a":"]"}], "blob":"\#(hex("a"))","at":-5 } "#, "{}", "[]", "",
    ]
  ) { input in
    let json = input.rest()
    let members = FlatJSON.members(json)
    if let entry = IndexEntry(json: json) {
      try hold(IndexEntry(json: entry.json) == entry, "the entry is another after a round trip: \(entry)")
    }
    if let quick = EntryScanner.entry(json) {
      try hold(members?["blob"] == quick.blob.description, "the two readers differ: \(quick)")
      try hold(members?["commit"] == quick.commit.description, "the two readers differ: \(quick)")
      try hold(members?["size"].flatMap { Int64($0) } == quick.size, "the two readers differ: \(quick)")
      try hold(members?["at"].flatMap { Int64($0) } == quick.at, "the two readers differ: \(quick)")
      try hold((members?["withoutDocument"] == "true") == quick.withoutDocument, "the two readers differ: \(quick)")
    }
    // A reader of any JSON is the judge of what is an object and what its texts are.
    guard let value = try? JSONValue.parse(json), let object = value.members else { return }
    try hold(members != nil, "an object that is none")
    let names = object.map(\.name)
    guard Set(names).count == names.count else { return }
    for member in object {
      guard let found = members?[member.name], case .string(let text) = member.value else { continue }
      try hold(found.utf8.elementsEqual(text.utf8), "\(member.name) is \(found), and should be \(text)")
    }
  }
}

/// Forty times a hexadecimal digit: something like an object's id.
func hex(_ digit: Character) -> String { String(repeating: digit, count: 40) }
