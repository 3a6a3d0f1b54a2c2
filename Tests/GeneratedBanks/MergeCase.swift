/// A document that two sides edited, and what a merge of it must hold.
public struct MergeCase: Sendable {
  /// What both came from.
  public let base: Document
  /// What each side made of it.
  public let one: Document
  /// The other side.
  public let other: Document

  /// The case of a seed.
  public init(_ template: Template, edits: Int, seed: UInt64) {
    self.init(template, lines: 0, edits: edits, seed: seed)
  }

  /// The case of a seed, with a document of so many lines at least.
  public init(_ template: Template, lines: Int, edits: Int, seed: UInt64) {
    var writer = Writer(Dice(seed), from: 0)
    base = template.document(&writer, lines: lines)
    var (first, second) = (
      Writer(Dice(writer.dice.next()), from: 1_000_000), Writer(Dice(writer.dice.next()), from: 2_000_000)
    )
    one = template.edited(base, edits: edits, &first)
    other = template.edited(base, edits: edits, &second)
  }

  /// What is wrong with a merged text, in words; empty when nothing is.
  ///
  /// - Parameters:
  ///   - text: The merged text.
  ///   - aside: What the merge set aside.
  /// - Returns: A line for each atom that is missing, doubled, resurrected or lost.
  public func faults(in text: String, aside: String = "") -> [String] {
    var judge = Judge(text: text, aside: aside)
    let (mine, theirs) = (Self.byID(one), Self.byID(other))
    for atom in base.atoms {
      switch (mine[atom.id], theirs[atom.id]) {
      case (nil, nil): judge.gone(atom)
      case (let kept?, nil), (nil, let kept?): kept.says(atom) ? judge.gone(atom) : judge.there(kept)
      case (let left?, let right?):
        if left.says(right) {
          judge.there(left)
        } else if left.says(atom) || right.says(atom) {
          judge.there(left.says(atom) ? right : left)
        } else {
          judge.either(Atom.merged(atom, left, right), left, right)
        }
      }
    }
    let known = Set(base.atoms.map(\.id))
    var seen: Set<Int> = []
    for atom in one.atoms + other.atoms where !known.contains(atom.id) && seen.insert(atom.id).inserted {
      judge.there(atom)
    }
    return judge.faults
  }

  private static func byID(_ document: Document) -> [Int: Atom] {
    Dictionary(document.atoms.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }
}

/// Compares a merged text with what it must hold, line by line.
private struct Judge {
  private let lines: [Substring: Int]
  private let aside: Set<Substring>
  private(set) var faults: [String] = []

  init(text: String, aside: String) {
    lines = Dictionary(text.split(separator: "\n").map { ($0, 1) }, uniquingKeysWith: +)
    self.aside = Set(aside.split(separator: "\n"))
  }

  private func count(_ atom: Atom) -> Int { lines[atom.line[...]] ?? 0 }

  mutating func gone(_ atom: Atom) {
    if count(atom) > 0 { faults.append("resurrected: \(atom.line)") }
  }

  mutating func there(_ atom: Atom) {
    if count(atom) == 0, !aside.contains(atom.line[...]) { faults.append("lost: \(atom.line)") }
    if count(atom) > 1 { faults.append("doubled: \(atom.line)") }
  }

  /// Both sides changed an atom: what goes together must be there, or both versions must.
  mutating func either(_ merged: Atom?, _ one: Atom, _ other: Atom) {
    if let merged, count(merged) > 0 { return there(merged) }
    there(one)
    there(other)
    if count(one) > 0, count(other) > 0 { faults.append("both versions: \(one.line) · \(other.line)") }
  }
}
