import Support

/// One thing that happens in a story: somebody edits, something fails, a moment of quiet comes.
public struct Operation: Hashable, Sendable {
  /// What it is.
  public enum Kind: String, CaseIterable, Sendable {
    // People and agents at their files.
    case append, insertLine, changeLine, rewrite, rewriteInPlace, slowWrite, atomicSave, vimSave, jetbrainsSave
    case sedSave, create, createDeep, rename, moveDirectory, remove, removeDirectory, removeAndRemake, removeMany, empty
    case makeExecutable, fileToDirectory, directoryToFile, symbolicLink, oddName, ignoredFile, secret, large, revert
    case sameSize, lateWrite, conflictName
    // Programs that write into Redis.
    case foreignSet, foreignNew, foreignStale, foreignDelete, foreignExpire, foreignPersist, foreignType
    case indexEntryGone, indexGone, headGone, headGarbage, packGone
    // The store.
    case flushAll, evict, copyStore, rollBack, replaceStore, restartStore, storeDown
    // The network.
    case cut, flaky, slowLink
    // The machine.
    case kill, killInside, stop, powerCut, offline, diskFull, stateFull, readOnly, forbidDirectory, forbidFile
    case readOnlyDirectory, loseEvents, fewEvents, busy, clockJump, race, pause, ignoreRule, approve, resolve
    case rootGone, rootReplaced, markerGone, join
    /// Faults end, and everything comes to rest; then the invariants are checked.
    case quiet

    /// Whether it is something that goes wrong, and not what people do all day.
    var isFault: Bool {
      switch self {
      case .append, .insertLine, .changeLine, .rewrite, .rewriteInPlace, .slowWrite, .atomicSave, .vimSave,
        .jetbrainsSave, .sedSave, .create, .createDeep, .rename, .moveDirectory, .remove, .removeDirectory,
        .removeAndRemake, .removeMany, .empty, .makeExecutable, .fileToDirectory, .directoryToFile, .symbolicLink,
        .oddName, .ignoredFile, .secret, .large, .revert, .sameSize, .lateWrite, .conflictName, .foreignSet,
        .foreignNew, .approve, .resolve, .ignoreRule, .join, .pause, .quiet:
        false
      default: true
      }
    }
  }

  /// What it is.
  public let kind: Kind
  /// Whom it happens to, modulo how many there are then.
  let machine: Int
  /// What else there is to decide.
  let first: UInt64
  let second: UInt64
  let third: UInt64
  /// How long after the one before it, in nanoseconds.
  let delay: Int64
}

/// All that a seed decides before anything happens.
struct Plan {
  let machines: Int
  let servers: Int
  let operations: [Operation]
  /// How disks can swap two names.
  let swaps: [SimulatedDisk.Swap]
  /// Whether servers announce what is written.
  let announces: [Bool]
  let shortLived: Bool
  /// How often a second server is one replica's own affair.
  let hasDetour: Bool
  let latency: Int64
  let hastyPeople: Double

  init(seed: UInt64, steps: Int) {
    let random = SeededRandom(seed: seed, purpose: 1)
    machines = random.pick([1, 2, 2, 2, 3, 3, 4, 5])
    hasDetour = random.chance(0.25)
    servers = hasDetour ? 2 : 1
    swaps = (0..<8).map { _ in random.chance(0.85) ? .exchange : random.chance(0.7) ? .link : .rename }
    announces = (0..<2).map { _ in random.chance(0.75) }
    shortLived = random.chance(0.2)
    latency = random.pick([200_000, 1_000_000, 20_000_000, 120_000_000])
    // A run in which all goes wrong at once finds little: each has some kinds of trouble, and leaves others out.
    let faultiness = random.pick([0.0, 0.1, 0.25, 0.5])
    var weights: [(kind: Operation.Kind, weight: Double)] = []
    for (kind, weight) in Self.weights {
      let isWanted = kind.isFault ? random.chance(0.45) : random.chance(0.7)
      weights.append((kind, isWanted ? weight * (kind.isFault ? faultiness : 1) : 0))
    }
    weights.append((.append, 2))
    let total = weights.reduce(0) { $0 + $1.weight }
    hastyPeople = random.pick([0.1, 0.5, 1.2])
    var operations: [Operation] = []
    var sinceQuiet = 0
    let quietAfter = random.pick([25, 50, 100])
    for step in 0..<steps {
      var kind = Operation.Kind.append
      var left = random.fraction() * total
      for (candidate, weight) in weights {
        left -= weight
        if left < 0 {
          kind = candidate
          break
        }
      }
      sinceQuiet += 1
      if sinceQuiet > quietAfter || step == steps - 1 {
        kind = .quiet
        sinceQuiet = 0
      }
      let pause = random.chance(0.1) ? random.exponential(8) : random.exponential(hastyPeople)
      operations.append(
        Operation(
          kind: kind, machine: random.below(60), first: random.next(), second: random.next(), third: random.next(),
          delay: Int64(pause * Double(World.second))))
    }
    self.operations = operations
  }

  private static let weights: [(Operation.Kind, Double)] = [
    (.append, 8), (.insertLine, 4), (.changeLine, 6), (.rewrite, 3), (.rewriteInPlace, 3), (.slowWrite, 3),
    (.atomicSave, 5), (.vimSave, 4), (.jetbrainsSave, 2), (.sedSave, 2), (.create, 4), (.createDeep, 2), (.rename, 3),
    (.moveDirectory, 1.5), (.remove, 2.5), (.removeDirectory, 0.7), (.removeAndRemake, 1), (.removeMany, 0.3),
    (.empty, 0.7), (.makeExecutable, 0.7), (.fileToDirectory, 0.4), (.directoryToFile, 0.3), (.symbolicLink, 0.4),
    (.oddName, 0.4), (.ignoredFile, 0.7), (.secret, 0.6), (.large, 0.5), (.revert, 1), (.sameSize, 0.7),
    (.lateWrite, 1.5), (.conflictName, 0.3), (.foreignSet, 3), (.foreignNew, 1), (.approve, 0.7), (.resolve, 1),
    (.ignoreRule, 0.5), (.join, 0.3), (.pause, 0.4), (.foreignStale, 2), (.foreignDelete, 2), (.foreignExpire, 2),
    (.foreignPersist, 1), (.foreignType, 1), (.indexEntryGone, 1), (.indexGone, 0.5), (.headGone, 0.7),
    (.headGarbage, 0.4), (.packGone, 1), (.flushAll, 0.8), (.evict, 2), (.copyStore, 1), (.rollBack, 0.7),
    (.replaceStore, 0.5), (.restartStore, 1), (.storeDown, 1), (.cut, 4), (.flaky, 4), (.slowLink, 1.5), (.kill, 3),
    (.killInside, 6), (.stop, 1), (.powerCut, 2), (.offline, 1.5), (.diskFull, 1), (.stateFull, 1), (.readOnly, 0.7),
    (.forbidDirectory, 1), (.forbidFile, 1), (.readOnlyDirectory, 1), (.loseEvents, 1.5), (.fewEvents, 1.5), (.busy, 2),
    (.clockJump, 1.5), (.race, 5), (.rootGone, 0.4), (.rootReplaced, 0.3), (.markerGone, 0.4),
  ]
}
