import History
import Support
import TestSupport

/// A history in a directory of its own, and git beside it.
struct Fixture {
  let root: TemporaryDirectory
  let history: History
  let git: Git
  var path: String { root.path + "/history.git" }

  init() throws {
    root = try TemporaryDirectory()
    history = try History.create(at: root.path + "/history.git")
    git = Git(directory: root.path + "/history.git")
  }

  /// A path for something else beside the history.
  func place(_ name: String) -> String { "\(root.path)/\(name)" }

  /// An empty repository that git made.
  func emptyRepository(_ name: String = "other.git") throws -> Git {
    try Git(directory: root.path)("init", "-q", "--bare", name)
    return Git(directory: "\(root.path)/\(name)")
  }

  static func person(_ seconds: Int64) -> Signature {
    Signature(name: "Ada", email: "ada@example.org", seconds: seconds, offsetMinutes: 60)
  }

  /// A commit with some files changed (nil: deleted) from its first parent; the time is an hour a step.
  @discardableResult
  func commit(
    _ files: [String: String?], on parents: [ObjectID] = [], at seconds: Int64 = 1_700_000_000, _ message: String = "x",
    in history: History? = nil
  ) throws -> ObjectID {
    let history = history ?? self.history
    var changes: [(path: BankPath, entry: TreeEntry?)] = []
    for (path, text) in files {
      changes.append(
        (try BankPath(path), try text.map { TreeEntry(blob: try history.writeBlob(Array($0.utf8))) }))
    }
    let base = try parents.first.map { try history.commit($0).tree }
    let tree = try history.writeTree(from: base, changes: changes)
    return try history.writeCommit(
      tree: tree, parents: parents, author: Self.person(seconds), committer: Self.person(seconds), message: message)
  }

  /// A line of commits, each of which adds a line to one of a few files.
  func line(_ count: Int, on first: ObjectID? = nil) throws -> [ObjectID] {
    var commits: [ObjectID] = []
    var texts = (0..<5).map {
      "# File \($0)\(first.map { " after \($0)" } ?? "")\n" + String(repeating: "some words of line\n", count: 20)
    }
    var last = first
    for step in 0..<count {
      texts[step % 5] += "line \(step)\n"
      var files = ["notes/file\(step % 5).md": texts[step % 5] as String?]
      if last == nil { files["README.md"] = "read me\n" }
      let next = try commit(
        files, on: last.map { [$0] } ?? [], at: 1_700_000_000 + Int64(step) * 3600, "Step \(step)")
      commits.append(next)
      last = next
    }
    return commits
  }
}

/// A small generator with a seed, so that a failure can be played again.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
