public import Support

extension History {
  /// Takes the past of a directory over from a repository of the user's, which is only read.
  ///
  /// Commits that didn't touch the directory are left out; authors, dates, messages and merges stay. Where the
  /// directory had another name before, it is followed there. The commits' ids depend only on what is imported.
  ///
  /// The repository's path is that of a work tree or of a bare repository; the subdirectory counts from its root
  /// and is empty for the root itself; `include` says whether a path (as it will be in the bank) is wanted. Returns
  /// the newest imported commit, nil when there is none. No ref is moved.
  public func importPast(
    fromRepositoryAt path: String, subdirectory: String, include: (BankPath) -> Bool
  ) throws(HistoryError) -> ObjectID? {
    let source = try ImportSource(path)
    guard let head = try source.head() else { return nil }
    let trimmed = subdirectory.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    let start: BankPath?
    do {
      start = trimmed.isEmpty ? nil : try BankPath(trimmed)
    } catch {
      throw .unusable("import past", subdirectory, error.description)
    }
    store.beginBulk()
    do {
      var past = PastImport(self, source)
      let tip = try past.run(head: head, directory: start, include: include)
      try store.endBulk(keeping: true)
      return tip
    } catch {
      try? store.endBulk(keeping: false)
      throw error
    }
  }
}
