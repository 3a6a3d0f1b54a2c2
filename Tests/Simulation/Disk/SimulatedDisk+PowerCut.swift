import Support

/// One name in one directory that now stands for something else.
struct JournalChange {
  let directory: DiskNode
  let name: [UInt8]
  let before: DiskNode?
  let after: DiskNode?
}

/// What a file system does in one step, of which a power cut leaves all or nothing.
struct JournalStep {
  let changes: [JournalChange]
  let time: Int64
  var isDurable = false

  func touches(_ directory: DiskNode) -> Bool { changes.contains { $0.directory === directory } }
}

/// What is on the disk for certain, and what a power cut makes of the rest.
extension SimulatedDisk {
  /// After this long the system has written everything back by itself, in nanoseconds.
  static let writeBack: Int64 = 35 * World.second

  func record(_ changes: [JournalChange]) {
    journal.append(JournalStep(changes: changes, time: world.now))
    if journal.count > 256 { journal.removeAll { $0.time < world.now - Self.writeBack || $0.isDurable } }
  }

  /// A directory's names, and all that had to come before them.
  func synchroniseNames(of directory: DiskNode) {
    var wanted = [directory]
    for index in journal.indices.reversed() where wanted.contains(where: journal[index].touches) {
      journal[index].isDurable = true
      for change in journal[index].changes where !wanted.contains(where: { $0 === change.directory }) {
        wanted.append(change.directory)
      }
    }
  }

  /// The power fails: each step that nobody flushed is kept or lost, in order within a directory; what was written to a
  /// file and not flushed is there, or gone, or torn.
  func cutPower(_ random: SeededRandom) {
    actor = .powerCut
    defer { actor = .person }
    var lost: [JournalStep] = []
    var broken: [DiskNode] = []
    // A disk may be behind by much or by nothing.
    let keeps = random.pick([0.0, 0.5, 0.9, 1.0])
    for step in journal {
      let isBroken = broken.contains(where: step.touches)
      if !isBroken, step.isDurable || step.time < world.now - Self.writeBack || random.chance(keeps) { continue }
      lost.append(step)
      broken += step.changes.map(\.directory)
    }
    let before = files()
    for step in lost.reversed() {
      for change in step.changes.reversed() { undo(change) }
    }
    journal = []
    for (_, file) in files() { tear(file, random) }
    tell(before)
  }

  private func undo(_ change: JournalChange) {
    if let after = change.after, after.parent === change.directory, after.name == change.name { detach(after) }
    guard let before = change.before else { return }
    before.parent?.entries.removeAll { $0 === before }
    before.parent = change.directory
    before.name = change.name
    change.directory.entries.append(before)
  }

  private func detach(_ node: DiskNode) {
    node.parent?.entries.removeAll { $0 === node }
    node.parent = nil
  }

  private func tear(_ file: DiskNode, _ random: SeededRandom) {
    file.writers = 0
    if case .current = file.durable { return }
    defer { file.durable = .current }
    if file.dirtySince < world.now - Self.writeBack { return }
    let bytes = file.bytes
    switch random.below(5) {
    case 0: break
    case 1: file.set([])
    case 2: file.set([UInt8](repeating: 0, count: bytes.count))
    case 3: file.set(Array(bytes.prefix(random.below(bytes.count + 1))))
    default: if case .earlier(let bytes) = file.durable { file.set(bytes) } else { file.set([]) }
    }
  }

  /// Everything stands anew, as far as anybody can tell.
  private func tell(_ before: [(path: [UInt8], file: DiskNode)]) {
    let now = files()
    var index = 0
    for (path, file) in before {
      while index < now.count, now[index].path.lexicographicallyPrecedes(path) { index += 1 }
      if index < now.count, now[index].path == path { continue }
      onChange(path, nil, file)
    }
    for (path, file) in now { onChange(path, file, nil) }
  }
}
