import Bank
import SimulatedRedis
import Support
import SyncEngine

extension Simulation {
  /// Something happens to a program, or somebody asks something of it.
  func run(_ machine: Machine, _ operation: Operation, _ number: Int) {
    switch operation.kind {
    case .kill: machine.kill()
    case .killInside: machine.program?.gate.killAfter(Int(operation.first % 50))
    case .stop:
      machine.stop()
      later(operation, 5) { machine.start() }
    case .powerCut: machine.cutPower()
    case .offline:
      machine.isOff = true
      if operation.first % 2 == 0 { machine.stop() } else { machine.kill() }
      trace.tell(machine.name, "goes away for a while")
      later(operation, 120) {
        machine.isOff = false
        machine.start()
      }
    case .busy:
      machine.busyness = 0.5
      later(operation, 20) { machine.busyness = 0 }
    case .clockJump: jump(machine, operation)
    case .pause:
      trace.tell(machine.name, "is paused")
      machine.program?.pause()
      later(operation, 15) { machine.program?.resume() }
    case .ignoreRule: changeRules(machine, operation)
    case .approve: approve(machine)
    case .resolve: resolve(machine, operation, number)
    case .join:
      guard machines.count < 6 else { return }
      let joined = addMachine()
      trace.tell(joined.name, "joins")
      joined.start()
    default: break
    }
  }

  private func jump(_ machine: Machine, _ operation: Operation) {
    let jumps: [Int64] = [86_400_000, -86_400_000, 3_600_000, -3_600_000, 5_000, -5_000, 700]
    let jump = jumps[Int(operation.first % UInt64(jumps.count))]
    if operation.second % 5 == 0, let server = machine.links.first?.server {
      // A server whose clock goes forward takes much for expired.
      trace.tell(server.name, "its clock jumps by \(jump / 1000) s")
      server.clock.error += jump
      server.redis.expireDue()
      quietSeconds = max(quietSeconds, 900)
    } else {
      trace.tell(machine.name, "its clock jumps by \(jump / 1000) s")
      machine.clock.error += jump
    }
  }

  private func changeRules(_ machine: Machine, _ operation: Operation) {
    let patterns = ["todo.md", "tasks/", "*.txt", "docs/deep/", "moved1/"]
    let pattern = patterns[Int(operation.first % UInt64(patterns.count))]
    witnesses[machine.index].beginAnew()
    if machine.ignore.contains(pattern) {
      machine.ignore.removeAll { $0 == pattern }
      trace.tell(machine.name, "ignores \(pattern) no longer")
    } else {
      machine.ignore.append(pattern)
      trace.tell(machine.name, "ignores \(pattern)")
    }
    machine.program?.reload()
  }

  /// A person releases the deletions that wait.
  func approve(_ machine: Machine) {
    guard let program = machine.program else { return }
    for plan in program.engine.plans {
      trace.tell(machine.name, "approves \(plan.files.count) deletions (\(plan.reason))")
      for path in plan.files.keys { ledger.allowDeletion(path.bytes) }
      do {
        _ = try program.root.approve(plan.id)
      } catch {
        trace.tell(machine.name, "could not carry out what was approved: \(error)")
      }
    }
    program.wake()
  }

  private func resolve(_ machine: Machine, _ operation: Operation, _ number: Int) {
    guard let program = machine.program, program.isReady else { return }
    let conflicts = program.engine.conflicts
    guard !conflicts.isEmpty else { return }
    let conflict = conflicts[Int(operation.first % UInt64(conflicts.count))]
    let choices: [Resolution] = [
      .ours, .theirs, .both, .edited(Array("\(Words.line(machine.name, number, operation.second))\n".utf8)),
    ]
    let choice = choices[Int(operation.second % 4)]
    trace.tell(machine.name, "resolves the conflict about \(conflict.path) (\(conflict.copy)): \(choice)")
    ledger.allowDeletion(conflict.copy.bytes)
    ledger.isDictated = true
    defer { ledger.isDictated = false }
    do {
      try program.engine.resolve(conflict, choice)
    } catch {
      trace.tell(machine.name, "could not: \(error)")
    }
    program.wake()
  }

