/// The smallest part of a generated document that an edit changes: a heading, an item, a row, a paragraph.
public struct Atom: Equatable, Sendable {
  /// What it is.
  public enum Kind: Equatable, Sendable {
    /// A heading of the second level.
    case heading
    /// A list item with a checkbox.
    case task
    /// A list item without.
    case bullet
    /// A row of a table.
    case row
    /// A paragraph on one line.
    case paragraph
  }

  /// Names it in all versions of the document.
  public let id: Int
  /// What it is.
  public let kind: Kind
  /// Whether a task is ticked.
  public var isTicked = false
  /// Whether this side has said it in other words already.
  public var isReworded = false
  /// What it says; a row has a part for each cell.
  public var parts: [String]

  /// The line.
  public var line: String {
    switch kind {
    case .heading: "## \(parts[0])"
    case .task: "- [\(isTicked ? "x" : " ")] \(parts[0])"
    case .bullet: "- \(parts[0])"
    case .row: "| \(parts.joined(separator: " | ")) |"
    case .paragraph: parts[0]
    }
  }

  /// The number of a row: 12 in `D-12`.
  var number: Int? { kind == .row ? Int(parts[0].dropFirst(2)) : nil }

  /// Whether two versions say the same.
  public func says(_ other: Atom) -> Bool { isTicked == other.isTicked && parts == other.parts }

  /// What each side changed, put together; nil when both changed the same part differently.
  public static func merged(_ base: Atom, _ one: Atom, _ other: Atom) -> Atom? {
    var merged = base
    merged.isTicked = one.isTicked == base.isTicked ? other.isTicked : one.isTicked
    for part in base.parts.indices {
      let (mine, theirs) = (one.parts[part], other.parts[part])
      guard mine == theirs || mine == base.parts[part] || theirs == base.parts[part] else { return nil }
      merged.parts[part] = mine == base.parts[part] ? theirs : mine
    }
    return merged
  }
}

/// A generated document: sections of atoms.
public struct Document: Equatable, Sendable {
  /// A section: what stands under a heading, or ahead of the first one.
  public struct Section: Equatable, Sendable {
    /// The heading; nil for the section at the top.
    public var heading: Atom?
    /// What stands under it.
    public var atoms: [Atom]
  }

  /// The title.
  public let title: String
  /// The head of its tables.
  public let columns: [String]
  /// The sections.
  public var sections: [Section]

  /// All atoms, in order.
  public var atoms: [Atom] { sections.flatMap { ($0.heading.map { [$0] } ?? []) + $0.atoms } }

  /// The text.
  public var text: String {
    var text = "# \(title)\n"
    for section in sections {
      if let heading = section.heading { text += "\n\(heading.line)\n" }
      var last: Atom.Kind?
      for atom in section.atoms {
        if atom.kind == .paragraph || atom.kind != last { text += "\n" }
        if atom.kind == .row, last != .row {
          text += "| \(columns.joined(separator: " | ")) |\n|\(columns.map { _ in "---|" }.joined())\n"
        }
        text += atom.line + "\n"
        last = atom.kind
      }
    }
    return text
  }
}
