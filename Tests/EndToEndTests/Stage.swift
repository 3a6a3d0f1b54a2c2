import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

/// What a test plays on: machines, and the Redis that they share.
final class Stage {
  /// What Redis the machines are told of.
  enum Remote {
    /// A private server of the test.
    case server(RedisServer.Options)
    /// None: membank starts its own.
    case embedded
  }

  let redis: RedisServer?
  private(set) var machines: [Machine] = []

  init(_ remote: Remote) throws {
    if case .server(let options) = remote { redis = try RedisServer(options) } else { redis = nil }
  }

  /// A machine that is told of the server.
  func machine(_ name: String = "one") throws -> Machine {
    let machine = try Machine(name, redis: redis?.url)
    machines.append(machine)
    return machine
  }

  /// Two machines that share a bank with one file, `shared.md`.
  func pair() async throws -> (Machine, Machine) {
    let (one, two) = (try machine("one"), try machine("two"))
    try one.write("shared.md", "# Shared\n\nfirst line\n\nlast line\n")
    try await one.sync()
    let joined = try await two.membank("join", "--project", "bank")
    #expect(joined.status == 0, "\(joined.text)")
    return (one, two)
  }

  // MARK: - Redis

  func key(_ name: String) -> String { "membank:{bank}:\(name)" }

  /// A document's value as any client reads it; nil when there is none.
  func document(_ path: String) throws -> String? { try redis?.run("GET", key("doc:\(path)")).text }

  /// Every key of the bank.
  func keys() throws -> [String] { (try redis?.run("KEYS", "membank:*").array ?? []).compactMap(\.text) }

  /// Fails the test for each key without a TTL.
  func expectEveryKeyExpires(sourceLocation: SourceLocation = #_sourceLocation) throws {
    for key in try keys() {
      let seconds = try redis?.run("TTL", key).integer ?? -2
      // -2: it expired since it was listed.
      #expect(seconds != -1, "\(key) has no TTL", sourceLocation: sourceLocation)
    }
  }

  // MARK: - What holds at the end of every test

  fileprivate func audit(_ sourceLocation: SourceLocation) async throws {
    for machine in machines { try await machine.rest(sourceLocation) }
    if let redis, redis.pid > 0 { try expectEveryKeyExpires(sourceLocation: sourceLocation) }
    for machine in machines { try await audit(machine, sourceLocation) }
  }

  private func audit(_ machine: Machine, _ sourceLocation: SourceLocation) async throws {
    let home = machine.root.path + "/state/membank"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: home)) ?? [] {
      let history = "\(home)/\(name)/history.git"
      guard access(history, F_OK) == 0 else { continue }
      let check = try await run(["git", "--git-dir", history, "fsck", "--strict", "--no-dangling"])
      let complaints = check.text.split(separator: "\n").filter { !$0.hasPrefix("notice:") }
      #expect(check.status == 0 && complaints.isEmpty, "\(check.text)", sourceLocation: sourceLocation)
    }
    for (name, text) in contents(of: machine.bank) {
      #expect(!name.contains(".mb-tmp-"), "\(name) was left behind", sourceLocation: sourceLocation)
      #expect(!text.contains("<<<<<<<"), "\(name) has a conflict marker", sourceLocation: sourceLocation)
    }
  }
}

/// Plays a test, a few at a time: more of them than there are processors only slow each other down.
func play(
  _ remote: Stage.Remote = .server(RedisServer.Options()), sourceLocation: SourceLocation = #_sourceLocation,
  _ test: (Stage) async throws -> Void
) async throws {
  await Turns.shared.take()
  do {
    let stage = try Stage(remote)
    try await test(stage)
    try await stage.audit(sourceLocation)
  } catch {
    await Turns.shared.giveBack()
    throw error
  }
  await Turns.shared.giveBack()
}

/// Lets so many tests play at once.
private actor Turns {
  static let shared = Turns()

  private var free = 4
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