  /// Something keeps a program from seeing or writing files, or from keeping versions.
  func hinder(_ machine: Machine, _ operation: Operation, _ number: Int) {
    let disk = machine.disk
    trace.tell(machine.name, operation.kind.rawValue)
    func briefly(_ mean: Double, _ end: @escaping () -> Void) {
      later(operation, mean) {
        end()
        machine.noteAbility()
      }
    }
    switch operation.kind {
    case .diskFull:
      disk.isFull = true
      briefly(15) { disk.isFull = false }
    case .stateFull:
      machine.storage.isFull = true
      briefly(15) { machine.storage.isFull = false }
    case .readOnly:
      disk.isReadOnly = true
      briefly(15) { disk.isReadOnly = false }
    case .forbidDirectory:
      let directories = Person(machine).directories()
      guard !directories.isEmpty else { return }
      machine.forbid(directories[Int(operation.first % UInt64(directories.count))])
      briefly(15) { machine.allowAll() }
    case .forbidFile:
      guard let (_, file) = Person(machine).document(operation.first) else { return }
      machine.forbid(file)
      briefly(15) { machine.allowAll() }
    case .readOnlyDirectory:
      let directories = Person(machine).directories()
      guard !directories.isEmpty else { return }
      let directory = directories[Int(operation.first % UInt64(directories.count))]
      directory.isReadOnly = true
      briefly(15) { directory.isReadOnly = false }
    case .loseEvents:
      machine.losesEvents = true
      quietSeconds = max(quietSeconds, 100)
      briefly(20) { machine.losesEvents = false }
    case .fewEvents:
      machine.eventCapacity = 3
      briefly(20) { machine.eventCapacity = 16_384 }
    case .race: arm(machine, operation, number)
    case .rootGone: takeAway(machine, operation)
    case .rootReplaced: replaceRoot(machine, operation, number)
    case .markerGone:
      guard let marker = disk.root?.child(Machine.marker) else { return }
      disk.remove(marker)
      briefly(20) { [self] in restoreMarker(machine) }
    default: break
    }
  }

  private func restoreMarker(_ machine: Machine) {
    if let root = machine.disk.root { machine.mark(root) }
  }

  /// Somebody edits in the very moment in which the replica writes.
  private func arm(_ machine: Machine, _ operation: Operation, _ number: Int) {
    let random = SeededRandom(seed: operation.first, purpose: 5)
    var left = 1 + random.below(3)
    machine.interrupt = { [unowned self, unowned machine] moment, path in
      guard left > 0, let path, random.chance(0.4) else { return }
      left -= 1
      let actor = machine.disk.actor
      machine.disk.actor = .person
      defer { machine.disk.actor = actor }
      let person = Person(machine)
      let line = Words.line(machine.name, number, random.next())
      let known = machine.disk.find(path.bytes, in: machine.disk.root)?.bytes ?? []
      trace.tell(machine.name, "in the moment of \(moment) edits \(path): \(line)")
      switch random.below(4) {
      case 0: person.write(Words.append(line, to: known), to: path.bytes)
      case 1:
        let temporary = path.bytes + Array("-race".utf8)
        if person.write(Words.append(line, to: known), to: temporary) != nil {
          person.rename(temporary, to: path.bytes)
        }
      case 2: person.remove(path.bytes)
      default: person.write(Words.file(machine.name, number, random.next()), to: path.bytes)
      }
    }
    later(operation, 20) { machine.interrupt = { _, _ in } }
  }

  private static let elsewhere = Array("elsewhere".utf8)

  private func takeAway(_ machine: Machine, _ operation: Operation) {
    let disk = machine.disk
    guard let root = disk.root, disk.top.child(Self.elsewhere) == nil else { return }
    disk.actor = .mover
    disk.rename(root, to: Self.elsewhere, in: disk.top)
    disk.actor = .person
    later(operation, 20) { [self] in bringBack(machine) }
  }

  private func replaceRoot(_ machine: Machine, _ operation: Operation, _ number: Int) {
    takeAway(machine, operation)
    let disk = machine.disk
    guard disk.root == nil else { return }
    disk.actor = .mover
    let root = disk.make(.directory, SimulatedDisk.rootName, in: disk.top)
    if operation.second % 2 == 0 { machine.mark(root) }
    disk.actor = .person
    if operation.third % 2 == 0 {
      Person(machine).write(Words.file(machine.name, number, operation.second), to: Array("stranger.md".utf8))
    }
  }

  /// The directory that was taken away is put back; what stood in its place goes.
  func bringBack(_ machine: Machine) {
    let disk = machine.disk
    guard let old = disk.top.child(Self.elsewhere) else { return }
    disk.actor = .mover
    if let root = disk.root {
      // Whoever takes it away again takes away what was written into it.
      for (path, _) in disk.files() { ledger.allowDeletion(path) }
      disk.rename(root, to: Array("aside\(world.now)".utf8), in: disk.top)
    }
    disk.rename(old, to: SimulatedDisk.rootName, in: disk.top)
    disk.actor = .person
  }
}
