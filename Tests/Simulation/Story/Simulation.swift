import Mirror
public import SimulatedRedis
import Support

/// One run: what a seed decides, carried out to its end or to the first thing that must not be.
public final class Simulation {
  /// What a run came to.
  public struct Outcome: Sendable {
    /// The seed.
    public let seed: UInt64
    /// How many operations it had.
    public var steps = 0
    /// What happened, and how often.
    public var operations: [String: Int] = [:]
    /// What went wrong on the network, and how often, by kind; programs killed in the middle of something among it.
    public var faults: [String: Int] = [:]
    /// A number in which every effect takes part.
    public var hash: UInt64 = 0
    /// What must not have been.
    public var violation: Violation?
    /// The story, as far as it was kept.
    public var lines: [String] = []
    /// How much time passed in it.
    public var seconds: Int64 = 0
    /// How often the invariants were checked.
    public var checks = 0
  }

  let seed: UInt64
  let world = World()
  let trace: Trace
  let plan: Plan
  let ledger: Ledger
  var servers: [Server] = []
  var machines: [Machine] = []
  var witnesses: [Witness] = []
  let setting: Setting
  let chance: SeededRandom
  /// What foreign programs wrote, and where.
  var foreign: [(server: Int, path: [UInt8], value: [UInt8])] = []
  /// Every value that a document's key had, for programs that write what they read long ago.
  var pastValues: [(path: [UInt8], value: [UInt8])] = []
  var audit = Audit()
  /// Until when a quiet moment has to last, since what was missed is found only by a look at everything.
  var quietSeconds: Int64 = 10
  private let kept: Set<Int>?
  private let scripts: ScriptEngine
  private var counts: [String: Int] = [:]

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - seed: What decides everything.
  ///   - steps: How many operations there are.
  ///   - kept: The numbers of the operations that take place; nil: all.
  ///   - detail: How much of the story is kept as text.
  ///   - scripts: Compiled scripts, which runs on the same thread may share.
  /// - Throws: Never, unless the simulator's own settings make no sense.
  public init(
    seed: UInt64, steps: Int = 200, kept: Set<Int>? = nil, detail: Trace.Detail = .none,
    scripts: ScriptEngine = ScriptEngine()
  ) throws {
    self.seed = seed
    self.kept = kept
    self.scripts = scripts
    plan = Plan(seed: seed, steps: steps)
    trace = Trace(detail)
    ledger = Ledger(world, trace)
    chance = SeededRandom(seed: seed, purpose: 2)
    var setting = Setting(keys: try MirrorKeys(prefix: "membank", project: "sim"))
    if plan.shortLived {
      setting.ttl = TTLPolicy(classes: ["doc": 120, "cache": 60, "history": 600, "presence": 30])
    }
    self.setting = setting
    trace.now = { [unowned world] in world.now }
  }

  /// The numbers of all operations but the last, which is a moment of quiet and always takes place.
  public var operationNumbers: [Int] { Array(plan.operations.indices.dropLast()) }

  /// Carries it out.
  public func run() -> Outcome {
    setUp()
    for (number, operation) in plan.operations.enumerated() {
      world.run(until: world.now + operation.delay)
      // A server looks for keys whose time has come all the while.
      for server in servers { server.redis.expireDue() }
      if ledger.violation != nil { break }
      let isLast = number == plan.operations.count - 1
      guard isLast || kept?.contains(number) ?? true else { continue }
      trace.mix(UInt64(number))
      counts[operation.kind.rawValue, default: 0] += 1
      if operation.kind == .quiet { beQuiet(isLast: isLast) } else { carryOut(operation, number) }
      if ledger.violation != nil { break }
    }
    return finish()
  }

  private func setUp() {
    for index in 0..<plan.servers {
      let server = Server(
        index == 0 ? "X" : "Y", world, setting.keys, announces: plan.announces[index], scripts: scripts, trace: trace,
        random: SeededRandom(seed: seed, purpose: UInt64(100 + index)))
      server.onOverwrite = { [unowned self, unowned server] in overwritten(server, $0, $1, $2) }
      servers.append(server)
    }
    for _ in 0..<plan.machines { addMachine() }
    trace.tell("story", "\(plan.machines) machines, \(plan.servers) servers")
    for machine in machines { machine.start() }
  }

  /// One more machine with an empty directory, or with an old copy of another's.
  @discardableResult
  func addMachine() -> Machine {
    let index = machines.count
    let random = SeededRandom(seed: seed, purpose: UInt64(1000 + index))
    let machine = Machine(index, world, setting, trace, random)
    machine.clock.error = random.between(-3000, 3000)
    machine.disk.swap = plan.swaps[index % plan.swaps.count]
    // With a detour the first one alone knows both servers.
    let isBeyond = plan.hasDetour && index % 2 == 1
    for (place, server) in servers.enumerated() where index == 0 || (place == 1) == isBeyond {
      machine.connect(server)
    }
    for link in machine.links { link.latency = plan.latency }
    machines.append(machine)
    witnesses.append(Witness(machine, ledger))
    machine.makeDirectory()
    if index == 0 {
      machine.storage.notes["born"] = "here"
      for (number, name) in Person.names.prefix(3 + random.below(6)).enumerated() {
        Person(machine).write(Words.file("r1", -number, random.next()), to: Array(name.utf8))
      }
    } else if random.chance(0.3) {
      for (path, file) in Person(machines[0]).documents() where random.chance(0.6) {
        Person(machine).write(file.bytes, to: path)
      }
    }
    return machine
  }

  private func finish() -> Outcome {
    var outcome = Outcome(seed: seed)
    outcome.steps = plan.operations.count
    outcome.operations = counts
    for machine in machines {
      for link in machine.links { outcome.faults.merge(link.faults) { $0 + $1 } }
      outcome.faults["killed inside", default: 0] += machine.kills
      trace.mix(UInt64(machine.storage.objects.count))
      for (path, file) in machine.disk.files() {
        trace.mix(path)
        trace.mix(file.blob.hashless)
      }
    }
    outcome.violation = ledger.violation
    outcome.seconds = world.now / World.second
    outcome.checks = audit.checks
    outcome.hash = trace.hash
    outcome.lines = trace.lines
    world.end()
    for machine in machines { machine.tearDown() }
    for server in servers { server.tearDown() }
    return outcome
  }

  /// A replica's script wrote over what a document's key held.
  private func overwritten(_ server: Server, _ path: BankPath, _ value: [UInt8], _ writer: Machine) {
    if pastValues.count < 60 { pastValues.append((path.bytes, value)) }
    let blob = ObjectID.blob(of: value)
    if ledger.written.contains(blob), !writer.storage.has(blob) {
      ledger.violate(
        "foreign value lost",
        "\(writer.name) wrote over \(path) in \(server.name), whose value was nowhere in its history")
    }
  }
}
