import RedisTransport
import Support
import SyncEngine
import Testing

@Suite("A remote that fails")
struct BackoffTests {
  private let replica: TestReplica
  private var engine: Engine { replica.engine }

  init() throws {
    replica = try TestReplica(addresses: [RedisAddress(.unix(path: "/nonexistent"))])
    try replica.write("a.md", "1\n")
    try engine.captureEverything()
  }

  /// Has the next call fail.
  ///
  /// - Returns: How long the engine then waits, in seconds; nil: for a person.
  private func fail(_ remedy: RemoteFailure.Remedy = .retry) throws -> Double? {
    _ = try #require(try engine.nextCall(for: 0))
    try engine.receive(.failed(RemoteFailure(remedy: remedy, message: "no")), from: 0)
    guard case .down(let until) = engine.sessions[0].state else { return nil }
    let wait = until - replica.clock.monotonicNanoseconds
    replica.clock.monotonicNanoseconds = until - 1
    if wait > 0 { #expect(try engine.nextCall(for: 0) == nil) }
    replica.clock.monotonicNanoseconds = until
    return Double(wait) / 1_000_000_000
  }

  @Test("is asked again ever more rarely, at random, within a minute at the latest")
  func rarely() throws {
    var waits: [Double] = []
    for number in 0..<60 {
      let wait = try #require(try fail())
      #expect(wait >= 0 && wait <= min(60, 0.1 * Double(1 << min(number, 12))))
      waits.append(wait)
    }
    let late = waits.suffix(40)
    // Full jitter: they differ, and lie on both sides of the middle.
    #expect(Set(late).count == late.count)
    #expect(late.contains { $0 < 30 } && late.contains { $0 > 30 })
  }

  @Test("that says how long to wait is not asked before, nor by all in the same moment")
  func throttled() throws {
    var waits: Set<Double> = []
    for _ in 0..<20 {
      let wait = try #require(try fail(.wait(seconds: 40)))
      #expect((40...50).contains(wait))
      waits.insert(wait)
    }
    #expect(waits.count > 10)
  }

  @Test("is not asked before a person has changed something, where that is what it takes")
  func halted() throws {
    #expect(try fail(.halt) == nil)
    #expect(engine.sessions[0].state == .halted)
    replica.clock.advance(seconds: 100_000)
    #expect(try engine.nextCall(for: 0) == nil)
    engine.resumeRemote(0)
    #expect(try engine.nextCall(for: 0) != nil)
  }

  @Test("costs no version")
  func versions() throws {
    for number in 2...5 {
      _ = try fail()
      try replica.write("a.md", "\(number)\n")
      try engine.captureEverything()
    }
    #expect(try replica.log.count == 5)
  }
}
