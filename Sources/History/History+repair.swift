import Support

extension History {
  /// Makes the repository sound again after a crash or a power cut; called at each start, before anything else.
  ///
  /// Torn loose objects and refs go (writing an object over a torn one must not be taken for healing it by those
  /// who see a file there), leftovers go. When `main` can't be read in full it falls back to the durable commit;
  /// what could be read of it stays under `refs/rescue/`.
  ///
  /// A `thorough` one reads every object file and pack: after a boot that nobody shut down for. Otherwise that is
  /// done only when something is found wrong. Returns what was done, a sentence each; nothing when all was well.
  public func repair(thorough: Bool) throws(HistoryError) -> [String] {
    // What is remembered could hide what is gone.
    try forget()
    var repair = Repair(self)
    try repair.removeLeftovers(includingLocks: thorough)
    if !thorough {
      try repair.quickCheck()
      guard repair.foundDamage else { return repair.log }
    }
    try repair.checkObjects()
    try forget()
    try repair.checkRefs()
    return repair.log
  }

  private func forget() throws(HistoryError) {
    try store.reopen()
    graph.forget()
    listing = nil
  }
}
