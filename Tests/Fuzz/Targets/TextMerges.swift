import Support

@testable import History

extension FuzzTarget {
  /// Three versions of a text, parted by a line of two percent signs.
  static let textMerges = FuzzTarget(
    "text-merges", words: ["\n%%\n", "\n", "\r\n", "<<<<<<< ", "=======\n", ">>>>>>> ", "- [ ] a\n", "\u{1a}"],
    seeds: [
      "a\nb\nc\nd\ne\n\n%%\na\nB\nc\nd\ne\n\n%%\na\nb\nc\nd\nE\n", "a\n%%\nb\n%%\nc",
      "a\r\nb\r\n%%\na\r\nb\r\nc\n%%\nx\na\r\nb\r\n",
    ]
  ) { input in
    let parts = split(input.rest())
    let base = parts[0]
    let one = parts.count > 1 ? parts[1] : []
    let other = parts.count > 2 ? parts[2] : []
    let merged = try History.mergeText(base: base, one: one, other: other)
    try hold(merged == (try History.mergeText(base: base, one: other, other: one)), "another text from the other side")
    if History.isText(base), History.isText(one) {
      try hold(try History.mergeText(base: base, one: one, other: one) == one, "the same twice is not itself")
      try hold(try History.mergeText(base: base, one: base, other: one) == one, "the only change is not the result")
      let counts = try TextPatch(base, one).lineCounts()
      try hold(counts.added - counts.removed == lines(one) - lines(base), "\(counts) is not the difference in lines")
      let hunks = try TextPatch(base, one).hunks()
      try hold(hunks.isEmpty == (base == one), "hunks of no difference, or none of one")
    }
    guard let merged else { return }
    try hold(History.isText(merged), "texts were merged to something that is none")
    // Every line of the result was somewhere: nothing is made up, conflict markers least of all.
    let known = Set([base, one, other].flatMap { $0.split(separator: 10, omittingEmptySubsequences: false) })
    for line in merged.split(separator: 10, omittingEmptySubsequences: false) {
      try hold(
        known.contains(line), "a line that nobody wrote: \(String(decoding: line, as: UTF8.self).debugDescription)")
    }
  }

  private static func split(_ bytes: [UInt8]) -> [[UInt8]] {
    let mark = Array("\n%%\n".utf8)
    var parts: [[UInt8]] = [[]]
    var index = 0
    while index < bytes.count {
      if bytes[index...].starts(with: mark) {
        parts.append([])
        index += mark.count
      } else {
        parts[parts.count - 1].append(bytes[index])
        index += 1
      }
    }
    return parts
  }

  private static func lines(_ bytes: [UInt8]) -> Int {
    bytes.count { $0 == 10 } + (bytes.isEmpty || bytes.last == 10 ? 0 : 1)
  }
}
