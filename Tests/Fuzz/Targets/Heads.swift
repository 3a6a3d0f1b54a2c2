import Support

@testable import Mirror

extension FuzzTarget {
  /// The fields of the head's hash.
  static let heads = FuzzTarget(
    "heads", longest: 1024,
    words: [
      "commit\n", "seq\n", "bank\n", "epoch\n", "schema\n", "packs\n", "by\n", "at\n", "projected\n", hex("a"),
      "999999999999999", "9999999999999999999", "-1", "+1", "1", "0", "  ",
    ],
    seeds: [
      "commit\n\(hex("a"))\nseq\n7\nbank\nb\nepoch\n0\nschema\n1\npacks\n\(hex("b")) \(hex("c"))\nby\nme\nat\n5",
      "commit\n\(hex("a"))\nseq\n7\nbank\nb\nepoch\n0\nschema\n2\npacks\n\nprojected\n\(hex("d"))", "schema\n9", "",
    ]
  ) { input in
    let lines = input.lines()
    var fields: [[UInt8]: [UInt8]] = [:]
    for index in stride(from: 0, to: lines.count - 1, by: 2) { fields[lines[index]] = lines[index + 1] }
    switch HeadReading(fields: fields) {
    case .absent: try hold(fields.isEmpty, "fields without a head")
    case .damaged(let reason): try holdPrintable(reason, "the reason")
    case .newerSchema(let schema): try hold(schema > MirrorHead.currentSchema, "\(schema) is not newer")
    case .present(let head):
      try hold(head.packs.allSatisfy { ObjectID(hex: $0) != nil }, "something else in the list of packs")
      let numbers = [head.seq, Int64(head.epoch), Int64(head.schema), head.at]
      // What a script's double holds exactly, and what can be counted on from there.
      try hold(numbers.allSatisfy { (0..<1_000_000_000_000_000).contains($0) }, "a number out of range: \(numbers)")
      try hold(HeadReading(fields: Self.fields(of: head)) == .present(head), "another head after a round trip")
    }
  }

  private static func fields(of head: MirrorHead) -> [[UInt8]: [UInt8]] {
    var texts = [
      "commit": head.commit.description, "seq": "\(head.seq)", "bank": head.bank, "epoch": "\(head.epoch)",
      "schema": "\(head.schema)", "packs": head.packs.joined(separator: " "), "by": head.by, "at": "\(head.at)",
    ]
    texts["projected"] = head.projected?.description
    return Dictionary(uniqueKeysWithValues: texts.map { (Array($0.key.utf8), Array($0.value.utf8)) })
  }
}
