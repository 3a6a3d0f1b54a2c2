public import History
import Mirror
public import Support

extension Engine {
  /// Makes versions of the values that others wrote into a remote, and merges them.
  func absorbForeign(_ index: Int) throws(HistoryError) {
    for (path, document) in sessions[index].foreign.sorted(by: { $0.key < $1.key }) {
      try absorb(index, path, document)
      sessions[index].foreign[path] = nil
      sessions[index].absorbed[path, default: []].insert(document.blob)
      sessions[index].repair.insert(path)
    }
  }

  private func absorb(_ index: Int, _ path: BankPath, _ document: ForeignDocument) throws(HistoryError) {
    let blob = try history.writeBlob(document.bytes)
    if tipFiles[path]?.blob == blob { return }
    let parent = try parentOfForeign(document)
    if parent == nil, let tip, try history.everHeld(path, blob, at: tip) {
      // A projection that was left behind: it is in history already, and gives way to what the bank has now.
      return
    }
    if let parent, try history.entry(path, inTree: history.commit(parent).tree)?.blob == blob { return }
    let commit = try foreignCommit(parent: parent, path: path, blob: blob)
    if let tip, try history.isAncestor(commit, of: tip) { return }
    counts.foreign += 1
    Failpoint.foreignCommit.pass()
    try integrate(commit)
  }

  /// The commit that the writer had read, as the index has it; nil without a believable entry.
  private func parentOfForeign(_ document: ForeignDocument) throws(HistoryError) -> ObjectID? {
    guard let entry = document.entry, let tip, history.contains(entry.commit),
      try history.isAncestor(entry.commit, of: tip)
    else { return nil }
    return entry.commit
  }

  /// The commit for a foreign value: a pure function of parent, path and blob, so that every replica that sees the
  /// value makes the same one.
  public func foreignCommit(parent: ObjectID?, path: BankPath, blob: ObjectID) throws(HistoryError) -> ObjectID {
    var tree: ObjectID?
    var seconds: Int64 = 0
    var executable = false
    if let parent {
      let commit = try history.commit(parent)
      tree = commit.tree
      seconds = commit.committer.seconds
      executable = try history.entry(path, inTree: commit.tree)?.executable ?? false
    }
    let author = Signature(name: "redis", email: "redis@localhost", seconds: seconds, offsetMinutes: 0)
    return try history.writeCommit(
      tree: try history.writeTree(from: tree, changes: [(path, TreeEntry(blob: blob, executable: executable))]),
      parents: parent.map { [$0] } ?? [], author: author, committer: author,
      message: CommitMessage.text(
        subject: "Write \(path) in Redis", deltas: [],
        trailers: [("Cause", "foreign")] + mergeTable(of: parent).trailers))
  }
}
