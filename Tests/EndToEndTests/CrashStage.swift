import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

/// Two machines that share a bank, of which the first, the victim, dies at a failpoint.
final class CrashStage {
  let stage: Stage
  let one: Machine
  let two: Machine
  private let point: Failpoint
  /// Every text that stood in a file or a value: none of them may be lost.
  private var settled: Set<String> = []

  init(_ stage: Stage, _ point: Failpoint) throws {
    self.stage = stage
    self.point = point
    (one, two) = (try stage.machine("one"), try stage.machine("two"))
  }

  // MARK: - What goes on

  func write(_ machine: Machine, _ name: String, _ text: String) throws {
    try machine.write(name, text)
    if name != ".membank" { settled.insert(text) }
  }

  /// What any client may do.
  func set(_ name: String, _ text: String) throws {
    try stage.redis?.run("SET", stage.key("doc:\(name)"), text, "EX", "1000")
    settled.insert(text)
  }

  /// Makes both machines replicas of one bank with these files.
  func share(_ files: [String: String]) async throws {
    for (name, text) in files { try write(one, name, text) }
    try await one.sync()
    let joined = try await two.membank("join", "--project", "bank")
    #expect(joined.status == 0, "\(joined.text)")
  }

  /// Full passes on both until nothing can be left to do.
  func converge() async throws {
    for machine in [one, two, one, two] {
      let outcome = try await machine.membank("sync", "--once", "--json", machine.bank)
      #expect([0, 1].contains(outcome.status), "\(outcome.text)")
    }
  }

  // MARK: - The crash

  /// Runs membank on the victim until it dies at the failpoint; then once more, which dies there again if its way back
  /// leads through the same step.
  func strike(_ words: [String]) async throws {
    one.environment["MEMBANK_FAIL_AT"] = point.rawValue
    let first = try await one.membank(words)
    expectDeath(first)
    let second = try await one.membank(words)
    if second.status >= 128 { expectDeath(second) }
    one.environment["MEMBANK_FAIL_AT"] = nil
  }

  /// As ``strike(_:)``, with a daemon that runs while something happens.
  ///
  /// `atOnce`: it sees all of it at once, afterwards.
  func strikeDaemon(atOnce: Bool, _ happening: () async throws -> Void) async throws {
    one.environment["MEMBANK_FAIL_AT"] = point.rawValue
    let first = try await one.start(waits: true)
    if atOnce { first.signal(SIGSTOP) }
    try await happening()
    first.signal(SIGCONT)
    expectDeath(try await first.end(within: 20))
    one.environment["MEMBANK_FAIL_AT"] = nil
    let second = try await one.start(waits: true)
    #expect(try await one.comesInSync(), "\(second.complaint)")
    second.signal(SIGTERM)
    let end = try await second.end(within: 20)
    #expect(end.status == 0, "\(end.complaint)")
  }

  /// Stops a pass of the victim at another step, lets something happen in that moment, and lets it go on to its death.
  func strike(stoppedAt moment: Failpoint, _ happening: () throws -> Void) async throws {
    one.environment["MEMBANK_FAIL_AT"] = point.rawValue
    one.environment["MEMBANK_STOP_AT"] = moment.rawValue
    let pass = try Program([membankPath, "sync", "--once"], environment: one.environment, in: one.bank)
    let isStopped = try await eventually { pass.isStopped || pass.hasEnded }
    #expect(isStopped && !pass.hasEnded, "\(pass.complaint)")
    try happening()
    pass.signal(SIGCONT)
    expectDeath(try await pass.end(within: 20))
    one.environment["MEMBANK_FAIL_AT"] = nil
    one.environment["MEMBANK_STOP_AT"] = nil
  }

  private func expectDeath(_ outcome: Outcome) {
    #expect(outcome.status == 128 + SIGKILL, "\(point.rawValue) was not reached: \(outcome.text)")
    #expect(outcome.complaint.hasSuffix("at \(point.rawValue)\n"), "\(outcome.text)")
  }

  // MARK: - What must hold in the end

  func expectNothingLost(_ expected: [String: String]?) async throws {
    #expect(try await one.head == two.head)
    #expect(one.files == two.files)
    if let expected { #expect(one.files == expected) }
    for (name, text) in one.files { #expect(try stage.document(name) == text, "\(name)") }
    var known: Set<String> = []
    for machine in [one, two] {
      for line in try await machine.git("rev-list", "--objects", "--all").output.split(separator: "\n") {
        known.insert(String(line.prefix(40)))
      }
    }
    for text in settled {
      let isKept = known.contains(ObjectID.blob(of: Array(text.utf8)).description)
      #expect(isKept, "lost: \(text)")
    }
  }
}

extension Program {
  /// Whether a signal has stopped it for now.
  var isStopped: Bool {
    let status = String(
      decoding: FileManager.default.contents(atPath: "/proc/\(process)/stat") ?? Data(), as: UTF8.self)
    return status.contains(") T ")
  }
}
