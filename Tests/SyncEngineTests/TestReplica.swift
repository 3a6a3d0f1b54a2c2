import Bank
import FoundationEssentials
import Glibc
import History
import Mirror
import RedisTransport
import Support
import SyncEngine
import TestSupport
import Testing

/// A whole replica on this machine: a directory, a history, the real engine, and drivers to real servers.
final class TestReplica {
  let root: TemporaryDirectory
  let bankPath: String
  let engine: Engine
  let clock: TestClock
  /// The file system, where a test wants to come between its steps.
  let fileSystem: HookedFileSystem?
  private(set) var drivers: [RemoteDriver]
  /// What stands between the drivers and their servers, over REST.
  private(set) var standIns: [UpstashStandIn] = []
  private let addresses: [RedisAddress]
  private let project: String
  /// Looks at each call before the remote is asked; the answer it gives, if any, takes the remote's place.
  var intercept: ((RemoteCall) -> RemoteAnswer?)?

  /// What each pass is told of an earlier one.
  var memories: [RemoteMemory?] = []

  convenience init(
    _ name: String = "one", bank: String = "11111111-2222-4333-8444-555555555555", servers: [RedisServer],
    joins: Bool = false, ignore: [String] = []
  ) throws {
    if ServerKind.current != .rest {
      try self.init(name, bank: bank, addresses: servers.map(\.address), joins: joins, ignore: ignore)
    } else {
      try self.init(name, bank: bank, standIns: servers.map { try UpstashStandIn($0) }, joins: joins, ignore: ignore)
    }
  }

  /// A replica whose servers are reached over REST.
  convenience init(
    _ name: String = "one", bank: String = "11111111-2222-4333-8444-555555555555", standIns: [UpstashStandIn],
    joins: Bool = false, ignore: [String] = [], quota: QuotaSettings = QuotaSettings()
  ) throws {
    try self.init(name, bank: bank, addresses: standIns.map(\.redis.address), joins: joins, ignore: ignore)
    self.standIns = standIns
    let keys = try MirrorKeys(prefix: "membank", project: "test")
    // As the program does it where each command is billed.
    drivers = try standIns.map { standIn in
      let client = try standIn.client()
      return RemoteDriver(
        keys: keys, ttl: TTLPolicy().metered, limits: MirrorLimits(billsCommands: true), random: SystemRandom(),
        clock: clock, meter: CommandMeter()
      ) { () throws(RedisError) in client }
    }
    engine.setRemotes(standIns.enumerated().map { (name: "r\($0.offset)", address: $0.element.url) })
    for index in standIns.indices { engine.setQuota(index, quota, ledger: nil, renewAt: nil) }
  }

  init(
    _ name: String = "one", bank: String = "11111111-2222-4333-8444-555555555555", addresses: [RedisAddress] = [],
    root: TemporaryDirectory? = nil, project: String = "test", clock: TestClock = TestClock(), joins: Bool = false,
    ignore: [String] = [], hooked: Bool = false, table: FileTable = FileTable()
  ) throws {
    let root = try root ?? TemporaryDirectory()
    self.root = root
    self.clock = clock
    self.addresses = addresses
    self.project = project
    bankPath = root.path + "/bank"
    try FileManager.default.createDirectory(atPath: bankPath, withIntermediateDirectories: true)
    let history = try History.create(at: root.path + "/history.git")
    _ = try history.repair(thorough: false)
    fileSystem = hooked ? try HookedFileSystem(root: bankPath) : nil
    engine = try Engine(
      bank: Bank(
        fileSystem: try fileSystem ?? LinuxFileSystem(root: bankPath), rules: IgnoreRules(patterns: ignore),
        random: SystemRandom()),
      history: history,
      settings: EngineSettings(bank: bank, replica: name, authorName: name, authorEmail: "\(name)@localhost"),
      table: table, clock: clock, random: SystemRandom())
    engine.joins = joins
    let keys = try MirrorKeys(prefix: "membank", project: project)
    drivers = addresses.map { address in
      RemoteDriver(
        keys: keys, ttl: TTLPolicy(), limits: MirrorLimits(), random: SystemRandom()
      ) { () throws(RedisError) in try RedisRouter(address) }
    }
    engine.setRemotes(addresses.enumerated().map { (name: "r\($0.offset)", address: "\($0.element)") })
  }

  /// One full pass.
  ///
  /// A replaced file seems to have a writer while another test's process is between fork and exec, so its removal is
  /// waited for, unless the test itself keeps it open.
  func pass(keepsOpen: Bool = false) throws {
    try passOnce()
    var tries = 0
    while !keepsOpen, engine.bank.displacedCount > 0, tries < 1000 {
      tries += 1
      usleep(2000)
      try engine.captureDisplaced()
    }
    if tries > 0 { try passOnce() }
    try expectEveryKeyHasTTL()
  }

