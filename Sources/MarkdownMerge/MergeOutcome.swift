/// What a merge of two versions of a text comes to.
public enum MergeOutcome: Equatable, Sendable {
  /// All of it went together.
  case merged([UInt8])
  /// What went together, with the later side's blocks where that was impossible; the earlier side's are set aside.
  case partly([UInt8], [SetAside])
  /// Nothing was tried, or what came out was not trusted: the whole texts are in conflict.
  case refused(Refusal)

  /// Why a merge was refused.
  public enum Refusal: String, Equatable, Sendable {
    /// One of the versions is not UTF-8, or has a NUL in it.
    case notText
    /// A version is over a megabyte.
    case tooLarge
    /// A version nests deeper, or has more blocks, than anybody writes.
    case tooComplex
    /// The versions differ more than can be compared within bounds.
    case tooDifferent
    /// One side has written the text anew, and the other one has changed it too.
    case writtenAnew
    /// Two moves put each of two blocks into the other.
    case movedIntoEachOther
    /// The merged text would not read as the blocks that it was made of.
    case readsOtherwise
    /// Lines that a side added, or that neither changed, would not be in the merged text.
    case losesLines
  }
}

/// A part of the text that did not merge.
public struct SetAside: Equatable, Sendable {
  /// The headings that it stands under, outermost first; in the front matter, that.
  public let headings: [String]
  /// The later side's text, as it stands in the merged text.
  public let standing: [UInt8]
  /// The earlier side's.
  public let aside: [UInt8]
  /// The base's; empty when both sides inserted it.
  public let base: [UInt8]
  /// Where in the merged text the later side's text starts, in bytes.
  public let offset: Int

  /// A part.
  public init(headings: [String], standing: [UInt8], aside: [UInt8], base: [UInt8], offset: Int) {
    self.headings = headings
    self.standing = standing
    self.aside = aside
    self.base = base
    self.offset = offset
  }
}
