import Support
import SyncEngine

extension FuzzTarget {
  /// Names of conflict copies; the first line is the number of digits.
  static let conflictNames = FuzzTarget(
    "conflict-names", longest: 1024, words: [".conflict-", "0123abcd", ".md", "/", String(repeating: "é", count: 120)],
    seeds: ["8\na.md", "12\na/b.conflict-0123abcd.md", "40\n.conflict-01234567", "8\nno-extension", "8\n.hidden.md"]
  ) { input in
    let lines = input.lines()
    let digits = lines.first.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 8
    guard let path = try? BankPath(lines.dropFirst().joined()) else { return }
    let blob = ObjectID.blob(of: path.bytes)
    if let original = ConflictName.original(of: path) {
      try hold(original.parent == path.parent, "\(original) is elsewhere than \(path)")
      try hold(original.bytes.count < path.bytes.count, "\(original) is no shorter than \(path)")
    }
    guard let copy = ConflictName.copy(of: path, blob: blob, digits: min(max(digits, 8), 40)) else {
      // Only where the whole path has no room for the longer name.
      return try hold(path.bytes.count > 4095 - 64, "no copy of \(path)")
    }
    try holdInside(copy)
    try hold(copy.parent == path.parent, "\(copy) is elsewhere than \(path)")
    try hold(ConflictName.original(of: copy) != nil, "\(copy) isn't known for a copy")
    // A name that had to be cut may end in another extension than it had.
    guard copy.name.utf8.count < 240 else { return }
    try hold(
      ConflictName.copy(of: copy, blob: blob, digits: min(max(digits, 8), 40)) == copy, "a copy of the copy \(copy)")
  }
}
