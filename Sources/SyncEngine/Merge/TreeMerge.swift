public import History
public import Support

/// One side of a merge: what a commit changed since the merge base, and when it was made.
public struct MergeSide: Sendable {
  /// What differs from the merge base, sorted by path.
  public let deltas: [TreeDelta]
  /// The commit's time, in seconds since 1970: it decides which of two versions keeps the place.
  public let seconds: Int64

  /// A side.
  public init(deltas: [TreeDelta], seconds: Int64) {
    self.deltas = deltas
    self.seconds = seconds
  }
}

/// What a three-way merge of two trees comes to.
public struct TreeMergeResult: Sendable {
  /// The changes that turn the merge base's tree into the merged one; nil deletes.
  public var changes: [BankPath: TreeEntry?] = [:]
  /// The conflict copies among them, by the path that they are copies of.
  public var copies: [BankPath: [BankPath]] = [:]
}

/// The three-way merge of two trees, path by path.
///
/// It is a pure function that does not know "ours" from "theirs": swapping the sides gives the same tree, so every
/// replica that merges the same two commits makes the same commit.
public struct TreeMerge {
  /// How many conflict copies of one path may stand in a tree; further ones stay in history only.
  public static let copiesPerPath = 10

  /// Merges the contents of one path, of which the later version keeps the place where they conflict.
  ///
  /// The base is nil when both sides created the path.
  public typealias ContentMerge<Failure: Error> = (
    _ path: BankPath, _ base: ObjectID?, _ earlier: ObjectID, _ later: ObjectID
  ) throws(Failure) -> ContentMergeResult

  private let base: [BankPath: TreeEntry]
  private let sides: [MergeSide]
  private var result = TreeMergeResult()
  /// Versions that keep no place, or what of them did not merge, in the order of their paths.
  private var losers: [(path: BankPath, entry: TreeEntry)] = []
  /// What is a directory in one of the three trees: no copy may have such a name.
  private lazy var directories: Set<BankPath> = {
    let changed = sides.flatMap { side in side.deltas.filter { $0.new != nil }.map(\.path) }
    return Set((Array(base.keys) + changed).flatMap(\.ancestors))
  }()

  /// Merges what two sides did to the tree `base`.
  public static func merge<Failure: Error>(
    base: [BankPath: TreeEntry], _ one: MergeSide, _ other: MergeSide, content: ContentMerge<Failure>
  ) throws(Failure) -> TreeMergeResult {
    var merge = TreeMerge(base: base, sides: [one, other])
    try merge.run(one, other, content)
    // Only now is it known which names are taken, whichever side they come from.
    for (path, entry) in merge.losers { merge.setAside(path, entry) }
    merge.moveFilesOutOfTheWay()
    return merge.result
  }

  private init(base: [BankPath: TreeEntry], sides: [MergeSide]) {
    self.base = base
    self.sides = sides
  }

  private mutating func run<Failure: Error>(
    _ one: MergeSide, _ other: MergeSide, _ content: ContentMerge<Failure>
  ) throws(Failure) {
    let theirs = Dictionary(uniqueKeysWithValues: other.deltas.map { ($0.path, $0) })
    let ours = Set(one.deltas.map(\.path))
    for delta in other.deltas where !ours.contains(delta.path) { result.changes[delta.path] = .some(delta.new) }
    for delta in one.deltas {
      guard let their = theirs[delta.path] else {
        result.changes[delta.path] = .some(delta.new)
        continue
      }
      switch (delta.new, their.new) {
      case (nil, nil): result.changes[delta.path] = .some(nil)
      // Edit beats delete.
      case (let entry?, nil), (nil, let entry?): result.changes[delta.path] = entry
      case (let left?, let right?):
        try mergeEntries(delta.path, delta.old, (left, one.seconds), (right, other.seconds), content)
      }
    }
  }

  private mutating func mergeEntries<Failure: Error>(
    _ path: BankPath, _ old: TreeEntry?, _ one: (entry: TreeEntry, seconds: Int64),
    _ other: (entry: TreeEntry, seconds: Int64), _ content: ContentMerge<Failure>
  ) throws(Failure) {
    // A bit that either side changed is changed; created by both, it is set when either set it.
    let executable =
      one.entry.executable == other.entry.executable ? one.entry.executable : !(old?.executable ?? false)
    if one.entry.blob == other.entry.blob {
      result.changes[path] = TreeEntry(blob: one.entry.blob, executable: executable)
    } else if one.entry.blob == old?.blob {
      result.changes[path] = TreeEntry(blob: other.entry.blob, executable: executable)
    } else if other.entry.blob == old?.blob {
      result.changes[path] = TreeEntry(blob: one.entry.blob, executable: executable)
    } else {
      // The later commit's version keeps the place; the blob's id settles a tie: never "ours" and "theirs".
      let oneWins = (one.seconds, one.entry.blob) > (other.seconds, other.entry.blob)
      let (winner, loser) = oneWins ? (one.entry, other.entry) : (other.entry, one.entry)
      switch try content(path, old?.blob, loser.blob, winner.blob) {
      case .merged(let blob): result.changes[path] = TreeEntry(blob: blob, executable: executable)
      case .partly(let blob, let aside):
        result.changes[path] = TreeEntry(blob: blob, executable: executable)
        losers.append((path, TreeEntry(blob: aside, executable: false)))
      case .conflict:
        result.changes[path] = TreeEntry(blob: winner.blob, executable: executable)
        losers.append((path, loser))
      }
    }
  }

  /// Puts a version beside `path`; a name that other content has already taken gets more digits.
  private mutating func setAside(_ path: BankPath, _ entry: TreeEntry) {
    let original = ConflictName.original(of: path) ?? path
    let standing = standingCopies(of: original)
    guard standing.count < Self.copiesPerPath else { return }
    for digits in [8, 12, 16, 24, 40] {
      guard let name = ConflictName.copy(of: original, blob: entry.blob, digits: digits) else { return }
      let there = result.changes[name] ?? base[name]
      guard !directories.contains(name), there == nil || there?.blob == entry.blob else { continue }
      // What stands there already stays as it is.
      if there == nil { result.changes[name] = entry }
      result.copies[original, default: []].append(name)
      return
    }
  }

  private func standingCopies(of original: BankPath) -> Set<BankPath> {
    var found = Set(result.copies[original] ?? [])
    for (path, _) in base where ConflictName.original(of: path) == original && result.changes[path] != .some(nil) {
      found.insert(path)
    }
    return found
  }

  /// Where one side has a file and the other a directory of that name, the file becomes the conflict copy.
  private mutating func moveFilesOutOfTheWay() {
    for (path, change) in result.changes.sorted(by: { $0.key < $1.key }) where change != nil {
      for directory in path.ancestors {
        let there = result.changes[directory] ?? base[directory]
        guard let file = there else { continue }
        result.changes[directory] = .some(nil)
        setAside(directory, file)
      }
    }
  }
}
