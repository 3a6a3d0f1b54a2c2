public import History
public import Support

/// The words of a commit: a subject for people, trailers for machines.
public enum CommitMessage {
  /// The subject for some changes: `Update activeContext.md (+3 −1)`, `Rename a.md to b.md`, `Add 2, update 1`.
  ///
  /// - Parameters:
  ///   - deltas: The changes.
  ///   - renames: Pairs among them that are one file moved.
  ///   - lines: Lines added and removed, when there is one change to a text.
  /// - Returns: One line, without a full stop.
  public static func subject(
    _ deltas: [TreeDelta], renames: [(from: BankPath, to: BankPath)], lines: (added: Int, removed: Int)?
  ) -> String {
    let moved = Set(renames.flatMap { [$0.from, $0.to] })
    let rest = deltas.filter { !moved.contains($0.path) }
    if rest.isEmpty, renames.count == 1, let rename = renames.first {
      return "Rename \(rename.from) to \(rename.to)"
    }
    if renames.isEmpty, rest.count == 1, let delta = rest.first {
      let counts = lines.map { countText($0) } ?? ""
      return "\(verb(delta)) \(delta.path)\(counts)"
    }
    var parts: [String] = []
    for (name, count) in [
      ("add", rest.count { $0.old == nil }), ("update", rest.count { $0.old != nil && $0.new != nil }),
      ("rename", renames.count), ("delete", rest.count { $0.new == nil }),
    ] where count > 0 {
      parts.append("\(parts.isEmpty ? capitalised(name) : name) \(count)")
    }
    return parts.joined(separator: ", ")
  }

  /// A whole message: subject, the paths when there are several, trailers.
  public static func text(subject: String, deltas: [TreeDelta], trailers: [(String, String)]) -> String {
    var text = subject + "\n"
    if deltas.count > 1 {
      text += "\n"
      for delta in deltas.prefix(50) { text += "- \(verb(delta).lowercased()) \(delta.path)\n" }
      if deltas.count > 50 { text += "- and \(deltas.count - 50) more\n" }
    }
    if !trailers.isEmpty {
      text += "\n"
      for (name, value) in trailers { text += "\(name): \(value)\n" }
    }
    return text
  }

  /// The values of a trailer in a message, first to last.
  public static func trailers(named name: String, in message: String) -> [String] {
    // By bytes: to `String` an accent at the value's beginning belongs to the blank before it.
    let start = Array("\(name): ".utf8)
    return message.utf8.split(separator: UInt8(ascii: "\n")).filter { $0.starts(with: start) }.map {
      String(decoding: $0.dropFirst(start.count), as: UTF8.self)
    }
  }

  private static func verb(_ delta: TreeDelta) -> String {
    delta.old == nil ? "Add" : delta.new == nil ? "Delete" : "Update"
  }

  private static func countText(_ lines: (added: Int, removed: Int)) -> String {
    switch (lines.added, lines.removed) {
    case (0, 0): ""
    case (let added, 0): " (+\(added))"
    case (0, let removed): " (−\(removed))"
    case (let added, let removed): " (+\(added) −\(removed))"
    }
  }

  private static func capitalised(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }
}
