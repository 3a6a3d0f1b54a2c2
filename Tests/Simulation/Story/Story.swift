import Support

extension Simulation {
  func carryOut(_ operation: Operation, _ number: Int) {
    let machine = machines[operation.machine % machines.count]
    let server = servers[operation.machine / 7 % servers.count]
    switch operation.kind {
    case .append, .insertLine, .changeLine, .rewrite, .rewriteInPlace, .slowWrite, .atomicSave, .vimSave,
      .jetbrainsSave, .sedSave, .revert, .sameSize, .lateWrite, .conflictName:
      edit(operation, number, machine)
    case .create, .createDeep, .rename, .moveDirectory, .remove, .removeDirectory, .removeAndRemake, .removeMany,
      .empty, .makeExecutable, .fileToDirectory, .directoryToFile, .symbolicLink, .oddName, .ignoredFile, .secret,
      .large:
      rearrange(operation, number, machine)
    case .foreignSet, .foreignNew, .foreignStale, .foreignDelete, .foreignExpire, .foreignPersist, .foreignType,
      .indexEntryGone, .indexGone, .headGone, .headGarbage, .packGone:
      meddle(operation, number, server)
    case .flushAll, .evict, .copyStore, .rollBack, .replaceStore, .restartStore, .storeDown:
      disturb(server, operation)
    case .cut, .flaky, .slowLink:
      disturb(machine.links[Int(operation.first % UInt64(machine.links.count))], operation)
    case .kill, .killInside, .stop, .powerCut, .offline, .busy, .clockJump, .pause, .ignoreRule, .approve, .resolve,
      .join:
      run(machine, operation, number)
    case .diskFull, .stateFull, .readOnly, .forbidDirectory, .forbidFile, .readOnlyDirectory, .loseEvents, .fewEvents,
      .race, .rootGone, .rootReplaced, .markerGone:
      hinder(machine, operation, number)
    case .quiet: break
    }
    machine.noteAbility()
  }

  /// Has something end by itself after a while, or with the next quiet moment.
  func later(_ operation: Operation, _ mean: Double, _ body: @escaping () -> Void) {
    let wait = SeededRandom(seed: operation.third, purpose: 3).exponential(mean)
    world.after(Int64(wait * Double(World.second)), body)
  }
}
