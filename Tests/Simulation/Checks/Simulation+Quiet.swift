import Bank
import Mirror
import SimulatedRedis
import Support
import SyncEngine

extension Simulation {
  /// So long, at most, everything may take to come to rest: a head that can't be completed is waited for some minutes.
  private static let longest: Int64 = 3_000 * World.second

  /// Ends every fault, waits until nothing is left to do, and checks what must hold then.
  func beQuiet(isLast: Bool) {
    trace.tell("story", "quiet")
    heal()
    collectForeign()
    let began = world.now
    var step = World.second
    while true {
      world.run(until: world.now + step)
      for server in servers { server.redis.expireDue() }
      if ledger.violation != nil { return }
      let lasted = world.now - began
      if lasted > 5 * World.second { seeToWhatWaits(lasted / World.second) }
      if lasted >= quietSeconds * World.second, isAtRest { break }
      guard lasted < Self.longest else { return ledger.violate("no rest", unrest) }
      if lasted > 30 * World.second { step = 5 * World.second }
    }
    quietSeconds = 10
    trace.tell("story", "at rest after \((world.now - began) / World.second) s")
    check()
    if isLast, ledger.violation == nil { checkIdempotence() }
  }

  private func heal() {
    for server in servers { server.comeUp() }
    for machine in machines {
      for link in machine.links {
        link.heal()
        link.latency = plan.latency
      }
      let disk = machine.disk
      (disk.isFull, disk.isReadOnly, machine.storage.isFull) = (false, false, false)
      machine.allowAll()
      (machine.losesEvents, machine.eventCapacity, machine.busyness) = (false, 16_384, 0)
      machine.interrupt = { _, _ in }
      bringBack(machine)
      if let root = disk.root {
        machine.mark(root)
        clear(root, disk)
      }
      machine.program?.gate.killAfter(nil)
      machine.program?.resume()
      machine.isOff = false
      machine.start()
      machine.noteAbility()
    }
  }

  /// Directories can be written to again, and links that stand where documents should are removed.
  private func clear(_ node: DiskNode, _ disk: SimulatedDisk) {
    node.isReadOnly = false
    for entry in node.entries {
      if entry.kind == .symbolicLink { disk.remove(entry) } else { clear(entry, disk) }
    }
  }

  /// What foreign programs wrote and still stands there now must not be lost any more.
  private func collectForeign() {
    for (index, path, value) in foreign {
      guard servers[index].documents[setting.keys.documentPrefix + path] == value else { continue }
      ledger.owe(ObjectID.blob(of: value), path, servers[index].name)
    }
    foreign = []
  }

  /// What a person would do by now.
  private func seeToWhatWaits(_ seconds: Int64) {
    for machine in machines {
      guard let program = machine.program else { continue }
      if !program.engine.plans.isEmpty { approve(machine) }
      for (index, session) in program.engine.sessions.enumerated() where session.state == .halted {
        trace.tell(machine.name, "is told to try remote \(index) again: \(session.message ?? "")")
        program.engine.resumeRemote(index)
        program.wake()
      }
      if seconds % 30 == 0 { tidy(machine, program) }
      if program.engine.bank.rules != IgnoreRules(patterns: machine.ignore), seconds % 20 == 0 {
        program.reload()
      }
    }
  }

  /// Somebody reads in the status what is in the way of the bank's files, and moves it away.
  private func tidy(_ machine: Machine, _ program: Program) {
    for problem in program.engine.problems.values.sorted(by: { $0.name < $1.name }) where problem.kind == .writeFailed {
      guard let path = problem.path else { continue }
      for place in path.ancestors + [path] {
        guard let node = machine.disk.find(place.bytes, in: machine.disk.root) else { continue }
        guard (node.kind == .directory) == (place == path) else { continue }
        trace.tell(machine.name, "moves \(place) away, which is in the way")
        Person(machine).removeTree(node)
      }
    }
  }

  private var isAtRest: Bool {
    guard let tip = machines[0].program?.engine.tip else { return false }
    return machines.allSatisfy { machine in
      guard let program = machine.program else { return false }
      return program.isSettled && program.engine.tip == tip && program.engine.plans.isEmpty
        && program.engine.bank.rules == IgnoreRules(patterns: machine.ignore)
    } && servers.allSatisfy { $0.head == tip }
  }

  private var unrest: String {
    var parts: [String] = []
    for machine in machines {
      guard let program = machine.program else {
        parts.append("\(machine.name) doesn't run")
        continue
      }
      let engine = program.engine
      var words = ["\(machine.name) at \(engine.tip?.short() ?? "nothing")"]
      if let target = engine.target { words.append("on its way to \(target.commit.short())") }
      if !program.isSettled { words.append("not settled") }
      if engine.joins { words.append("joining") }
      if let suspicion = engine.suspicion { words.append(suspicion) }
      if !engine.plans.isEmpty { words.append("\(engine.plans.count) plans wait") }
      if engine.bank.displacedCount > 0 { words.append("\(engine.bank.displacedCount) files set aside") }
      for (index, session) in engine.sessions.enumerated() where !engine.isInSync(index) {
        words.append("\(session.name) \(session.state) \(session.message ?? "")")
      }
      for problem in engine.problems.values.sorted(by: { $0.name < $1.name }) {
        words.append("\(problem.name) \(problem.reason)")
      }
      parts.append(words.joined(separator: ", "))
    }
    for server in servers { parts.append("\(server.name) has \(server.head?.short() ?? "no head")") }
    return parts.joined(separator: "; ")
  }
}
