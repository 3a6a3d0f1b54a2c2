import Bank
import History
import Mirror
import RedisTransport
import Support
import SyncEngine

/// The daemon on a machine: the real cycle, engine, bank, watcher, history and mirror, and the little around them that
/// has threads and descriptors elsewhere.
final class Program: DirectoryWatch, RemoteAsking {
  let gate: Gate
  let engine: Engine
  let root: RootGuard
  private(set) var cycle: Cycle?
  private unowned let machine: Machine
  private let world: World
  private let notes: MemoryNotes
  private let drivers: [RemoteDriver]
  private var inotify: SimulatedInotify
  private var watcher: Watcher
  private var durability = DurabilitySchedule()
  private var flushed: [ObjectID] = []
  private var news: [News] = []
  private var planned: Int64?
  private var lastTip: ObjectID?
  private var lastMain: ObjectID?
  private var isClosed = false

  private enum News {
    case answer(Int, RemoteAnswer)
    case events(Int, [MirrorEvent])
    case listening(Int, Bool)
  }

  init(_ machine: Machine, _ gate: Gate) throws {
    self.machine = machine
    self.gate = gate
    world = machine.world
    let setting = machine.setting
    notes = MemoryNotes(machine.storage, gate)
    let files = try SimulatedFileSystem(machine.disk, gate)
    files.interrupt = { [unowned machine] in machine.interrupt($0, $1) }
    let bank = Bank(
      fileSystem: files, rules: IgnoreRules(patterns: machine.ignore), random: machine.random, clock: machine.clock)
    let history = History(
      objects: MemoryObjects(machine.storage, gate), refs: MemoryRefs(machine.storage, gate), name: machine.name)
    var opening = try Opening(history, notes: notes, bootID: "boot \(machine.boots)")
    engine = try opening.engine(
      bank: bank,
      settings: EngineSettings(
        bank: setting.bank, replica: machine.name, authorName: machine.name, authorEmail: "\(machine.name)@localhost",
        documentLimit: setting.documentLimit, holdLimit: setting.holdLimit, ttl: setting.ttl,
        pollSeconds: setting.pollSeconds), table: machine.storage.table, clock: machine.clock, random: machine.random)
    try opening.restoreTornFiles(engine, bootedAt: machine.bootTime)
    for notice in opening.notices { machine.trace.tell(machine.name, "notes at the start: \(notice)") }
    root = RootGuard(engine, directory: "/bank", notes: notes) { [unowned machine] in machine.isMarked }
    engine.setRemotes(machine.links.enumerated().map { (name: "m\($0.offset)", address: $0.element.server.name) })
    root.check()
    let world = world
    drivers = machine.links.map { link in
      RemoteDriver(
        keys: setting.keys, ttl: setting.ttl, limits: MirrorLimits(), random: machine.random,
        clock: machine.clock
      ) { () throws(RedisError) in try LinkClient(link, world, gate) }
    }
    (watcher, inotify) = try Self.watch(machine, files, engine.bank.rules)
    cycle = Cycle(
      engine, root: root, watch: self, remotes: self, rescanSeconds: setting.rescanSeconds, clock: machine.clock,
      random: machine.random
    ) { [unowned machine] level, message, _ in machine.trace.tell(machine.name, "\(level): \(message)") }
    inotify.onReadable = { [unowned self] in wake() }
  }

  private static func watch(
    _ machine: Machine, _ files: SimulatedFileSystem, _ rules: IgnoreRules
  ) throws -> (Watcher, SimulatedInotify) {
    let inotify = SimulatedInotify(machine.disk)
    inotify.capacity = machine.eventCapacity
    inotify.loses = { [unowned machine] in machine.losesEvents && machine.random.chance(0.5) }
    return (try Watcher(root: "bank", rules: rules, files: files, events: .success(inotify)), inotify)
  }

  /// As the daemon begins.
  func run() {
    takeUpRules()
    engine.forgetCalls()
    for (index, link) in machine.links.enumerated() { link.listen(self, index) }
    do {
      try cycle?.rescan()
    } catch {
      machine.trace.tell(machine.name, "could not look at everything: \(error)")
      gate.kill()
      return
    }
    work()
  }

  private func takeUpRules() {
    do {
      if try !engine.takeUp(ignore: machine.ignore, include: [], notes: notes) {
        machine.trace.tell(machine.name, "keeps the earlier ignore rules for now")
      }
    } catch {
      machine.trace.tell(machine.name, "could not take up the ignore rules: \(error)")
    }
    watcher.updateRules(engine.bank.rules)
  }

  func stop() {
    try? cycle?.stop()
    if let main = engine.main { try? engine.history.makeDurable(main) }
    saveTable()
    if !gate.isDead { Opening.noteEnd(notes) }
  }

  /// Lets go of everything.
  func close() {
    isClosed = true
    inotify.close()
    cycle = nil
  }

  // MARK: Turns

  /// Has a turn soon: something is there to be read.
  func wake() {
    let pause =
      machine.random.chance(machine.busyness)
      ? machine.random.between(0, 800 * World.millisecond) : machine.random.between(50_000, 2 * World.millisecond)
    plan(world.now + pause)
  }

  private func plan(_ time: Int64) {
    if let planned, planned <= time { return }
    planned = time
    world.at(time) { [self] in
      guard planned == time, !isClosed, !gate.isDead else { return }
      planned = nil
      turn()
    }
  }

