import MarkdownMerge

/// What must hold of any three texts at all.
public enum AnyText {
  /// What is wrong with their merge, in words; nil when nothing is.
  public static func fault(base: [UInt8], one: [UInt8], other: [UInt8]) -> String? {
    for (earlier, later) in [(one, other), (other, one)] {
      let outcome = StructuralMerge.mergeBlocks(base: base, earlier: earlier, later: later)
      switch outcome {
      case .merged(let text): if let fault = lost(base, earlier, later, text) { return fault }
      case .partly(let text, let parts):
        if let fault = lost(base, earlier, later, text + parts.flatMap { [0x0a] + $0.aside }) { return fault }
        if let fault = misplaced(parts, text) { return fault }
      // The check of the result is a last resort: what it finds is a fault of the merge.
      case .refused(.losesLines): return "the merge lost lines"
      case .refused: break
      }
      if StructuralMerge.mergeBlocks(base: base, earlier: earlier, later: later) != outcome { return "two outcomes" }
    }
    for side in [one, other] {
      for (earlier, later) in [(base, side), (side, base), (side, side)] {
        switch StructuralMerge.mergeBlocks(base: base, earlier: earlier, later: later) {
        case .merged(let text): if text != side { return "one side's text did not come out as it is" }
        case .partly: return "a conflict of a side with itself or with the base"
        case .refused(.writtenAnew), .refused(.notText), .refused(.tooComplex): break
        case .refused(let reason): return "refused a side with itself or the base: \(reason)"
        }
      }
    }
    return nil
  }

  /// A word that a side added, or that neither took away, and that is nowhere any more.
  private static func lost(_ base: [UInt8], _ one: [UInt8], _ other: [UInt8], _ result: [UInt8]) -> String? {
    let (old, mine, theirs, kept) = (words(base), words(one), words(other), words(result))
    for (word, count) in old {
      let fewest = count - max(0, count - (mine[word] ?? 0)) - max(0, count - (theirs[word] ?? 0))
      if kept[word] ?? 0 < fewest { return "'\(word)' vanished" }
    }
    for side in [mine, theirs] {
      for (word, count) in side where count > old[word] ?? 0 && kept[word] == nil { return "'\(word)' was lost" }
    }
    return nil
  }

  /// Words, without numbers: items are numbered anew, and of two dates of a stamp the later one is kept.
  private static func words(_ text: [UInt8]) -> [String: Int] {
    var words: [String: Int] = [:]
    for word in String(decoding: text, as: UTF8.self).split(whereSeparator: { !$0.isLetter }) where word.count > 2 {
      words[String(word), default: 0] += 1
    }
    return words
  }

  /// Whether each part stands where the merge says, and the copy of the parts can be read and taken back.
  private static func misplaced(_ parts: [SetAside], _ text: [UInt8]) -> String? {
    for part in parts {
      let end = min(text.count, part.offset + part.standing.count)
      guard part.offset <= end, part.standing.starts(with: text[part.offset..<end]),
        part.offset + part.standing.count <= text.count + 2
      else { return "a part doesn't stand where the merge says" }
    }
    let copy = ConflictCopy(parts)
    guard let bytes = copy.bytes(path: "a.md") else { return nil }
    guard let read = ConflictCopy(parsing: bytes), read.parts.count == copy.parts.count else {
      return "a copy of parts can't be read"
    }
    for (part, other) in zip(read.parts, copy.parts)
    where part.headings != other.headings || part.standing != other.standing || part.length != other.length {
      return "a part is read otherwise"
    }
    return nil
  }
}
