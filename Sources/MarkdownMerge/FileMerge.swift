/// What `merge-file` makes of three texts, as git's command of that name does for lines.
public struct FileMerge: Sendable {
  /// What to do where the sides don't go together.
  public enum Favor: Sendable {
    /// Mark both versions.
    case neither
    /// Take ours.
    case ours
    /// Take theirs.
    case theirs
    /// Take ours, and theirs behind it.
    case both
  }

  /// What came out.
  public struct Result: Equatable, Sendable {
    /// The text; nil where one of the three is not text.
    public let text: [UInt8]?
    /// How many conflicts it has.
    public let conflicts: Int
    /// Why the whole texts are in conflict, where they are.
    public let refusal: MergeOutcome.Refusal?
  }

  /// Merges; of what both added at one place ours comes first.
  public static func merge(
    base: [UInt8], ours: [UInt8], theirs: [UInt8], favor: Favor, markers: ConflictMarkers
  ) -> Result {
    switch StructuralMerge.merge(base: base, earlier: ours, later: theirs) {
    case .merged(let text): return Result(text: text, conflicts: 0, refusal: nil)
    case .partly(let text, let parts):
      switch favor {
      case .neither: return Result(text: markers.marked(text, parts), conflicts: parts.count, refusal: nil)
      case .theirs: return Result(text: text, conflicts: 0, refusal: nil)
      case .ours: return favored(text, parts) { _, ours in ours }
      case .both: return favored(text, parts) { theirs, ours in ConflictCopy.joined(ours, theirs) }
      }
    case .refused(.notText): return Result(text: nil, conflicts: 0, refusal: .notText)
    case .refused(let reason):
      switch favor {
      case .ours: return Result(text: ours, conflicts: 0, refusal: reason)
      case .theirs: return Result(text: theirs, conflicts: 0, refusal: reason)
      case .neither, .both:
        return Result(
          text: markers.marked(ours: ours, base: base, theirs: theirs), conflicts: 1, refusal: reason)
      }
    }
  }

  private static func favored(
    _ text: [UInt8], _ parts: [SetAside], _ choose: (_ theirs: [UInt8], _ ours: [UInt8]) -> [UInt8]
  ) -> Result {
    var result: [UInt8] = []
    var place = 0
    for part in parts {
      let end = min(text.count, part.offset + part.standing.count)
      result += text[place..<part.offset]
      let chosen = choose(part.standing, part.aside)
      // At the end of a text without a last line end there is none to add.
      result += end < part.offset + part.standing.count ? Array(chosen[...].withoutEnd) : chosen
      place = end
    }
    return Result(text: result + text[place...], conflicts: 0, refusal: nil)
  }
}
