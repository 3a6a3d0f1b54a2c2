/// Finds the word that somebody probably meant.
enum Spelling {
  /// The nearest of `words`, if it is near: one slip in a short word, two or three in a long one, or its beginning.
  static func nearest(to typed: String, in words: [String]) -> String? {
    let wanted = Array(typed.lowercased().utf8)
    guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
    let rated = words.map { word in (word: word, slips: slips(wanted, Array(word.utf8))) }
    if let best = rated.min(by: { $0.slips < $1.slips }), best.slips <= max(1, min(3, wanted.count / 3)) {
      return best.word
    }
    let longer = words.filter { $0.utf8.starts(with: wanted) }
    return longer.count == 1 ? longer.first : nil
  }

  /// Letters left out, added, wrong or swapped with their neighbour (Damerau and Levenshtein).
  static func slips(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var rows = [Array(0...other.count)]
    for (i, letter) in one.enumerated() {
      var row = [i + 1]
      for (j, candidate) in other.enumerated() {
        var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (letter == candidate ? 0 : 1))
        if i > 0, j > 0, letter == other[j - 1], one[i - 1] == candidate { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[one.count][other.count]
  }
}