  /// What must hold after every cycle: no key of the bank without an end, where a remote can be asked.
  private func expectEveryKeyHasTTL() throws {
    for (index, address) in addresses.enumerated() where intercept == nil && engine.isInSync(index) {
      guard let redis = try? RedisRouter(address) else { continue }
      for key in try redis.keys("membank:{\(project)}:*") {
        guard case .integer(let seconds) = try redis.run("TTL", key) else { continue }
        // -2: gone since it was listed.
        #expect(seconds != -1, "\(key) has no TTL")
      }
    }
  }

  /// What must hold of every history that a test made.
  deinit {
    let check = try? Tool.run("git", ["-C", root.path + "/history.git", "fsck", "--strict", "--no-dangling"])
    #expect(check?.status == 0, "\(check?.output ?? "git fsck could not be run")")
  }

  private func passOnce() throws {
    try FullPass(engine, recalling: memories) { index, call in
      self.intercept.flatMap { $0(call) } ?? self.perform(call, of: index)
    }.run()
  }

  /// Asks a remote, and counts what that costs.
  private func perform(_ call: RemoteCall, of index: Int) -> RemoteAnswer {
    defer { engine.noteSpending(index, drivers[index].takeSpending()) }
    return drivers[index].perform(call)
  }

  /// What a daemon does with its remotes until `end`, in monotonic nanoseconds of the clock, which is moved from one
  /// deadline to the next.
  func live(until end: Int64, each: (RemoteCall) -> Void = { _ in }) throws {
    while true {
      for index in engine.sessions.indices {
        while let call = try engine.nextCall(for: index) {
          each(call)
          try engine.receive(perform(call, of: index), from: index)
        }
      }
      let now = clock.monotonicNanoseconds
      let next = min(engine.nextRemoteDeadline ?? end, end)
      clock.advance(milliseconds: max(1, (next - now + 999_999) / 1_000_000))
      if clock.monotonicNanoseconds >= end { return }
    }
  }

  func write(_ name: String, _ text: String) throws {
    let path = "\(bankPath)/\(name)"
    let parent = path[..<(path.lastIndex(of: "/") ?? path.endIndex)]
    try FileManager.default.createDirectory(atPath: String(parent), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  func read(_ name: String) -> String? {
    FileManager.default.contents(atPath: "\(bankPath)/\(name)").map { String(decoding: $0, as: UTF8.self) }
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(bankPath)/\(name)") }

  func move(_ name: String, to other: String) throws {
    try FileManager.default.moveItem(atPath: "\(bankPath)/\(name)", toPath: "\(bankPath)/\(other)")
  }

  /// Every file in the directory, temporary ones included.
  var files: [String: String] {
    var files: [String: String] = [:]
    for name in (try? FileManager.default.subpathsOfDirectory(atPath: bankPath)) ?? [] {
      var isDirectory = false
      guard FileManager.default.fileExists(atPath: "\(bankPath)/\(name)", isDirectory: &isDirectory), !isDirectory
      else { continue }
      files[name] = read(name)
    }
    return files
  }

  /// The names in the newest version.
  var names: [String] {
    get throws {
      guard let main = engine.main else { return [] }
      return try engine.history.files(inTree: engine.history.commit(main).tree).keys.sorted().map(\.description)
    }
  }

  /// A file's text in the newest version.
  func text(_ name: String) throws -> String? {
    guard let main = engine.main,
      let entry = try engine.history.entry(try BankPath(name), inTree: engine.history.commit(main).tree)
    else { return nil }
    return String(decoding: try engine.history.blob(entry.blob), as: UTF8.self)
  }

  /// The subjects of all commits, newest first.
  var log: [String] {
    get throws {
      guard let main = engine.main else { return [] }
      return try engine.history.walk(from: [main], excluding: [], limit: nil).map { id in
        String(try engine.history.commit(id).message.split(separator: "\n").first ?? "")
      }
    }
  }
}

/// A clock that stands until it is moved.
final class TestClock: Clock {
  var wallMilliseconds: Int64 = 1_750_000_000_000
  var monotonicNanoseconds: Int64 = 1_000_000_000

  func advance(seconds: Int64) { advance(milliseconds: seconds * 1000) }

  func advance(milliseconds: Int64) {
    wallMilliseconds += milliseconds
    monotonicNanoseconds += milliseconds * 1_000_000
  }
}
