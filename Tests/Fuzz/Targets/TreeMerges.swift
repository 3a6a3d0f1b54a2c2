import History
import Support
import SyncEngine

extension FuzzTarget {
  /// Three versions of a bank of few names and few texts, where names get into each other's way.
  static let treeMerges = FuzzTarget(
    "tree-merges", longest: 256,
    seeds: [
      "\u{3}\u{1}\u{1}\u{2}\u{2}\u{1}\u{3}\u{2}\u{1}\u{2}\u{1}\u{3}\u{1}", "\u{0}\u{2}\u{1}\u{4}\u{1}\u{5}\u{1}",
    ]
  ) { input in
    let base = files(&input, on: [:])
    let (one, other) = (files(&input, on: base), files(&input, on: base))
    let (early, late) = (Int64(input.byte() % 2), Int64(input.byte() % 2))
    let left = MergeSide(deltas: deltas(base, one), seconds: early)
    let right = MergeSide(deltas: deltas(base, other), seconds: late)
    let result = TreeMerge.merge(base: base, left, right, content: content)
    let mirrored = TreeMerge.merge(base: base, right, left, content: content)
    try hold(result.changes == mirrored.changes, "another tree from the other side")
    try hold(result.copies == mirrored.copies, "other copies from the other side")

    var merged = base
    for (path, entry) in result.changes { merged[path] = entry }
    for path in merged.keys {
      try holdInside(path)
      try hold(!path.ancestors.contains { merged[$0] != nil }, "\(path) is below a file")
    }
    // Nothing that a side changed is gone: it stands somewhere, is part of what was merged, or is one copy too many.
    let there = Set(merged.values.map(\.blob))
    for (path, entry) in one where base[path]?.blob != entry.blob {
      try holdKept(path, entry.blob, there, result, other[path]?.blob)
    }
    for (path, entry) in other where base[path]?.blob != entry.blob {
      try holdKept(path, entry.blob, there, result, one[path]?.blob)
    }
    // What neither side touched stands as it was, unless it was in the way of a directory.
    for (path, entry) in base where one[path] == entry && other[path] == entry {
      let isInTheWay = merged.keys.contains { $0 != path && $0.isInside(path) }
      try hold(merged[path] == entry || isInTheWay && there.contains(entry.blob), "\(path) was changed by nobody")
    }
  }

  private static func holdKept(
    _ path: BankPath, _ blob: ObjectID, _ there: Set<ObjectID>, _ result: TreeMergeResult, _ other: ObjectID?
  ) throws {
    let wasMerged = other.map { mergeable($0) && mergeable(blob) } ?? false
    let original = ConflictName.original(of: path) ?? path
    let isCapped = (result.copies[original]?.count ?? 0) >= TreeMerge.copiesPerPath
    try hold(there.contains(blob) || wasMerged || isCapped, "a version of \(path) is gone")
  }

  private static let names = [
    "a", "a/b", "a/b/c", "b", "c.md", "c.md/x", "d",
    // What copies of the others are called.
    copyName("a", 1), copyName("a", 2), "\(copyName("a", 1))/x", copyName("c.md", 3), "\(copyName("c.md", 3))/y",
  ].compactMap { try? BankPath($0) }

  private static func copyName(_ name: String, _ text: UInt8) -> String {
    let path = try? BankPath(name)
    return path.flatMap { ConflictName.copy(of: $0, blob: .blob(of: [text]))?.description } ?? name
  }

  /// Changes some names; a file and a directory never have one name.
  private static func files(_ input: inout FuzzInput, on base: [BankPath: TreeEntry]) -> [BankPath: TreeEntry] {
    var files = base
    for _ in 0..<Int(input.byte() % 8) {
      guard let path = input.one(of: names) else { continue }
      let text = input.byte() % 6
      if text == 0 {
        files[path] = nil
        continue
      }
      for other in files.keys where other != path && (other.isInside(path) || path.isInside(other)) {
        files[other] = nil
      }
      files[path] = TreeEntry(blob: .blob(of: [text]), executable: input.flag())
    }
    return files
  }

  private static func deltas(_ base: [BankPath: TreeEntry], _ side: [BankPath: TreeEntry]) -> [TreeDelta] {
    Set(base.keys).union(side.keys).sorted().compactMap { path in
      base[path] == side[path] ? nil : TreeDelta(path: path, old: base[path], new: side[path])
    }
  }

  /// Of the five texts three can be merged with each other, one of them in part only.
  private static func mergeable(_ blob: ObjectID) -> Bool { texts([3, 4, 5]).contains(blob) }

  private static func texts(_ texts: [UInt8]) -> [ObjectID] { texts.map { .blob(of: [$0]) } }

  private static func content(
    _ path: BankPath, _ base: ObjectID?, _ earlier: ObjectID, _ later: ObjectID
  ) throws(Never) -> ContentMergeResult {
    guard mergeable(earlier), mergeable(later) else { return .conflict }
    let merged = ObjectID.blob(of: earlier.bytes + later.bytes)
    return texts([3]).contains(earlier) ? .partly(merged, aside: .blob(of: earlier.bytes)) : .merged(merged)
  }
}
