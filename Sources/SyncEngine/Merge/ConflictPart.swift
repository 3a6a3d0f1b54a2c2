import MarkdownMerge
import Support

/// A part of a file that did not merge, where the rest did.
public struct ConflictPart: Sendable, Hashable {
  /// The headings that it stands under, outermost first.
  public let headings: String
  /// What stands in place; nil when that has changed since.
  public let standing: [UInt8]?
  /// What was set aside.
  public let aside: [UInt8]

  /// The parts that a conflict copy holds; empty when it is a whole version.
  public static func parts(of copy: [UInt8], standing: [UInt8]) -> [ConflictPart] {
    guard let copy = ConflictCopy(parsing: copy) else { return [] }
    return zip(copy.parts, copy.places(in: standing)).map { part, place in
      let text = place.map { Array(standing[$0]) + [UInt8(ascii: "\n")] }
      return ConflictPart(headings: part.headings, standing: text, aside: part.text)
    }
  }
}
