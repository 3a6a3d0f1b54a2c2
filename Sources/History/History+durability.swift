public import Support

extension History {
  static let mainRef = "refs/heads/main"
  static let durableRef = "refs/membank/durable"

  /// The commit that survives a power cut; nil before the first one does.
  public var durable: ObjectID? {
    get throws(HistoryError) { try ref(Self.durableRef) }
  }

  /// Makes all that was written so far survive a power cut, then moves `refs/membank/durable` to `main`.
  public func makeDurable(_ main: ObjectID) throws(HistoryError) {
    try store.seal()
    try store.files.synchronise()
    Failpoint.durableFlushed.pass()
    try noteDurable(main)
  }

  /// Moves `refs/membank/durable` to a commit whose objects somebody has flushed to the disk since they were written.
  public func noteDurable(_ main: ObjectID) throws(HistoryError) {
    // After the objects: this ref is what a start after a power cut trusts.
    try references.update(Self.durableRef, to: main, expecting: .anything, durable: true)
    Failpoint.durableMoved.pass()
  }

  /// How many loose object files there are.
  public var looseObjectCount: Int {
    get throws(HistoryError) { try store.files.listLoose().count }
  }

  /// How many packs there are.
  public var packCount: Int {
    get throws(HistoryError) {
      guard let disk = store.disk else { return 0 }
      return try Disk.list(disk.path + "/pack").count { $0.hasPrefix("pack-") && $0.hasSuffix(".idx") }
    }
  }
}
