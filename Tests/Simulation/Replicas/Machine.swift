import Bank
import History
import Mirror
import Support
import SyncEngine

/// What holds of the whole run.
struct Setting {
  var bank = "11111111-2222-4333-8444-555555555555"
  var keys: MirrorKeys
  var ttl = TTLPolicy()
  var documentLimit: Int64 = 4_096
  var holdLimit: Int64 = 16_384
  var pollSeconds: Int64 = 5
  var rescanSeconds: Int64 = 60
}

/// A machine with a replica on it: a disk, a state directory, and a program that runs, or doesn't.
final class Machine {
  let index: Int
  let name: String
  let world: World
  let trace: Trace
  let random: SeededRandom
  let clock: MachineClock
  let disk: SimulatedDisk
  let storage: MemoryStorage
  let setting: Setting
  private(set) var links: [Link] = []
  private(set) var program: Program?
  /// What is ignored here.
  var ignore: [String] = []
  /// It isn't to run for now.
  var isOff = false
  /// The watcher misses events.
  var losesEvents = false
  /// How many events wait at most.
  var eventCapacity = 16_384 {
    didSet { program?.limitEvents(to: eventCapacity) }
  }
  /// How likely a program is to be busy with something else for a while.
  var busyness = 0.0
  private(set) var boots = 1
  /// When the machine was ready to see to its files without any hindrance; nil: it isn't.
  private(set) var ableSince: Int64?
  private var hindrance = false
  /// Called in the middle of what the program does to its files.
  var interrupt: (SimulatedFileSystem.Moment, BankPath?) -> Void = { _, _ in }
  /// Called when a program ended, by whatever.
  var onEnd: () -> Void = {}
  /// Called when what was seen to until now isn't any more, while ``ableSince`` still says since when it was.
  var onHindrance: () -> Void = {}
  /// Called after each turn of the program.
  var afterTurn: () -> Void = {}
  private(set) var kills = 0
  /// What nobody may look at for now.
  private var forbidden: [DiskNode] = []

  init(_ index: Int, _ world: World, _ setting: Setting, _ trace: Trace, _ random: SeededRandom) {
    self.index = index
    name = "r\(index + 1)"
    self.world = world
    self.setting = setting
    self.trace = trace
    self.random = random
    clock = MachineClock(world)
    disk = SimulatedDisk(world, clock)
    storage = MemoryStorage(world)
  }

  func connect(_ server: Server) {
    links.append(Link(server, self, world, SeededRandom(seed: random.next(), purpose: UInt64(links.count))))
  }

  /// Makes the bank's directory, with its marker.
  func makeDirectory() {
    let root = disk.make(.directory, SimulatedDisk.rootName, in: disk.top)
    mark(root)
    disk.synchronise(root)
    disk.synchronise(disk.top)
  }

  static let marker = Array(".membank".utf8)

  func mark(_ root: DiskNode) {
    guard root.child(Self.marker) == nil else { return }
    let file = disk.make(.file, Self.marker, in: root)
    disk.write(Array("[membank]\n".utf8), to: file)
    disk.synchronise(file)
  }

  var isMarked: Bool { disk.root?.child(Self.marker) != nil }

  // MARK: The program

  /// Starts the program; where that fails it is tried again, as a service manager would.
  func start() {
    guard program == nil, !isOff else { return }
    let gate = Gate(trace, name)
    gate.onDeath = { [unowned self] in
      kills += 1
      // What was under way ends first: the death is noticed when it comes back.
      world.after(0) { self.noteEnd(gate) }
    }
    trace.tell(name, "starts")
    do {
      let program = try Program(self, gate)
      self.program = program
      program.run()
    } catch {
      trace.tell(name, "can't start: \(error)")
      gate.onDeath = {}
      gate.kill()
      program = nil
      world.after(5 * World.second) { [unowned self] in start() }
    }
    noteAbility()
  }

  /// Ends it in order.
  func stop() {
    guard let program else { return }
    trace.tell(name, "is stopped")
    program.stop()
    end(program)
  }

  /// Ends it at once, between two effects.
  func kill() {
    guard let program else { return }
    trace.tell(name, "is killed")
    program.gate.kill()
  }

  private func noteEnd(_ gate: Gate) {
    guard let program, program.gate === gate else { return }
    end(program)
    guard !isOff else { return }
    world.after(random.between(World.second / 10, 10 * World.second)) { [unowned self] in start() }
  }

  private func end(_ program: Program) {
    program.gate.onDeath = {}
    program.gate.kill()
    program.close()
    self.program = nil
    noteAbility()
    onEnd()
  }

  /// The power fails, and comes back.
  func cutPower() {
    trace.tell(name, "loses its power")
    if let program { end(program) }
    disk.cutPower(random)
    storage.cutPower(random)
    boots += 1
    clock.bootedAt = world.now
    guard !isOff else { return }
    world.after(random.between(2 * World.second, 20 * World.second)) { [unowned self] in
      clock.bootedAt = world.now - World.second
      start()
    }
  }

  /// When the machine booted, by its own clock.
  var bootTime: Int64 { clock.wallNanoseconds - clock.monotonicNanoseconds }

  // MARK: Ability

  /// Something now keeps, or no longer keeps, files from being seen or versions from being made.
  func noteAbility() {
    let isHindered =
      disk.isFull || disk.isReadOnly || storage.isFull || losesEvents || eventCapacity < 16_384 || !forbidden.isEmpty
    if isHindered { hindrance = true }
    let isReady = !isHindered && (program?.isReady ?? false)
    if !isReady {
      if ableSince != nil { onHindrance() }
      ableSince = nil
    } else if ableSince == nil {
      // What failed is tried again within a minute, what was missed is found by the next look at everything.
      ableSince = world.now + (hindrance ? 80 * World.second : 0)
      hindrance = false
    }
  }

  /// Nobody may look at a file or into a directory, until ``allowAll()``.
  func forbid(_ node: DiskNode) {
    forbidden.append(node)
    disk.forbid(node, true)
    noteAbility()
  }

  func allowAll() {
    for node in forbidden { disk.forbid(node, false) }
    forbidden = []
    noteAbility()
  }

  func tearDown() {
    program?.close()
    program = nil
    disk.tearDown()
    interrupt = { _, _ in }
    onEnd = {}
    afterTurn = {}
    onHindrance = {}
    links = []
  }
}