  private func turn() {
    guard let cycle else { return }
    takeNews(cycle)
    if !inotify.isEmpty { cycle.takeChanges() }
    takeFlushed()
    work()
  }

  private func takeNews(_ cycle: Cycle) {
    let items = news
    news = []
    for item in items {
      switch item {
      case .answer(let index, let answer):
        cycle.take(answer, from: index)
        if case .failed(let failure) = answer {
          machine.trace.tell(machine.name, "remote \(index): \(failure.message)")
        }
      case .events(let index, let events): cycle.take(events, from: index)
      case .listening(let index, let isUp): cycle.noteListening(index, isUp)
      }
    }
  }

  private func work() {
    guard let cycle, !gate.isDead else { return }
    if !cycle.isPaused {
      cycle.work()
      if engine.tip != lastTip || engine.main != lastMain {
        if engine.tip != lastTip { machine.trace.tell(machine.name, "has \(newestVersion())") }
        (lastTip, lastMain) = (engine.tip, engine.main)
        durability.noteCommit(machine.clock.monotonicNanoseconds)
      }
      beginFlush()
    }
    machine.noteAbility()
    machine.afterTurn()
    guard !gate.isDead, !isClosed else { return }
    let deadlines = [cycle.nextDeadline, cycle.isPaused ? nil : durability.nextDeadline]
    if let deadline = deadlines.compactMap(\.self).min() {
      // Rounded up to milliseconds, as the real sleep is.
      let wait = max(0, deadline - machine.clock.monotonicNanoseconds)
      plan(world.now + (wait + World.millisecond - 1) / World.millisecond * World.millisecond + 1)
    }
  }

  private func newestVersion() -> String {
    guard let tip = engine.tip, let commit = try? engine.history.commit(tip) else { return "no version" }
    return "\(tip.short()) \(commit.message.prefix { $0 != "\n" })"
  }

  // MARK: Durability

  private func beginFlush() {
    guard durability.begins(machine.clock.monotonicNanoseconds) else { return }
    guard let main = engine.main else { return durability.finish() }
    let moment = machine.storage.beginFlush()
    world.after(machine.random.between(World.millisecond, 30 * World.millisecond)) { [self] in
      guard gate.lets(6, "flush the history") else { return }
      machine.storage.finishFlush(moment)
      flushed.append(main)
      wake()
    }
  }

  private func takeFlushed() {
    for commit in flushed {
      durability.finish()
      do {
        try engine.history.noteDurable(commit)
        saveTable()
      } catch {
        machine.trace.tell(machine.name, "could not note what is durable: \(error)")
        durability.noteCommit(machine.clock.monotonicNanoseconds)
      }
    }
    flushed = []
  }

  private func saveTable() {
    guard !engine.tableIsSaved, !machine.storage.isFull, gate.lets(7, "save the table") else { return }
    engine.tableIsSaved = true
    machine.storage.table = engine.table
  }

  // MARK: Remotes

  var count: Int { drivers.count }

  func ask(_ call: RemoteCall, of index: Int) {
    let link = machine.links[index]
    world.after(link.delay()) { [self] in
      guard !gate.isDead else { return }
      let answer = drivers[index].perform(call)
      world.after(link.delay()) { [self] in
        guard !gate.isDead else { return }
        news.append(.answer(index, answer))
        wake()
      }
    }
  }

  func take(_ events: [MirrorEvent], _ index: Int) {
    news.append(.events(index, events))
    wake()
  }

  func noteListening(_ index: Int, _ isUp: Bool) {
    news.append(.listening(index, isUp))
    wake()
  }

  // MARK: The watch

  var needsPolling: Bool { if case .events = watcher.mode { false } else { true } }

  func drain() -> WatchReport { watcher.drain() }

  func rewatch() { watcher.rewatch() }

  func limitEvents(to capacity: Int) { inotify.capacity = capacity }

  func reopen() throws {
    let files = try SimulatedFileSystem(machine.disk, gate)
    files.interrupt = { [unowned machine] in machine.interrupt($0, $1) }
    engine.bank = Bank(fileSystem: files, rules: engine.bank.rules, random: machine.random, clock: machine.clock)
    let (fresh, events) = try Self.watch(machine, files, engine.bank.rules)
    inotify.close()
    watcher = fresh
    inotify = events
    inotify.onReadable = { [unowned self] in wake() }
  }

  // MARK: What people ask of it

  func pause() {
    guard let cycle, !cycle.isPaused else { return }
    cycle.pause()
    machine.noteAbility()
  }

  func resume() {
    guard let cycle, cycle.isPaused else { return }
    cycle.resume()
    wake()
  }

  /// Reads the settings again, as on SIGHUP.
  func reload() {
    takeUpRules()
    for index in engine.sessions.indices { engine.resumeRemote(index) }
    cycle?.rescanSoon()
    wake()
  }

  // MARK: What can be seen of it

  var isPaused: Bool { cycle?.isPaused ?? false }

  /// Whether nothing keeps it from making versions of what it sees.
  var isReady: Bool {
    guard let cycle, !gate.isDead else { return false }
    return !cycle.isPaused && !engine.joins && !root.isGone && engine.suspicion == nil
  }

  /// Whether there is nothing at all that it has still to do, but for what the passing of time brings.
  var isSettled: Bool {
    guard let cycle, !gate.isDead, inotify.isEmpty, news.isEmpty, flushed.isEmpty else { return false }
    return cycle.isInSync && cycle.isSettled && engine.target == nil && engine.bank.displacedCount == 0
      && (try? engine.history.durable) == engine.main
  }
}
