import MarkdownMerge
import Testing

@Suite("Merging files with markers")
struct FileMergeTests {
  private static let base = "# A\n\nold\n\n- a\n"
  private static let ours = "# A\n\nours\n\n- a\n- b\n"
  private static let theirs = "# A\n\ntheirs\n\n- a\n- c\n"

  private static func merged(
    _ favor: FileMerge.Favor, diff3: Bool = false, ours: String = ours
  ) -> (text: String?, conflicts: Int) {
    var markers = ConflictMarkers(ours: "mine", base: "origin", theirs: "yours")
    markers.showsBase = diff3
    let result = FileMerge.merge(
      base: Array(base.utf8), ours: Array(ours.utf8), theirs: Array(theirs.utf8), favor: favor, markers: markers)
    return (result.text.map { String(decoding: $0, as: UTF8.self) }, result.conflicts)
  }

  @Test("marks what doesn't go together, and nothing else")
  func marked() {
    #expect(
      Self.merged(.neither)
        == ("# A\n\n<<<<<<< mine\nours\n=======\ntheirs\n>>>>>>> yours\n\n- a\n- b\n- c\n", 1))
    #expect(
      Self.merged(.neither, diff3: true).text
        == "# A\n\n<<<<<<< mine\nours\n||||||| origin\nold\n=======\ntheirs\n>>>>>>> yours\n\n- a\n- b\n- c\n")
  }

  @Test(
    "takes one side, or both, where that is asked for",
    arguments: [
      (FileMerge.Favor.ours, "ours"), (.theirs, "theirs"), (.both, "ours\n\ntheirs"),
    ])
  func favored(favor: FileMerge.Favor, text: String) {
    #expect(Self.merged(favor) == ("# A\n\n\(text)\n\n- a\n- b\n- c\n", 0))
  }

  @Test("marks two whole texts where nothing can be merged")
  func refused() {
    let deep = String(repeating: ">", count: 1000) + "\n"
    let result = Self.merged(.neither, ours: deep)
    #expect(result == ("<<<<<<< mine\n\(deep)=======\n\(Self.theirs)>>>>>>> yours\n", 1))
    #expect(Self.merged(.ours, ours: deep) == (deep, 0))
    #expect(Self.merged(.neither, ours: "a\0b") == (nil, 0))
  }
}
