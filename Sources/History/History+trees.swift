public import Support

extension History {
  private var trees: TreeWalk { TreeWalk(store, limit: entryLimit) }

  /// The files of a tree.
  ///
  /// What has no place in a bank (symbolic links, submodules, hostile names) is left out; see
  /// ``hostileEntries(in:)``.
  public func files(inTree tree: ObjectID) throws(HistoryError) -> [BankPath: TreeEntry] {
    if let listing, listing.tree == tree { return listing.files }
    let last = listing
    listing = nil
    var files = last?.files ?? [:]
    try trees.compare(last?.tree, tree) { files[$0.path] = $0.new }
    listing = (tree, files)
    return files
  }

  /// The file at a path, nil when the tree has none there.
  public func entry(_ path: BankPath, inTree tree: ObjectID) throws(HistoryError) -> TreeEntry? {
    try trees.entry(path, in: tree)
  }

  /// Whether a tree has a directory at a path.
  public func holdsDirectory(_ path: BankPath, inTree tree: ObjectID) throws(HistoryError) -> Bool {
    try trees.directory(path, in: tree) != nil
  }

  /// What differs between two trees (nil: an empty one), sorted by path.
  ///
  /// Subtrees that are equal are not read. What has no place in a bank counts as absent.
  public func diff(_ old: ObjectID?, _ new: ObjectID?) throws(HistoryError) -> [TreeDelta] {
    var deltas: [TreeDelta] = []
    try trees.compare(old, new) { deltas.append($0) }
    return deltas
  }

  /// The entries of a tree that have no place in a bank, with the reasons; nothing below them is looked at.
  public func hostileEntries(in tree: ObjectID) throws(HistoryError) -> [HostileEntry] {
    try trees.hostileEntries(in: tree)
  }

  /// A tree with some paths set (an entry) or removed (nil).
  ///
  /// A file that is set displaces a directory of its name and files that stand where its directories must be.
  /// Directories that become empty vanish. When a path is given twice the last counts. Entries of the base that
  /// have no place in a bank stay, unless they are in the way.
  ///
  /// - Throws: ``HistoryError`` of kind `unusable` when a path is set both as a file and as a directory.
  public func writeTree(
    from base: ObjectID?, changes: [(path: BankPath, entry: TreeEntry?)]
  ) throws(HistoryError) -> ObjectID {
    try TreeBuilder(store, changes).build(base)
  }
}
