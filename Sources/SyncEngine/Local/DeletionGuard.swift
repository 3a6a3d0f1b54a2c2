public import History
public import Support

/// Where deletions came from.
public enum DeletionDirection: String, Sendable, Hashable {
  /// Files are missing in the directory; carrying on would delete them from the bank.
  case local
  /// The bank has deleted them; carrying on would delete them from the directory.
  case remote
}

/// Deletions that wait for a person's word, with the id that releases exactly these.
public struct DeletionPlan: Sendable, Hashable {
  /// Which side deleted.
  public let direction: DeletionDirection
  /// The files and the versions that would go, sorted by path.
  public let files: [BankPath: ObjectID]
  /// Why they wait, in words.
  public let reason: String

  /// A plan.
  public init(direction: DeletionDirection, files: [BankPath: ObjectID], reason: String) {
    self.direction = direction
    self.files = files
    self.reason = reason
  }

  /// Twelve hexadecimal digits over direction, paths and blobs, and nothing else: a file more, another
  /// version of one, and the id is another.
  public var id: String {
    var text = Array("\(direction.rawValue)\0".utf8)
    for (path, blob) in files.sorted(by: { $0.key < $1.key }) {
      text += path.bytes + [0] + blob.bytes
    }
    return String(sha256(text).prefix(12))
  }
}

/// The rule that halts a mass deletion: more than max(5, 30 %) of the files, moves excluded.
public enum DeletionGuard {
  /// So many deletions are always let through.
  public static let alwaysAllowed = 5
  /// The share of the largest recent tree that may go without a question.
  public static let allowedShare = 0.3
  /// How far back "recent" reaches, in seconds.
  public static let window: Int64 = 600

  /// Whether deleting `count` files of a bank that had `largest` a short while ago needs a person's word.
  public static func halts(deleting count: Int, of largest: Int) -> Bool {
    // A bank of a few files that loses all of them is no less emptied than a large one.
    if largest >= 2, count >= largest { return true }
    return count > max(alwaysAllowed, Int(Double(largest) * allowedShare))
  }

  /// The deletions among `deltas` that aren't the one half of a move: their content is nowhere in what was added.
  public static func deletions(in deltas: [TreeDelta]) -> [TreeDelta] {
    var added: [ObjectID: Int] = [:]
    for case (let entry?) in deltas.filter({ $0.old == nil }).map(\.new) { added[entry.blob, default: 0] += 1 }
    return deltas.filter { delta in
      guard delta.new == nil, let old = delta.old else { return false }
      guard let left = added[old.blob], left > 0 else { return true }
      added[old.blob] = left - 1
      return false
    }
  }
}

/// What one commit did to the number of files.
struct Toll {
  /// The files that it deleted without a person's word.
  var deleted: Int
  /// How many files there are more since.
  var growth: Int
}
