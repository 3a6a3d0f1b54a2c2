import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

/// A pass that finds everything as the last one left it opens neither history nor engine; whatever is otherwise has it
/// look as ever.
@Suite("A pass over a bank at rest", .timeLimit(.minutes(15)))
struct StandstillProcessTests {
  /// A bank at rest: what the last pass noted stands there.
  private func rest(_ machine: Machine) async throws {
    // Files that were just written, and a server that has just started, are looked at more closely for some seconds.
    let deadline = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < deadline {
      try await machine.sync()
      if isNoted(machine) { return }
    }
    Issue.record("the bank does not come to rest")
  }

  private func isNoted(_ machine: Machine) -> Bool {
    (try? machine.state).map { FileManager.default.fileExists(atPath: $0 + "/standstill") } ?? false
  }

  /// Runs a pass with a history that says it is of a newer membank: it succeeds only when it needs none.
  private func passesWithoutHistory(_ machine: Machine) async throws -> Bool {
    _ = try await machine.git("config", "membank.schema", "99")
    let outcome = try await machine.membank(["sync", "--once", "--json", machine.bank])
    _ = try await machine.git("config", "membank.schema", "1")
    return outcome.status == 0
  }

  @Test("says the same as one that looks at everything, and needs no history for it")
  func says() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try one.write("deep/b.md", "b\n")
      try await rest(one)
      let quiet = try await one.sync()
      #expect(isNoted(one))
      unlink(try one.state + "/standstill")
      let thorough = try await one.sync()
      #expect(quiet == thorough)
      #expect(quiet["files"]?.integer == 2)
      #expect(try await passesWithoutHistory(one))
      // A sign of life all the same.
      let replica = try #require(try stage.keys().first { $0.contains(":replica:") })
      let before = try stage.redis?.run("HGET", replica, "at").text
      try await one.sync()
      #expect(try stage.redis?.run("HGET", replica, "at").text != before)
      #expect(isNoted(one))
    }
  }

  @Test("takes nothing for rest that isn't", arguments: Disturbance.allCases)
  func disturbed(by disturbance: Disturbance) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try one.write("deep/b.md", "b\n")
      try await rest(one)
      try await disturbance.make(one, stage)
      #expect(try await !passesWithoutHistory(one))
      try await disturbance.settle(one, stage)
      try stage.expectEveryKeyExpires()
    }
  }

  enum Disturbance: CaseIterable {
    case edit, foreignWrite, flushedServer, otherReplica, settings, table, ref, openedSince, killedRun

    func make(_ one: Machine, _ stage: Stage) async throws {
      switch self {
      case .edit: try one.write("a.md", "A\n")
      case .foreignWrite: try stage.redis?.run("SET", stage.key("doc:a.md"), "x\n")
      case .flushedServer: try stage.redis?.run("FLUSHALL")
      case .otherReplica:
        let two = try stage.machine("two")
        try await two.membank("join", two.bank, "--project", "bank")
        try two.write("c.md", "c\n")
        try await two.sync()
      case .settings: try one.write(".membank", (one.read(".membank") ?? "") + "\n[membank]\n\tignore = *.txt\n")
      case .table: unlink(try one.state + "/table")
      case .ref: _ = try await one.git("update-ref", "-d", "refs/heads/main")
      case .openedSince: try await one.membank("approve", "nothing")
      case .killedRun: try "another boot\n".write(toFile: try one.state + "/boot", atomically: false, encoding: .utf8)
      }
    }

    /// What a pass makes of it.
    func settle(_ one: Machine, _ stage: Stage) async throws {
      switch self {
      case .edit:
        #expect(try await one.sync()["committed"]?.integer == 1)
        #expect(try stage.document("a.md") == "A\n")
      case .foreignWrite:
        #expect(try await one.sync()["foreign"]?.integer == 1)
        #expect(one.read("a.md") == "x\n")
      case .flushedServer:
        try await one.sync()
        #expect(try stage.document("a.md") == "a\n")
      case .otherReplica:
        try await one.sync()
        #expect(one.read("c.md") == "c\n")
      case .settings, .table, .openedSince, .killedRun:
        #expect(try await one.sync()["committed"]?.integer == 0)
      case .ref:
        _ = try await one.membank("sync", "--once", one.bank)
        #expect(one.read("a.md") == "a\n")
      }
    }
  }
}
