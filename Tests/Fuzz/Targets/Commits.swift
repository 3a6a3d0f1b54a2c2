import Support
import SyncEngine

@testable import History

extension FuzzTarget {
  /// Commits as others wrote them, and what our own messages say.
  static let commits = FuzzTarget(
    "commits", longest: 2048,
    words: [
      "tree ", "parent ", "author ", "committer ", "\n", " <", "> ", "+0000", "-2359", "9223372036854775807",
      "-9223372036854775808", "+99999", hex("a"), "gpgsig ", "\n\n", "Cause: ", "Held-Path: ", "Approved-Deletions: ",
      "\r\n",
    ],
    seeds: [
      "tree \(hex("a"))\nparent \(hex("b"))\nauthor A <a@b> 1700000000 +0100\ncommitter C <> 1700000001 -0030\n\nSubject\n\nCause: edit\n",
      "tree \(hex("a"))\nauthor x\ncommitter y\n",
      "tree \(hex("a"))\nauthor A <a> 9223372036854775807 +99999999\ncommitter A <a> -1 0\n\n",
    ]
  ) { input in
    let bytes = input.rest()
    try holdTrailers(bytes)
    let id = ObjectText.id(.commit, bytes)
    do {
      let commit = try CommitText.parse(id, bytes)
      let link = try CommitText.parseLink(id, bytes)
      try hold(link.tree == commit.tree && link.parents == commit.parents, "two readers, two commits")
      try hold(link.time == commit.committer.seconds, "two readers, two times")
      for signature in [commit.author, commit.committer] {
        // Milliseconds and years are made of it.
        try hold((0...253_402_300_799).contains(signature.seconds), "a time that is none: \(signature.seconds)")
        try hold(abs(signature.offsetMinutes) < 24 * 60, "a time zone that is none: \(signature.offsetMinutes)")
        _ = Timestamp.text(seconds: signature.seconds)
      }
      let again = try CommitText.parse(id, written(commit))
      try hold(try written(again) == written(commit), "another commit after a round trip: \(again) \(commit)")
      try hold(again.tree == commit.tree && again.parents == commit.parents, "another commit after a round trip")
    } catch let error as HistoryError {
      try hold(error.kind == .damaged && error.operand == id.description, "\(error)")
    }
  }

  private static func written(_ commit: Commit) throws -> [UInt8] {
    CommitText.write(
      tree: commit.tree, parents: commit.parents, author: commit.author, committer: commit.committer,
      message: withoutLineEnds(commit.message))
  }

  /// One line feed ends a message, and more of them are not told from it; NULs are never written.
  private static func withoutLineEnds(_ message: String) -> String {
    String(decoding: message.utf8.reversed().drop { $0 == 10 || $0 == 0 }.reversed(), as: UTF8.self)
  }

  /// No text that is quoted in a message can pass for a trailer.
  private static func holdTrailers(_ bytes: [UInt8]) throws {
    guard let path = try? BankPath(Array(bytes.prefix(200))) else { return }
    let delta = TreeDelta(path: path, old: nil, new: TreeEntry(blob: .blob(of: [])))
    let subject = CommitMessage.subject([delta], renames: [], lines: nil)
    let text = CommitMessage.text(
      subject: subject, deltas: [delta, delta], trailers: [("Cause", "edit"), ("Held-Path", path.description)])
    let message = try CommitText.parse(
      .blob(of: []),
      CommitText.write(
        tree: .blob(of: []), parents: [], author: Signature(name: "a", email: "a", seconds: 0),
        committer: Signature(name: "a", email: "a", seconds: 0), message: text)
    ).message
    try hold(CommitMessage.trailers(named: "Cause", in: message) == ["edit"], "a path is a trailer: \(path)")
    let held = CommitMessage.trailers(named: "Held-Path", in: message)
    try hold(held.count == 1 && Array((held.first ?? "").utf8) == path.bytes, "the trailer says another path: \(held)")
    try hold(CommitMessage.trailers(named: "Approved-Deletions", in: message).isEmpty, "a path approves: \(path)")
  }
}
